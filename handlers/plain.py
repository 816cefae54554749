"""Plain words in the private chat: an answer, a link, a command in words, or a title to search."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from telegram import Update
from telegram.ext import MessageHandler, filters

from handlers import asking, cards, problems, start, unlock
from handlers.application import LinkHiveApplication
from handlers.check import command as check
from handlers.context import LinkHiveContext, chat_of, message_of
from handlers.notes import NOTICE, NoticeState
from handlers.patience import typing
from handlers.save import command as save
from handlers.search import command as search
from handlers.texts import LANGUAGES
from handlers.upload import lone
from handlers.wording import said, said_with_links
from services import sharedfilms
from services.sharelinks.finding import Drive, extract, hdhive_slug, hdhive_title
from storage.dialogs import Dialog

Command = Callable[[Update, LinkHiveContext], Awaitable[None]]


async def text(update: Update, context: LinkHiveContext) -> None:
    """Find out what the words are for; what goes wrong before a card exists is told in one."""
    try:
        async with typing(context.bot, chat_of(update).id):
            await _take(update, context)
    except problems.KNOWN as error:
        scene = cards.scene_of(update, context, NoticeState())
        await cards.post(scene, NOTICE.name, problems.view(scene, error))


async def _take(update: Update, context: LinkHiveContext) -> None:
    message = message_of(update)
    words = said_with_links(message)
    dialog = await asking.current(update, context)
    if dialog is not None and save.may_answer(dialog, words) and check.may_answer(dialog, words):
        await _answer(update, context, dialog)
        return
    slug, title, links = hdhive_slug(words), hdhive_title(words), extract(words)
    if slug is not None:
        await cards.begin(update, context, unlock.RESOURCE, unlock.ResourceState(slug=slug))
    elif title is not None:
        state = search.SearchState(kind=title[0], tmdb_id=title[1])
        await cards.begin(update, context, search.SEARCH, state)
    elif len(links) == 1 and links[0].drive is Drive.DISKTOP:
        await save.run(cards.scene_of(update, context, NoticeState()), words)
    elif links:
        await check.run(cards.scene_of(update, context, NoticeState()), words)
    elif (meant := _command(context, said(message))) is not None:
        await meant(update, context)
    elif lone.is_alone(words):
        await _open(update, context, words)
    elif said(message).strip():
        await search.find(update, context, said(message))


def _command(context: LinkHiveContext, words: str) -> Command | None:
    """Return the command that a lone word of any language stands for; a film of that name has /search."""
    texts, word = context.home.texts, words.strip().casefold()
    meant: Mapping[str, Command] = {"plain.help": start.help_, "plain.cancel": start.cancel}
    for key, command in meant.items():
        if word in {texts.speaker(language).label(key) for language in LANGUAGES}:
            return command
    return None


async def _open(update: Update, context: LinkHiveContext, words: str) -> None:
    """Show the title of a page of TMDB; of any other address say that it is no share."""
    film = sharedfilms.named(words)
    if film is None:
        await lone.tell(cards.scene_of(update, context, NoticeState()), words)
        return
    state = search.SearchState(kind=film.kind, tmdb_id=film.number)
    await cards.begin(update, context, search.SEARCH, state)


async def _answer(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take words that were asked for; the question has served then, and mostly goes."""
    await context.home.routes.dialogs[dialog.kind](update, context, dialog)
    asked = await cards.asking(context.home, dialog)
    if asked is not None and dialog.kind not in context.home.routes.staying:
        await cards.drop(context.home, asked)


def register(home: LinkHiveApplication) -> None:
    """Take what nobody else took."""
    wanted = filters.ChatType.PRIVATE & (filters.TEXT | filters.CAPTION) & ~filters.COMMAND
    home.add_handler(MessageHandler(wanted, text))
