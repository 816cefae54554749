"""sendMessage, copyMessage, chat actions and reactions, and what all sending shares."""

from typing import Any

from sandbox.telegram import board
from sandbox.telegram.chats import Chat, Json, Message
from sandbox.telegram.errors import bad_request
from sandbox.telegram.files import KINDS
from sandbox.telegram.formatting import caption, message_text
from sandbox.telegram.keyboards import keyboard_of
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

_ACTIONS = frozenset(
    {
        *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
        *("upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"),
    }
)
_MEDIA = tuple(KINDS)


async def send_message(tg: Telegram, params: Params) -> Json:
    """Send a text."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    content = text_of(tg, params)
    return deliver(tg, chat, params, content).data


def text_of(tg: Telegram, params: Params) -> Json:
    """Return the text fields of a call."""
    entities = params.listing("entities", "entities")
    content = message_text(params.text("text"), params.text("parse_mode"), entities, tg.user_json)
    preview = params.mapping("link_preview_options", "link preview options")
    if preview:
        content["link_preview_options"] = preview
    return content


def caption_of(tg: Telegram, params: Params) -> Json:
    """Return the caption fields of a call."""
    entities = params.listing("caption_entities", "caption entities")
    return caption(params.text("caption"), params.text("parse_mode"), entities, tg.user_json)


def deliver(tg: Telegram, chat: Chat, params: Params, content: Json) -> Message:
    """Check reply and keyboard, count against the limits, and post as the bot."""
    check_rights(tg, chat, content)
    extra: Json = _topic(tg, chat, params)
    replied = _reply(chat, params)
    if replied is not None:
        extra["reply_to_message"] = board.quoted(replied)
    markup = keyboard_of(params)
    if params.flag("protect_content"):
        extra["has_protected_content"] = True
    tg.limits.sending(chat.id)
    if markup:
        content = {**content, "reply_markup": markup}
    return board.post(tg, chat, tg.bot, {**extra, **content})


def check_rights(tg: Telegram, chat: Chat, content: Json) -> None:
    """Refuse where members may not write, in words that depend on what is sent."""
    if not chat.may_write(tg.bot.id):
        kind = next((f"{name}s" for name in _MEDIA if name in content), "text messages")
        raise bad_request(f"not enough rights to send {kind} to the chat")


def _topic(tg: Telegram, chat: Chat, params: Params) -> Json:
    """Return the fields of a message in a forum's topic."""
    topic = params.integer("message_thread_id")
    if topic and topic not in chat.topics:
        raise bad_request("message thread not found")
    if not chat.may_write_in(tg.bot.id, topic):
        raise bad_request("TOPIC_CLOSED")
    if not topic:
        return {}
    return {"message_thread_id": topic, "is_topic_message": True}


def _reply(chat: Chat, params: Params) -> Message | None:
    reply = params.mapping("reply_parameters", "reply parameters") or {}
    wanted = reply.get("message_id") or params.integer("reply_to_message_id")
    if not wanted:
        return None
    message = chat.messages.get(int(wanted))
    lenient = reply.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")
    if message is None and not lenient:
        raise bad_request("message to be replied not found")
    return message


async def copy_message(tg: Telegram, params: Params) -> Json:
    """Send the content of a message again, without its author."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    source = tg.chat(params.text("from_chat_id")).messages.get(params.integer("message_id"))
    if source is None:
        raise bad_request("message to copy not found")
    kept = ("text", "entities", "caption", "caption_entities", *_MEDIA)
    content = {name: source.data[name] for name in kept if name in source.data}
    if not content:
        raise bad_request("message can't be copied")
    if params.has("caption") and "text" not in content:
        content = {name: content[name] for name in _MEDIA if name in content} | caption_of(tg, params)
    return {"message_id": deliver(tg, chat, params, content).id}


async def send_chat_action(tg: Telegram, params: Params) -> bool:
    """Show that the bot is busy; five seconds on, people's clients stop showing it."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    action = params.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    tg.feed.next()
    tg.feed.tell("action", tg.readers(chat), {"chat": chat.id, "action": action})
    return True


async def set_message_reaction(tg: Telegram, params: Params) -> bool:
    """Put the bot's reaction on a message."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    message_id = params.integer("message_id")
    if message_id not in chat.messages:
        raise bad_request("message to react not found")
    reaction = params.listing("reaction", "reaction") or []
    tg.feed.next()
    data = {"chat": chat.id, "message_id": message_id, "reaction": reaction}
    tg.feed.tell("reaction", tg.readers(chat), data)
    return True


METHODS: dict[str, Any] = {
    "sendMessage": send_message,
    "copyMessage": copy_message,
    "sendChatAction": send_chat_action,
    "setMessageReaction": set_message_reaction,
}
