"""Send and edit what cards look like."""

from __future__ import annotations

import re

from telegram import Message
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import ExtBot

from handlers.views import View
from storage.cards import Card

_UNCHANGED = re.compile(r"message is not modified", re.IGNORECASE)
_GONE = re.compile(r"message (to edit )?not found|message can't be edited|message_id_invalid", re.IGNORECASE)


async def send(
    bot: ExtBot[None], chat_id: int, view: View, card_id: str = "", topic: int | None = None
) -> Message:
    """Send a view as a new message."""
    return await bot.send_message(
        chat_id,
        view.text,
        ParseMode.HTML,
        link_preview_options=view.preview,
        reply_markup=view.markup(card_id),
        message_thread_id=topic,
    )


async def redraw(bot: ExtBot[None], card: Card, view: View) -> bool:
    """Edit a card's message; False where it is gone. One that already looks so is no error."""
    if card.message_id is None:
        return False
    try:
        await bot.edit_message_text(
            view.text,
            card.chat_id,
            card.message_id,
            parse_mode=ParseMode.HTML,
            link_preview_options=view.preview,
            reply_markup=view.markup(card.id),
        )
    except BadRequest as error:
        if _GONE.search(error.message):
            return False
        if not _UNCHANGED.search(error.message):
            raise
    return True
