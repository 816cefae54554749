"""The chats the bot is in, and whether it can still write to them."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, delete, exists, false, literal_column, or_, select, update

from storage.schema import attempts, cards, chats, dialogs, subscriptions
from storage.tx import Tx, both

State = Literal["active", "blocked", "kicked", "deleted", "muted"]


# Supergroups and channels have numbers below this one, groups have those above it.
FIRST_SUPERGROUP = -1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Chat:
    """Be one chat; `migrated_to` is the supergroup it became."""

    id: int
    kind: str
    title: str | None
    state: str
    migrated_to: int | None


@dataclass(frozen=True, slots=True)
class Lost:
    """Be one chat that cannot be written to where it was: since when, and where it went."""

    id: int
    state: State
    migrated_to: int | None
    since: float


COLUMNS = (chats.c.id, chats.c.kind, chats.c.title, chats.c.state, chats.c.migrated_to)

_REMEMBER = both(
    lambda d: (
        d.insert(chats)
        .values(
            id=bindparam("id"),
            kind=bindparam("kind"),
            title=bindparam("title"),
            state="active",
            updated_at=bindparam("now"),
        )
        .on_conflict_do_update(
            index_elements=["id"],
            set_={
                "kind": bindparam("kind"),
                "title": bindparam("title"),
                "state": "active",
                "updated_at": bindparam("now"),
            },
        )
        .returning(*COLUMNS)
    )
)
_LOST = select(chats.c.id, chats.c.state, chats.c.migrated_to, chats.c.updated_at).where(
    (chats.c.state != "active") | chats.c.migrated_to.is_not(None)
)
_PAUSE = both(
    lambda d: (
        d.insert(chats)
        .values(
            id=bindparam("id"),
            kind=bindparam("kind"),
            state=bindparam("new_state"),
            updated_at=bindparam("now"),
        )
        .on_conflict_do_update(
            index_elements=["id"], set_={"state": bindparam("new_state"), "updated_at": bindparam("now")}
        )
    )
)
_RESUME = (
    update(chats)
    .where(chats.c.id == bindparam("chat"), chats.c.state != "active")
    .values(state="active", updated_at=bindparam("now"))
)
_GET = select(*COLUMNS).where(chats.c.id == bindparam("chat"))
# What else tells of a chat by its number, and moves with a group.
_TABLES = (cards, attempts, dialogs, subscriptions)
_IS_KNOWN = select(
    or_(
        exists().where(chats.c.id == bindparam("chat")),
        *(exists().where(table.c.chat_id == bindparam("chat")) for table in _TABLES),
    )
)
_MIGRATED = (
    update(chats)
    .where(chats.c.id == bindparam("chat"))
    .values(migrated_to=bindparam("new"), updated_at=bindparam("now"))
)
_GREET = (
    update(chats)
    .where(
        chats.c.id == bindparam("chat"),
        chats.c.greeted == false(),
        chats.c.state == literal_column("'active'"),
        chats.c.migrated_to.is_(None),
    )
    .values(greeted=True)
)
_DROP_DIALOGS = delete(dialogs).where(
    dialogs.c.chat_id == bindparam("new"),
    dialogs.c.user_id.in_(select(dialogs.c.user_id).where(dialogs.c.chat_id == bindparam("old"))),
)
_DROP_SUBSCRIPTIONS = delete(subscriptions).where(
    subscriptions.c.chat_id == bindparam("old"),
    subscriptions.c.title.in_(
        select(subscriptions.c.title).where(subscriptions.c.chat_id == bindparam("new"))
    ),
)
_MOVES = tuple(
    update(table).where(table.c.chat_id == bindparam("old")).values(chat_id=bindparam("new"))
    for table in _TABLES
)


async def remember(tx: Tx, chat_id: int, *, kind: str, title: str | None, now: float) -> Chat:
    """Note a chat that speaks to the bot: it can be written to (again)."""
    row = {"id": chat_id, "kind": kind, "title": title, "now": now}
    return Chat(*(await tx.conn.execute(_REMEMBER[tx.dialect], row)).one())


async def get(tx: Tx, chat_id: int) -> Chat | None:
    """Return a chat that is known."""
    row = (await tx.conn.execute(_GET, {"chat": chat_id})).one_or_none()
    return None if row is None else Chat(*row)


async def is_known(tx: Tx, chat_id: int) -> bool:
    """Tell whether anything is kept of a chat."""
    return bool(await tx.conn.scalar(_IS_KNOWN, {"chat": chat_id}))


async def greet(tx: Tx, chat_id: int) -> bool:
    """Become the one who greets a group: True once, and only where it can be written to."""
    return (await tx.conn.execute(_GREET, {"chat": chat_id})).rowcount == 1


async def lost(tx: Tx) -> list[Lost]:
    """Return every chat that cannot be written to, or has moved."""
    return [Lost(*row) for row in await tx.conn.execute(_LOST)]


async def pause(tx: Tx, chat_id: int, state: State, now: float) -> None:
    """Note that a chat cannot be written to, known or not."""
    row = {"id": chat_id, "kind": _kind(chat_id), "new_state": state, "now": now}
    await tx.conn.execute(_PAUSE[tx.dialect], row)
    tx.wakes.add("chats")


async def resume(tx: Tx, chat_id: int, now: float) -> None:
    """Note that a chat can be written to again; one that could be all the time is not touched."""
    if (await tx.conn.execute(_RESUME, {"chat": chat_id, "now": now})).rowcount:
        tx.wakes.add("chats")


def _kind(chat_id: int) -> str:
    """Return what a chat is by its number alone."""
    if chat_id > 0:
        return "private"
    return "group" if chat_id > FIRST_SUPERGROUP else "supergroup"


async def migrate(tx: Tx, old: int, new: int, now: float) -> None:
    """Move everything of a group to the supergroup it became; doing so twice changes nothing more."""
    chat = await get(tx, old)
    ids: dict[str, Any] = {"old": old, "new": new}
    if chat is None or chat.migrated_to != new:  # told again, it says nothing new of the supergroup
        title = None if chat is None else chat.title
        await remember(tx, old, kind="group", title=title, now=now)
        await remember(tx, new, kind="supergroup", title=title, now=now)
        await tx.conn.execute(_MIGRATED, {"chat": old, "new": new, "now": now})
        # The same people, who know the bot already.
        await greet(tx, new)
        tx.wakes.add("chats")
    await tx.conn.execute(_DROP_DIALOGS, ids)
    await tx.conn.execute(_DROP_SUBSCRIPTIONS, ids)
    for move in _MOVES:
        await tx.conn.execute(move, ids)
