"""What the bot is told: which messages it may see, and the updates they become."""

import re

from sandbox.telegram.chats import Chat, Json, Message, User, member_json
from sandbox.telegram.queries import Asked, Press
from sandbox.telegram.state import Telegram

# Callbacks keep their order per person, messages per chat; between the two there is none.
_CALLBACK_KEYS = 1 << 52
_SERVICE = (
    "new_chat_members",
    "left_chat_member",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "new_chat_title",
)


def tell_message(tg: Telegram, chat: Chat, message: Message, kind: str = "message") -> int | None:
    """Queue a message for the bot if it may see it."""
    if not _sees(tg, chat, message):
        return None
    return tg.queue.add(kind, chat.id, message.data)


def _sees(tg: Telegram, chat: Chat, message: Message) -> bool:
    if chat.person is not None:
        return not chat.blocked
    if not chat.has(tg.bot.id):
        return False
    return not tg.options.privacy_mode or chat.is_admin(tg.bot.id) or _meant(tg, message.data)


def _meant(tg: Telegram, data: Json) -> bool:
    """Tell whether a group message reaches a bot in privacy mode."""
    if any(name in data for name in _SERVICE) or data.get("via_bot", {}).get("id") == tg.bot.id:
        return True
    if data.get("reply_to_message", {}).get("from", {}).get("id") == tg.bot.id:
        return True
    text = str(data.get("text") or data.get("caption") or "")
    name = re.escape(tg.bot.username)
    if re.search(rf"(?<!\w)@{name}(?!\w)", text, re.IGNORECASE):
        return True
    return bool(re.match(rf"/\w+(?:@{name})?(?![\w@])", text, re.IGNORECASE))


def tell_press(
    tg: Telegram, press: Press, user: User, chat: Chat, message: Message | None, message_id: int, data: str
) -> None:
    """Queue a callback query; a message that is gone is told as inaccessible."""
    query: Json = {
        "id": press.id,
        "from": user.json(),
        "chat_instance": str(abs(chat.id) * 7919),
        "data": data,
    }
    if message is not None and message.inline_message_id:
        query["inline_message_id"] = message.inline_message_id
    elif message is not None:
        query["message"] = message.data
    else:
        query["message"] = {"chat": chat.json(), "message_id": message_id, "date": 0}
    tg.queue.add("callback_query", _CALLBACK_KEYS + user.id, query)


def tell_inline(tg: Telegram, asked: Asked, user: User, chat: Chat | None) -> None:
    """Queue an inline query."""
    query: Json = {"id": asked.id, "from": user.json(), "query": asked.query, "offset": asked.offset}
    if chat is not None:
        query["chat_type"] = "sender" if chat.person is not None else chat.type
    tg.queue.add("inline_query", _CALLBACK_KEYS + user.id, query)


def tell_choice(tg: Telegram, user: User, result_id: str, query: str, inline_id: str | None) -> None:
    """Queue what somebody chose, if the bot has inline feedback switched on."""
    if not tg.options.inline_feedback:
        return
    chosen: Json = {"result_id": result_id, "from": user.json(), "query": query}
    if inline_id:
        chosen["inline_message_id"] = inline_id
    tg.queue.add("chosen_inline_result", _CALLBACK_KEYS + user.id, chosen)


def tell_member(tg: Telegram, chat: Chat, user: User, before: str, after: str, by: User) -> None:
    """Queue a change of membership; its kind depends on whether it is the bot's own."""
    change: Json = {
        "chat": chat.json(),
        "from": by.json(),
        "date": int(tg.now()),
        "old_chat_member": member_json(user, before),
        "new_chat_member": member_json(user, after),
    }
    kind = "my_chat_member" if user.id == tg.bot.id else "chat_member"
    tg.queue.add(kind, chat.id, change)
