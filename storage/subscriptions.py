"""Who follows which title, where they are told of it, and what they want to hear."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, bindparam, delete, false, func, literal_column, or_, select, update

from storage.schema import chats, followed_titles, links, subscriptions
from storage.tx import Tx, both, new_id, open_json, opened, seal_json, unless_shut


@dataclass(frozen=True, slots=True)
class Subscription:
    """Be one title followed in one chat; `title` is its kind and TMDB id: `movie_550`.

    `user_id` made it, and lends the authorization; what a group follows belongs to the group. `detail` is for
    who reads it: the name and what is wanted. Where that is `shut`, for want of its key, nothing is spent by
    itself.
    """

    id: int
    user_id: int
    chat_id: int
    topic: int | None
    title: str
    detail: dict[str, Any] = field(repr=False)
    muted: bool
    auto: bool
    created_at: float
    updated_at: float
    shut: bool = False

    @property
    def private(self) -> bool:
        """Tell whether it is a person's own, told in their private chat."""
        return self.chat_id == self.user_id


COLUMNS = (
    subscriptions.c.id,
    subscriptions.c.user_id,
    subscriptions.c.chat_id,
    subscriptions.c.topic,
    subscriptions.c.title,
    subscriptions.c.detail,
    subscriptions.c.muted,
    subscriptions.c.auto,
    subscriptions.c.created_at,
    subscriptions.c.updated_at,
)
NAMES = tuple(column.name for column in COLUMNS)
_THIS = subscriptions.c.id == bindparam("sub_id")
_IN_CHAT = subscriptions.c.chat_id == bindparam("of_chat")
# A chat nobody noted yet is one that can be written to. One that muted us is told once it lets us speak
# again, which only another try shows.
_HEARD = or_(
    chats.c.state.is_(None), chats.c.state.in_((literal_column("'active'"), literal_column("'muted'")))
)
_WANTED = (subscriptions.c.muted == false(), _HEARD)

_ADD = both(lambda d: d.insert(subscriptions).on_conflict_do_nothing().returning(subscriptions.c.id))
_GET = select(*COLUMNS).where(_THIS)
# Who changes one holds it from the look on: what others wrote in between must not be undone.
_HOLD = _GET.with_for_update()
_FIND = select(*COLUMNS).where(_IN_CHAT, subscriptions.c.title == bindparam("of_title"))
_OF_CHAT = select(*COLUMNS).where(_IN_CHAT).order_by(subscriptions.c.created_at, subscriptions.c.id)
_COUNT = select(func.count()).where(_IN_CHAT)
_CHANGE = (
    update(subscriptions)
    .where(_THIS)
    .values({name: bindparam(f"new_{name}") for name in ("user_id", "topic", "muted", "auto")})
    .values(
        detail=func.coalesce(bindparam("new_detail"), subscriptions.c.detail), updated_at=bindparam("now")
    )
    .returning(*COLUMNS)
)
_REMOVE = delete(subscriptions).where(_THIS).returning(subscriptions.c.title)
_OF_TITLE = (
    select(*COLUMNS)
    .join_from(subscriptions, chats, chats.c.id == subscriptions.c.chat_id, isouter=True)
    .where(subscriptions.c.title == bindparam("of_title"), *_WANTED)
    .order_by(subscriptions.c.created_at, subscriptions.c.id)
)
_OF_KIND = (
    select(*COLUMNS)
    .join_from(subscriptions, chats, chats.c.id == subscriptions.c.chat_id, isouter=True)
    .where(subscriptions.c.title.startswith(bindparam("of_kind")), *_WANTED)
    .order_by(subscriptions.c.created_at, subscriptions.c.id)
)
_OF_GROUPS: dict[str, Select[Any]] = both(
    lambda d: (
        select(*COLUMNS)
        .join_from(subscriptions, chats, chats.c.id == subscriptions.c.chat_id, isouter=True)
        .where(d.among(subscriptions.c.title, "titles"), subscriptions.c.chat_id < 0, *_WANTED)
        .order_by(subscriptions.c.chat_id, subscriptions.c.created_at, subscriptions.c.id)
    )
)
_ANY_OF_KIND = (
    select(subscriptions.c.id).where(subscriptions.c.title.startswith(bindparam("of_kind"))).limit(1)
)
_LENDERS: dict[str, Select[Any]] = both(
    lambda d: (
        select(subscriptions.c.title, subscriptions.c.user_id)
        .distinct()
        .join_from(subscriptions, chats, chats.c.id == subscriptions.c.chat_id, isouter=True)
        .join(links, links.c.user_id == subscriptions.c.user_id)
        .where(
            d.among(subscriptions.c.title, "titles"),
            *_WANTED,
            links.c.service == bindparam("of_service"),
            links.c.state == literal_column("'active'"),
        )
        .order_by(subscriptions.c.title, subscriptions.c.user_id)
    )
)
_UNFOLLOWED = delete(followed_titles).where(
    ~select(subscriptions.c.id).where(subscriptions.c.title == followed_titles.c.title).exists()
)

_UNFOLLOWED_ONE = _UNFOLLOWED.where(followed_titles.c.title == bindparam("of_title"))


def _subscription(tx: Tx, row: Iterable[Any]) -> Subscription:
    """Return what can be shown, changed and ended, whether its filters open or not."""
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    detail, why = unless_shut(lambda: _detail(tx, values), {})
    auto = values["auto"] and why is None
    return Subscription(**{**values, "detail": detail, "auto": auto}, shut=why is not None)


def _heard(tx: Tx, rows: Iterable[Any]) -> list[Subscription]:
    """Return whom to tell: who knows what somebody wants to hear whose filters do not open?"""

    def read(row: Any) -> Subscription:
        values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
        return Subscription(**{**values, "detail": _detail(tx, values)})

    return opened(rows, read)


def _detail(tx: Tx, values: dict[str, Any]) -> dict[str, Any]:
    if values["detail"] is None:
        return {}
    found: dict[str, Any] = open_json(
        tx, values["detail"], table="subscriptions", row=values["id"], column="detail"
    )
    return found


def _seal(tx: Tx, sub_id: int, detail: dict[str, Any]) -> bytes:
    return seal_json(tx, detail, table="subscriptions", row=sub_id, column="detail")


async def _one(tx: Tx, statement: Any, **params: Any) -> Subscription | None:
    row = (await tx.conn.execute(statement, params)).one_or_none()
    return None if row is None else _subscription(tx, row)


async def add(
    tx: Tx,
    *,
    user_id: int,
    chat_id: int,
    topic: int | None,
    title: str,
    detail: dict[str, Any],
    now: float,
) -> Subscription | None:
    """Follow a title in a chat; None where the chat follows it already."""
    made = Subscription(new_id(), user_id, chat_id, topic, title, detail, False, False, now, now)
    row = {name: getattr(made, name) for name in NAMES} | {"detail": _seal(tx, made.id, detail)}
    added = (await tx.conn.execute(_ADD[tx.dialect], row)).one_or_none()
    return None if added is None else made


async def get(tx: Tx, sub_id: int) -> Subscription | None:
    """Return one subscription."""
    return await _one(tx, _GET, sub_id=sub_id)


async def hold(tx: Tx, sub_id: int) -> Subscription | None:
    """Return one subscription and keep others from changing it until the commit."""
    return await _one(tx, _HOLD, sub_id=sub_id)


async def find(tx: Tx, chat_id: int, title: str) -> Subscription | None:
    """Return a chat's subscription to a title."""
    return await _one(tx, _FIND, of_chat=chat_id, of_title=title)


async def of_chat(tx: Tx, chat_id: int) -> list[Subscription]:
    """Return what a chat follows, oldest first."""
    return [_subscription(tx, row) for row in await tx.conn.execute(_OF_CHAT, {"of_chat": chat_id})]


async def count(tx: Tx, chat_id: int) -> int:
    """Return how many titles a chat follows."""
    return int((await tx.conn.execute(_COUNT, {"of_chat": chat_id})).scalar_one())


async def of_title(tx: Tx, title: str) -> list[Subscription]:
    """Return who wants to hear of a title and can be told."""
    return _heard(tx, await tx.conn.execute(_OF_TITLE, {"of_title": title}))


async def of_kind(tx: Tx, kind: str) -> list[Subscription]:
    """Return what is followed whose names begin so, where it is wanted and can be told."""
    return _heard(tx, await tx.conn.execute(_OF_KIND, {"of_kind": kind}))


async def of_groups(tx: Tx, titles: Sequence[str]) -> list[Subscription]:
    """Return the groups' subscriptions to some titles, where they are wanted and can be told."""
    found = await tx.conn.execute(_OF_GROUPS[tx.dialect], {"titles": tx.many(titles)})
    return _heard(tx, found)


async def any_of_kind(tx: Tx, kind: str) -> bool:
    """Tell whether anybody follows what is named so, silent or not: who is away may come back."""
    return (await tx.conn.execute(_ANY_OF_KIND, {"of_kind": kind})).first() is not None


async def lenders(tx: Tx, titles: Sequence[str], service: str) -> dict[str, tuple[int, ...]]:
    """Return whose authorization may be used for each title: those who follow it and are linked."""
    params = {"titles": tx.many(titles), "of_service": service}
    found: dict[str, list[int]] = {}
    for title, user_id in await tx.conn.execute(_LENDERS[tx.dialect], params):
        found.setdefault(title, []).append(user_id)
    return {title: tuple(users) for title, users in found.items()}


async def change(tx: Tx, subscription: Subscription, now: float) -> Subscription | None:
    """Write what may change of a subscription that is held; None where it is gone."""
    # What does not open is kept until there is something in its place: its key may come back.
    kept = subscription.shut and not subscription.detail
    params = {
        "sub_id": subscription.id,
        "new_user_id": subscription.user_id,
        "new_topic": subscription.topic,
        "new_detail": None if kept else _seal(tx, subscription.id, subscription.detail),
        "new_muted": subscription.muted,
        "new_auto": subscription.auto,
        "now": now,
    }
    return await _one(tx, _CHANGE, **params)


async def remove(tx: Tx, sub_id: int) -> bool:
    """Stop following; what nobody follows any more is forgotten. False where it was gone already."""
    removed = (await tx.conn.execute(_REMOVE, {"sub_id": sub_id})).one_or_none()
    if removed is None:
        return False
    await tx.conn.execute(_UNFOLLOWED_ONE, {"of_title": removed[0]})
    return True


async def tidy(tx: Tx) -> None:
    """Forget the titles that nobody follows any more."""
    await tx.conn.execute(_UNFOLLOWED)
