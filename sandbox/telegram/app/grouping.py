"""People block the bot, join and leave groups, promote, migrate."""

from starlette.routing import BaseRoute

from sandbox.telegram import board
from sandbox.telegram.app.wishes import Refused, Wish, route
from sandbox.telegram.chats import Chat, Json, User
from sandbox.telegram.membership import migrate, open_group, set_blocked, set_status
from sandbox.telegram.state import Telegram
from sandbox.telegram.updates import tell_message

_STATUSES = ("creator", "administrator", "member", "left", "kicked")


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the routes of membership."""
    return [
        route(tg, "/block", block),
        route(tg, "/unblock", unblock),
        route(tg, "/groups", make_group),
        route(tg, "/join", join),
        route(tg, "/leave", leave),
        route(tg, "/member", set_member),
        route(tg, "/migrate", upgrade),
        route(tg, "/topic", open_topic),
        route(tg, "/topic/delete", delete_topic),
        route(tg, "/topic/close", close_topic),
        route(tg, "/topic/reopen", reopen_topic),
        route(tg, "/silence", silence),
    ]


async def block(wish: Wish) -> Json:
    """Block the bot, or unblock it with `blocked: false`."""
    chat = wish.tg.chats[wish.person.id]
    set_blocked(wish.tg, chat, wish.flag("blocked", True))
    return {"blocked": chat.blocked}


async def unblock(wish: Wish) -> Json:
    """Unblock the bot."""
    set_blocked(wish.tg, wish.tg.chats[wish.person.id], False)
    return {"blocked": False}


async def make_group(wish: Wish) -> Json:
    """Make a group of everybody and the bot; a basic one unless told otherwise."""
    kind = wish.text("type", "group")
    if kind not in ("group", "supergroup"):
        raise Refused(400, "type is group or supergroup")
    return open_group(wish.tg, wish.person, wish.text("title", "New group"), kind).json()


def _group(wish: Wish) -> Chat:
    chat = wish.tg.chats.get(int(wish.number("chat")))
    if chat is None or chat.person is not None:
        raise Refused(404, "there is no such group")
    return chat


async def join(wish: Wish) -> Json:
    """Join a group."""
    chat = _group(wish)
    set_status(wish.tg, chat, wish.person, "member", by=wish.person)
    return {"status": "member"}


async def leave(wish: Wish) -> Json:
    """Leave a group."""
    chat = _group(wish)
    set_status(wish.tg, chat, wish.person, "left", by=wish.person)
    return {"status": "left"}


async def set_member(wish: Wish) -> Json:
    """Give somebody (the bot by default) another status; only who runs the group may."""
    chat, status = _group(wish), wish.text("status")
    if not chat.is_admin(wish.person.id):
        raise Refused(403, "only an administrator can do this")
    if status not in _STATUSES:
        raise Refused(400, f"status is one of {', '.join(_STATUSES)}")
    set_status(wish.tg, chat, _member(wish), status, by=wish.person)
    return {"status": status}


def _member(wish: Wish) -> User:
    user = wish.tg.user(int(wish.number("user", wish.tg.bot.id)))
    if user is None:
        raise Refused(404, "nobody has this id")
    return user


async def upgrade(wish: Wish) -> Json:
    """Upgrade a group to a supergroup: its id changes."""
    new = migrate(wish.tg, wish.chat, wish.person)
    return {"chat": new.id}


async def open_topic(wish: Wish) -> Json:
    """Open a topic; the first one makes a supergroup a forum."""
    chat, name = _group(wish), wish.text("name", "Topic")
    if chat.type != "supergroup":
        raise Refused(400, "only a supergroup has topics")
    opened = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
    message = board.post(wish.tg, chat, wish.person, opened)
    chat.topics[message.id] = name
    tell_message(wish.tg, chat, message)
    return {"topic": message.id}


async def delete_topic(wish: Wish) -> Json:
    """Delete a topic with all that was written in it; the bot is not told."""
    chat, topic = _group(wish), int(wish.number("topic"))
    if chat.topics.pop(topic, None) is None:
        raise Refused(404, "there is no such topic")
    for message in [*chat.messages.values()]:
        if message.data.get("message_thread_id") == topic or message.id == topic:
            board.remove(wish.tg, chat, message.id)
    return {"deleted": True}


async def close_topic(wish: Wish) -> Json:
    """Close a topic, 0 for the General one: only who runs the group can write in it."""
    chat, topic = _topic_of(wish)
    chat.closed.add(topic)
    _say_in_topic(wish, chat, topic, "forum_topic_closed")
    return {"closed": True}


async def reopen_topic(wish: Wish) -> Json:
    """Open a closed topic again."""
    chat, topic = _topic_of(wish)
    chat.closed.discard(topic)
    _say_in_topic(wish, chat, topic, "forum_topic_reopened")
    return {"closed": False}


def _topic_of(wish: Wish) -> tuple[Chat, int]:
    chat, topic = _group(wish), int(wish.number("topic"))
    if not chat.is_admin(wish.person.id):
        raise Refused(403, "only an administrator can do this")
    if topic and topic not in chat.topics:
        raise Refused(404, "there is no such topic")
    return chat, topic


def _say_in_topic(wish: Wish, chat: Chat, topic: int, what: str) -> None:
    there: Json = {"message_thread_id": topic, "is_topic_message": True} if topic else {}
    content: Json = {**there, what: {}}
    tell_message(wish.tg, chat, board.post(wish.tg, chat, wish.person, content))


async def silence(wish: Wish) -> Json:
    """Let only who runs a group write in it, or everybody again with `silent: false`; the bot is not told."""
    chat = _group(wish)
    if not chat.is_admin(wish.person.id):
        raise Refused(403, "only an administrator can do this")
    chat.silent = wish.flag("silent", True)
    return {"silent": chat.silent}
