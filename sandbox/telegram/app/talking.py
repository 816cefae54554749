"""People write, edit, delete, send files and press buttons."""

import asyncio
import re
from typing import Any

from starlette.routing import BaseRoute

from sandbox.telegram import board
from sandbox.telegram.app.wishes import Refused, Wish, route
from sandbox.telegram.chats import ANONYMOUS_ADMIN, Chat, Json, Message
from sandbox.telegram.detect import units
from sandbox.telegram.formatting import TEXT_LIMIT, caption, message_text
from sandbox.telegram.membership import set_blocked
from sandbox.telegram.state import Telegram
from sandbox.telegram.updates import tell_message, tell_press

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the routes of talking."""
    return [
        route(tg, "/send", send),
        route(tg, "/start", start),
        route(tg, "/edit", edit),
        route(tg, "/delete", delete),
        route(tg, "/press", press),
    ]


async def send(wish: Wish) -> Json:
    """Send a text; one too long goes out in parts, as Telegram's apps do it."""
    chat, entities = wish.chat, wish.values.get("entities")
    parts = _parts(wish.text("text"))
    messages = [say(wish, chat, message_text(part, "", entities, wish.tg.user_json)) for part in parts]
    return board.shown(messages[0])


def say(wish: Wish, chat: Chat, content: Json) -> Message:
    """Post as the person and tell the bot."""
    tg, person = wish.tg, wish.person
    check_open(chat)
    chat.started = True
    if wish.number("reply_to"):
        replied = chat.messages.get(int(wish.number("reply_to")))
        if replied is None:
            raise Refused(404, "there is no message to reply to")
        content = {"reply_to_message": board.quoted(replied), **content}
    topic = int(wish.number("topic"))
    if not (chat.may_write(person.id) and chat.may_write_in(person.id, topic)):
        raise Refused(403, "only who runs the group may write here")
    if topic:
        if topic not in chat.topics:
            raise Refused(404, "there is no such topic")
        content = {"message_thread_id": topic, "is_topic_message": True, **content}
    if wish.flag("anonymous") and chat.is_admin(person.id):
        content = {"sender_chat": chat.json(), **content}
        message = board.post(tg, chat, person, content, sender_json=ANONYMOUS_ADMIN)
    else:
        message = board.post(tg, chat, person, content)
    tell_message(tg, chat, message)
    return message


def check_open(chat: Chat) -> None:
    """Refuse to write where nothing can be written."""
    if chat.blocked:
        raise Refused(409, "this person has blocked the bot")
    if chat.migrated_to is not None:
        raise Refused(409, "this group was upgraded to a supergroup")


def _parts(text: str) -> list[str]:
    if units(text) <= TEXT_LIMIT:
        return [text]
    # Half the limit in characters never exceeds it in UTF-16 units.
    size = TEXT_LIMIT // 2
    return [text[at : at + size] for at in range(0, len(text), size)]


async def start(wish: Wish) -> Json:
    """Press START, with the payload of a deep link; a blocked bot is unblocked by it."""
    payload = wish.text("payload")
    if not _PAYLOAD.fullmatch(payload):
        raise Refused(400, "a payload has at most 64 characters of A-Z a-z 0-9 _ -")
    chat = wish.tg.chats[wish.person.id]
    set_blocked(wish.tg, chat, False)
    content = message_text(f"/start {payload}".strip(), "", None, wish.tg.user_json)
    return board.shown(say(wish, chat, content))


async def edit(wish: Wish) -> Json:
    """Change one's own text or caption."""
    tg, chat = wish.tg, wish.chat
    message = wish.message(chat)
    if message.data.get("from", {}).get("id") != wish.person.id:
        raise Refused(403, "this is somebody else's message")
    if "text" in message.data:
        content = message_text(wish.text("text"), "", wish.values.get("entities"), tg.user_json)
    else:
        content = caption(wish.text("text"), "", None, tg.user_json)
    board.change(tg, chat, message, content, ("text", "entities", "caption", "caption_entities"))
    tell_message(tg, chat, message, "edited_message")
    return board.shown(message)


async def delete(wish: Wish) -> Json:
    """Delete a message for everybody; the bot is not told, as on Telegram."""
    chat = wish.chat
    message = wish.message(chat)
    own = message.data.get("from", {}).get("id") == wish.person.id
    if not (own or chat.person is not None or chat.is_admin(wish.person.id)):
        raise Refused(403, "this is somebody else's message")
    board.remove(wish.tg, chat, message.id)
    return {"deleted": True}


async def press(wish: Wish) -> Json:
    """Press a button and wait for the bot's answer; the data may be invented, as custom apps can."""
    tg, chat = wish.tg, wish.chat
    message_id = int(wish.number("message_id"))
    waiting = tg.callbacks.open(wish.person.id)
    message = chat.messages.get(message_id)
    tell_press(tg, waiting, wish.person, chat, message, message_id, wish.text("data"))
    answer: dict[str, Any] = {"callback_query_id": waiting.id, "answered": False}
    try:
        async with asyncio.timeout(wish.number("timeout", 15)):
            return {**answer, **await waiting.answer, "answered": True}
    except TimeoutError:
        return {**answer, "text": "", "show_alert": False, "url": ""}
