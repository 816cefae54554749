"""Who is in which chat: joining, leaving, blocking, migrating."""

from sandbox.telegram import board
from sandbox.telegram.chats import Chat, Json, User
from sandbox.telegram.errors import bad_request
from sandbox.telegram.state import Telegram
from sandbox.telegram.updates import tell_member, tell_message

_FIRST_GROUP = -4_000_000_000
_FIRST_SUPERGROUP = -1_002_000_000_000


def set_status(tg: Telegram, chat: Chat, user: User, status: str, *, by: User) -> None:
    """Change somebody's place in a group, with the service message and update that go with it."""
    before = chat.members.get(user.id, "left")
    if before == status:
        return
    was_in, readers = chat.has(user.id), tg.readers(chat)
    chat.members[user.id] = status
    tell_member(tg, chat, user, before, status, by)
    tg.feed.next()
    tg.feed.tell("chat", readers | tg.readers(chat), {"chat": chat.id})
    content: Json | None = None
    if chat.has(user.id) and not was_in:
        content = {"new_chat_members": [user.json()]}
    elif was_in and not chat.has(user.id):
        content = {"left_chat_member": user.json()}
    if content:
        tell_message(tg, chat, board.post(tg, chat, by, content))


def set_blocked(tg: Telegram, chat: Chat, blocked: bool) -> None:
    """Block or unblock the bot in a private chat."""
    if chat.person is None:
        raise bad_request("only a private chat can block the bot")
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    before, after = ("member", "kicked") if blocked else ("kicked", "member")
    tell_member(tg, chat, tg.bot, before, after, chat.person)
    tg.feed.next()
    tg.feed.tell("chat", frozenset({chat.id}), {"chat": chat.id})


def open_group(tg: Telegram, creator: User, title: str, kind: str) -> Chat:
    """Make a group with everybody and the bot in it."""
    tg.groups_made += 1
    base = _FIRST_SUPERGROUP if kind == "supergroup" else _FIRST_GROUP
    chat = Chat(base - tg.groups_made, kind, title)
    chat.members = {person: "creator" if person == creator.id else "member" for person in tg.people}
    tg.chats[chat.id] = chat
    tg.feed.next()
    tg.feed.tell("chat", tg.readers(chat), {"chat": chat.id})
    set_status(tg, chat, tg.bot, "member", by=creator)
    return chat


def migrate(tg: Telegram, old: Chat, by: User) -> Chat:
    """Upgrade a group to a supergroup: a new chat id, told on both sides."""
    if old.person is not None or old.migrated_to is not None:
        raise bad_request("chat can't be upgraded")
    tg.groups_made += 1
    new = Chat(_FIRST_SUPERGROUP - tg.groups_made, "supergroup", old.title, members=dict(old.members))
    tg.chats[new.id] = new
    tell_message(tg, old, board.post(tg, old, by, {"migrate_to_chat_id": new.id}))
    old.migrated_to = new.id
    tell_message(tg, new, board.post(tg, new, by, {"migrate_from_chat_id": old.id}))
    tg.feed.tell("chat", tg.readers(new), {"chat": new.id})
    return new
