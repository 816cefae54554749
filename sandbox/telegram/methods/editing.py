"""Edits of the bot's own messages, in a chat or sent through inline mode."""

from typing import Any

from sandbox.telegram import board
from sandbox.telegram.chats import Chat, Json, Message
from sandbox.telegram.errors import bad_request
from sandbox.telegram.files import KINDS
from sandbox.telegram.keyboards import keyboard_of
from sandbox.telegram.methods.media import media_content
from sandbox.telegram.methods.messages import caption_of, text_of
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

_CONTENT = (
    "text",
    "entities",
    "link_preview_options",
    *KINDS,
    "caption",
    "caption_entities",
    "has_media_spoiler",
    "show_caption_above_media",
)


async def edit_text(tg: Telegram, params: Params) -> Json | bool:
    """Replace the text."""
    chat, message = _target(tg, params)
    content = text_of(tg, params)
    if "text" not in message.data:
        raise bad_request("there is no text in the message to edit")
    return _apply(tg, params, chat, message, content, ("text", "entities", "link_preview_options"))


async def edit_caption(tg: Telegram, params: Params) -> Json | bool:
    """Replace the caption of a picture or file."""
    chat, message = _target(tg, params)
    if "text" in message.data:
        raise bad_request("there is no caption in the message to edit")
    return _apply(tg, params, chat, message, caption_of(tg, params), ("caption", "caption_entities"))


async def edit_media(tg: Telegram, params: Params) -> Json | bool:
    """Replace picture or file, or give a text message one."""
    chat, message = _target(tg, params)
    content = media_content(tg, params, params.mapping("media", "InputMedia"))
    return _apply(tg, params, chat, message, content, _CONTENT)


async def edit_markup(tg: Telegram, params: Params) -> Json | bool:
    """Replace the keyboard only."""
    chat, message = _target(tg, params)
    return _apply(tg, params, chat, message, {}, ())


def _target(tg: Telegram, params: Params) -> tuple[Chat, Message]:
    if params.has("inline_message_id"):
        found = board.find_inline(tg, params.text("inline_message_id"))
        if found is None:
            raise bad_request("MESSAGE_ID_INVALID")
        return found
    chat = tg.chat_for_bot(params.text("chat_id"))
    if not params.integer("message_id"):
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.data.get("from", {}).get("id") != tg.bot.id:
        raise bad_request("message can't be edited")
    return chat, message


def _apply(
    tg: Telegram, params: Params, chat: Chat, message: Message, content: Json, dropped: tuple[str, ...]
) -> Json | bool:
    markup = keyboard_of(params)
    board.change(tg, chat, message, {**content, "reply_markup": markup}, (*dropped, "reply_markup"))
    return True if params.has("inline_message_id") else message.data


METHODS: dict[str, Any] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageMedia": edit_media,
    "editMessageReplyMarkup": edit_markup,
}
