"""Files, photos, videos and audio sent in private: into the drive, unless their words say otherwise."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from telegram import Message, MessageEntity, Update
from telegram.ext import MessageHandler, filters

from handlers import asking, cards, plain, unknown
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, chat_of, message_of
from handlers.notes import NoticeState
from handlers.patience import typing
from handlers.upload import command as upload, goal
from handlers.upload.files import file_of, folder_in, speaks
from handlers.wording import behind_command, said, said_with_links
from services.names import Service

COMMAND = "upload"
ALBUMS = 256
_FILES = (
    filters.PHOTO
    | filters.Document.ALL
    | filters.VIDEO
    | filters.AUDIO
    | filters.VOICE
    | filters.ANIMATION
    | filters.VIDEO_NOTE
)
# What the words under a file ask for.
Wish = Literal["upload", "words", "offer"]


class Albums:
    """What was decided for the first of several files sent at once; the others follow it."""

    def __init__(self) -> None:
        self._wishes: OrderedDict[tuple[int, str], tuple[Wish, str | None]] = OrderedDict()

    def follow(self, message: Message, wish: Wish, folder: str | None) -> tuple[Wish, str | None, bool]:
        """Return what is wished for a file and its folder, and whether it follows another one's words."""
        if message.media_group_id is None:
            return wish, folder, False
        key = (message.chat.id, message.media_group_id)
        if message.caption or key not in self._wishes:
            self._wishes[key] = wish, folder
            while len(self._wishes) > ALBUMS:
                self._wishes.popitem(last=False)
            return wish, folder, False
        return *self._wishes[key], True


def wish_of(message: Message) -> Wish:
    """Tell what the words under a file ask for.

    Words the bot acts on, such as share links, are acted on: posts with links are forwarded with their
    picture. Words under a photo are a title to search. Words under any other file describe it.
    """
    words = said(message)
    if speaks(said_with_links(message)):
        return "words" if message.photo else "offer"
    return "words" if message.photo and words.strip() else "upload"


def command_of(message: Message) -> str | None:
    """Return the command a caption begins with, None where it begins with other words."""
    first = next(iter(message.caption_entities), None)
    if first is None or first.type != MessageEntity.BOT_COMMAND or first.offset != 0:
        return None
    return (message.caption or "")[1 : first.length].partition("@")[0].lower()


class Sent:
    """Takes the files people send."""

    def __init__(self) -> None:
        self._albums = Albums()

    async def file(self, update: Update, context: LinkHiveContext) -> None:
        """Upload a file, or do what its words ask for."""
        message = message_of(update)
        command = command_of(message)
        if command is not None and command != COMMAND:
            await context.application.process_update(as_text(update, context))
            return
        if command is None and await _answers(update, context):
            return
        words = behind_command(said(message)) if command else said(message)
        wish, folder, follows = self._albums.follow(
            message, "upload" if command else wish_of(message), folder_in(words) if command else None
        )
        if not _has_place(update, context):
            # One answer is enough for all the pictures of a post.
            if not follows:
                await (plain.text if message.caption else unknown.wordless)(update, context)
        elif wish == "upload":
            await self._upload(update, context, "" if command else words, folder)
        elif not follows:
            await plain.text(update, context)
            if wish == "offer":
                await _offer(update, context)

    async def _upload(self, update: Update, context: LinkHiveContext, words: str, folder: str | None) -> None:
        scene = cards.scene_of(update, context, NoticeState())
        source = file_of(scene, message_of(update), words)
        if source is None:
            return
        async with typing(context.bot, chat_of(update).id):
            await upload.begin(scene, (source,), folder)


def _has_place(update: Update, context: LinkHiveContext) -> bool:
    """Tell whether there is a service that takes such a file: Mika takes films only."""
    if context.services.offers(Service.DISKTOP):
        return True
    source = file_of(cards.scene_of(update, context, NoticeState()), message_of(update))
    return source is not None and goal.shows_video(source) and context.services.offers(Service.MIKA)


async def _answers(update: Update, context: LinkHiveContext) -> bool:
    """Tell whether a file was what the chat is being asked for, and was taken."""
    dialog = await asking.current(update, context)
    take = None if dialog is None else context.home.routes.files.get(dialog.kind)
    return dialog is not None and take is not None and await take(update, context, dialog)


async def _offer(update: Update, context: LinkHiveContext) -> None:
    """Offer the file itself, when its words were about something else."""
    source = file_of(cards.scene_of(update, context, NoticeState()), message_of(update))
    if source is not None:
        await cards.begin(update, context, upload.OFFER, upload.OfferState(source=source))


def as_text(update: Update, context: LinkHiveContext) -> Update:
    """Return an update whose caption is its text, so that a command under a file is a command."""
    data = update.to_dict()
    message = data["message"]
    message["text"], message["entities"] = message.pop("caption"), message.pop("caption_entities")
    return Update.de_json(data, context.bot)


def register(home: LinkHiveApplication) -> None:
    """Take files in the private chat, before anybody reads their words."""
    wanted = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE & _FILES & ~filters.TEXT
    home.add_handler(MessageHandler(wanted, Sent().file))
