"""Send and edit what cards look like."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from telegram import InputMediaPhoto, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest

from handlers.views import View
from services.chatstatus import is_of_topic
from storage import cards
from storage.cards import Card

if TYPE_CHECKING:
    from handlers.application import LinkHiveApplication

PICTURE_NAME = "picture.png"
_UNCHANGED = re.compile(r"message is not modified", re.IGNORECASE)
_GONE = re.compile(r"message (to edit )?not found|message can't be edited|message_id_invalid", re.IGNORECASE)
_NO_TEXT = re.compile(r"there is no text in the message", re.IGNORECASE)
_UNKNOWN_FILE = re.compile(r"wrong (remote )?file|file_?id|file reference", re.IGNORECASE)


T = TypeVar("T", Message, Message | bool)


class OtherKind(Exception):
    """The card's message is a picture, and Telegram cannot make it a text."""


async def send(
    home: LinkHiveApplication,
    chat_id: int,
    view: View,
    card_id: str = "",
    topic: int | None = None,
    answered: int | None = None,
) -> Message:
    """Send a view as a new message; a text, and groups get no other, may be the answer to another one."""
    if view.shown_photo is not None:
        return await _send_photo(home, chat_id, view, view.shown_photo, card_id, topic)
    return await home.bot.send_message(
        chat_id,
        view.text,
        ParseMode.HTML,
        link_preview_options=view.preview,
        reply_markup=view.markup(card_id),
        message_thread_id=topic,
        reply_parameters=None
        if answered is None
        else ReplyParameters(answered, allow_sending_without_reply=True),
    )


async def send_in_topic(
    home: LinkHiveApplication, chat_id: int, view: View, card_id: str, topic: int | None
) -> Message:
    """Send a view into a forum's topic; where that was closed or deleted, the group still wants to know."""
    try:
        return await send(home, chat_id, view, card_id, topic)
    except BadRequest as error:
        if topic is None or not is_of_topic(error.message):
            raise
    return await send(home, chat_id, view, card_id)


async def _send_photo(
    home: LinkHiveApplication, chat_id: int, view: View, photo: bytes, card_id: str, topic: int | None
) -> Message:
    async def post(picture: str | bytes) -> Message:
        return await home.bot.send_photo(
            chat_id,
            picture,
            view.text,
            parse_mode=ParseMode.HTML,
            reply_markup=view.markup(card_id),
            message_thread_id=topic,
            filename=PICTURE_NAME,
        )

    return await _with_photo(home, photo, post)


async def redraw(home: LinkHiveApplication, card: Card, view: View) -> bool:
    """Edit a card's message; False where it is gone. One that already looks so is no error.

    A text becomes a picture in place; the other way round Telegram has no way, and OtherKind is raised.
    """
    if card.message_id is None:
        return False
    try:
        await _edit(home, card, view)
    except BadRequest as error:
        if _GONE.search(error.message):
            return False
        if _NO_TEXT.search(error.message):
            raise OtherKind from error
        if not _UNCHANGED.search(error.message):
            raise
    return True


async def _edit(home: LinkHiveApplication, card: Card, view: View) -> None:
    photo, markup = view.shown_photo, view.markup(card.id)
    if photo is None:
        await home.bot.edit_message_text(
            view.text,
            card.chat_id,
            card.message_id,
            parse_mode=ParseMode.HTML,
            link_preview_options=view.preview,
            reply_markup=markup,
        )
        return

    async def edit(picture: str | bytes) -> Message | bool:
        media = InputMediaPhoto(picture, view.text, ParseMode.HTML, filename=PICTURE_NAME)
        return await home.bot.edit_message_media(media, card.chat_id, card.message_id, reply_markup=markup)

    await _with_photo(home, photo, edit)


async def _with_photo(
    home: LinkHiveApplication, photo: bytes, call: Callable[[str | bytes], Awaitable[T]]
) -> T:
    """Call with the picture's id where Telegram has it: nothing is uploaded twice, and nothing flickers."""
    photos = home.photos
    known = photos.known(photo)
    if known is not None:
        try:
            return await call(known)
        except BadRequest as error:
            if not _UNKNOWN_FILE.search(error.message):
                raise
            photos.forget(photo)
    done = await call(photo)
    if isinstance(done, Message):
        photos.learn(photo, done.photo)
    return done


async def display(home: LinkHiveApplication, card: Card, view: View) -> bool:
    """Show a view on a card; False where its message is gone.

    A picture that becomes a text gets a new message, and the card stays the same.
    """
    try:
        if await redraw(home, card, view):
            return True
    except OtherKind:
        await _replace(home, card, view)
        return True
    # It may have got another message since this card was read.
    stored = await home.services.db.read(lambda tx: cards.get(tx, card.id))
    return stored is not None and stored.message_id != card.message_id and await display(home, stored, view)


async def _replace(home: LinkHiveApplication, card: Card, view: View) -> None:
    now = home.services.clock.now()
    message = await send(home, card.chat_id, view, card.id, card.topic)
    await home.services.db.write(lambda tx: cards.move(tx, card.id, message.message_id, now))
    try:
        await home.bot.delete_message(card.chat_id, card.message_id or 0)
    except BadRequest:
        # Telegram lets a bot delete its messages for 48 hours only; its buttons at least must go.
        await home.bot.edit_message_reply_markup(card.chat_id, card.message_id)
