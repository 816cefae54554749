"""What was last seen of each linked account, so that a notice tells what changed, and only once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, bindparam, cast, delete, exists, func, literal_column, or_, select, true, update

from storage.schema import HELD, OPEN, checkins, jobs, links, preferences, unlocks, watches
from storage.tx import Tx, both, new_id, open_json, opened_one, seal_json


@dataclass(frozen=True, slots=True)
class Watch:
    """Be what is known of one account; `spent` are points that went by our doing and by no unlock."""

    id: int
    user_id: int
    service: str
    link_id: int
    state: dict[str, Any] = field(repr=False)
    spent: int
    updated_at: float


@dataclass(frozen=True, slots=True)
class Explained:
    """Be what our own books say of an account's points; `unclear`: something happened of unknown size."""

    spent: int = 0
    gained: int = 0
    unclear: bool = False


COLUMNS = (
    watches.c.id,
    watches.c.user_id,
    watches.c.service,
    watches.c.link_id,
    watches.c.state,
    watches.c.spent,
    watches.c.updated_at,
)
NAMES = tuple(column.name for column in COLUMNS)
_OWN = (watches.c.user_id == bindparam("owner"), watches.c.service == bindparam("of_service"))

_GET = select(*COLUMNS).where(*_OWN)
_ADD = both(lambda d: d.insert(watches).on_conflict_do_nothing())
_KEEP = (
    update(watches)
    .where(watches.c.id == bindparam("watch_id"))
    .values(
        link_id=bindparam("new_link"),
        state=bindparam("new_state"),
        # Somebody may have added to it since it was read.
        spent=watches.c.spent - bindparam("used"),
        updated_at=bindparam("now"),
    )
)
_SPEND = update(watches).where(*_OWN).values(spent=watches.c.spent + bindparam("points"))
_DROP = delete(watches).where(*_OWN)
_UNWATCHED = both(
    lambda d: (
        select(links.c.user_id, links.c.service)
        .outerjoin(preferences, preferences.c.user_id == links.c.user_id)
        .where(
            d.among(links.c.service, "services"),
            links.c.state == literal_column("'active'"),
            or_(preferences.c.watch.is_(None), preferences.c.watch == true()),
            ~exists().where(
                jobs.c.kind == bindparam("of_kind"),
                jobs.c.dedup == cast(links.c.user_id, Text) + ":" + links.c.service,
                OPEN,
            ),
        )
        .order_by(links.c.id)
        .limit(bindparam("most"))
    )
)
_UNLOCKED = both(
    lambda d: select(func.coalesce(func.sum(unlocks.c.price), literal_column("0"))).where(
        d.among(unlocks.c.account_key, "accounts"),
        unlocks.c.updated_at >= bindparam("since"),
        HELD,
        unlocks.c.already_owned.is_(False),
    )
)
_CHECKED_IN = both(
    lambda d: select(checkins.c.gained, checkins.c.updated_at).where(
        d.among(checkins.c.account_key, "accounts"),
        checkins.c.updated_at >= bindparam("since"),
        checkins.c.state.in_(("claimed", "later", "done")),
    )
)


def _watch(tx: Tx, row: Iterable[Any]) -> Watch:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    values["state"] = open_json(tx, values["state"], table="watches", row=values["id"], column="state")
    return Watch(**values)


async def get(tx: Tx, user_id: int, service: str) -> Watch | None:
    """Return what is known of a user's account: of what does not open, nothing."""
    row = (await tx.conn.execute(_GET, {"owner": user_id, "of_service": service})).one_or_none()
    return opened_one(row, lambda found: _watch(tx, found))


async def keep(
    tx: Tx, user_id: int, service: str, link_id: int, state: dict[str, Any], now: float, *, used: int = 0
) -> None:
    """Keep what is known by now; `used` of the points spent otherwise are accounted for."""
    old = await get(tx, user_id, service)
    if old is None:
        # One that does not open would stand in the way of what is known from now on.
        await drop(tx, user_id, service)
        watch_id = new_id()
        await tx.conn.execute(
            _ADD[tx.dialect],
            {
                "id": watch_id,
                "user_id": user_id,
                "service": service,
                "link_id": link_id,
                "state": seal_json(tx, state, table="watches", row=watch_id, column="state"),
                "spent": 0,
                "updated_at": now,
            },
        )
        return
    sealed = seal_json(tx, state, table="watches", row=old.id, column="state")
    params = {"watch_id": old.id, "new_link": link_id, "new_state": sealed, "used": used, "now": now}
    await tx.conn.execute(_KEEP, params)


async def spend(tx: Tx, user_id: int, service: str, points: int) -> None:
    """Note points that go by our doing though nothing is unlocked; who is not watched needs no note."""
    await tx.conn.execute(_SPEND, {"owner": user_id, "of_service": service, "points": points})


async def drop(tx: Tx, user_id: int, service: str) -> None:
    """Forget what is known of a user's account."""
    await tx.conn.execute(_DROP, {"owner": user_id, "of_service": service})


async def unwatched(tx: Tx, kind: str, services: Sequence[str], most: int) -> list[tuple[int, str]]:
    """Return working links, as user and service, whose person wants notices and who have no job."""
    params = {"of_kind": kind, "services": tx.many(services), "most": most}
    rows = await tx.conn.execute(_UNWATCHED[tx.dialect], params)
    return [(int(user_id), str(service)) for user_id, service in rows]


async def explained(tx: Tx, accounts: Sequence[str], since: float, until: float, margin: float) -> Explained:
    """Sum up what we did with an account's points between two looks at them.

    A look and our own note of a change may be `margin` apart: in doubt a loss counts and a gain does not.
    """
    params = {"accounts": tx.many(accounts), "since": since - margin}
    spent = int((await tx.conn.execute(_UNLOCKED[tx.dialect], params)).scalar_one())
    gained, unclear = 0, False
    for points, at in await tx.conn.execute(_CHECKED_IN[tx.dialect], params):
        if points is None:
            unclear = True
        elif points < 0:
            spent -= points
        elif since + margin <= at <= until - margin:
            gained += points
    return Explained(spent, gained, unclear)
