"""Deleting messages, under Telegram's rules of who may delete what."""

from typing import Any

from sandbox.telegram import board
from sandbox.telegram.chats import Chat, Message
from sandbox.telegram.errors import ApiError, bad_request
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

_DELETABLE_FOR = 48 * 3600


async def delete_message(tg: Telegram, params: Params) -> bool:
    """Delete one message for everybody."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    _delete(tg, chat, params.integer("message_id"))
    return True


async def delete_messages(tg: Telegram, params: Params) -> bool:
    """Delete many; those that cannot be deleted are passed over."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    wanted = params.listing("message_ids", "message identifiers") or []
    if not 1 <= len(wanted) <= 100:
        raise bad_request(
            "message identifiers are not specified" if not wanted else "too many message identifiers"
        )
    for message_id in wanted:
        try:
            _delete(tg, chat, int(message_id))
        except ApiError:
            continue
    return True


def _delete(tg: Telegram, chat: Chat, message_id: int) -> None:
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to delete not found")
    if not _may(tg, chat, message):
        raise bad_request("message can't be deleted for everyone")
    board.remove(tg, chat, message_id)


def _may(tg: Telegram, chat: Chat, message: Message) -> bool:
    if chat.is_admin(tg.bot.id):
        return True
    if tg.now() - message.data["date"] > _DELETABLE_FOR:
        return False
    own = message.data.get("from", {}).get("id") == tg.bot.id
    return own or chat.person is not None


METHODS: dict[str, Any] = {"deleteMessage": delete_message, "deleteMessages": delete_messages}
