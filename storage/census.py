"""What an operator must know of the tables: how much is open, and whether every secret still has its key."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Select, bindparam, func, literal_column, select

from storage.crypto import HEAD_BYTES
from storage.schema import attempts, cooldowns, jobs, links, metadata, unlocks, users
from storage.tx import Tx, open_text

_UNLOCKS = select(unlocks.c.state, func.count()).group_by(unlocks.c.state)
_ATTEMPTS = select(attempts.c.stage, func.count()).group_by(attempts.c.stage)
_PEOPLE = select(func.count(), func.count().filter(users.c.seen_at >= bindparam("since"))).select_from(users)
_LINKED = (
    select(links.c.service, func.count())
    .where(links.c.state == literal_column("'active'"))
    .group_by(links.c.service)
)
_RUNNING = jobs.c.holder.is_not(None)
_KINDS = (
    select(jobs.c.kind, jobs.c.state, _RUNNING.label("running"), func.count())
    .group_by(jobs.c.kind, jobs.c.state, _RUNNING)
    .order_by(jobs.c.kind)
)
_HELD = links.c.lease_holder.is_not(None)
_REFRESHES = select(
    func.count().filter(_HELD, links.c.lease_until > bindparam("now")).label("open"),
    func.count().filter(_HELD, links.c.lease_until <= bindparam("now")).label("left"),
    func.count().filter(links.c.state == literal_column("'lost'")).label("lost"),
)
_COOLDOWNS = select(func.count()).where(cooldowns.c.until > bindparam("now"))
_SEALED = tuple((t, c) for t in metadata.sorted_tables for c in t.columns if c.info.get("sealed"))


def _strangers(column: Column[Any]) -> Select[tuple[Any, int]]:
    """Count by key what no key of ours has sealed: with none of that, rows are read but not sorted."""
    head = func.substr(column, 1, literal_column(str(HEAD_BYTES)))
    foreign = head.not_in(bindparam("heads", expanding=True))
    return select(head, func.count()).where(foreign).group_by(literal_column("1"))


_HEADS = {f"{table.name}.{column.name}": _strangers(column) for table, column in _SEALED}
# What a running bot looks at again and again: a picture is sealed with the key of its name, and is not read.
WATCHED = tuple(f"{table.name}.{column.name}" for table, column in _SEALED if not column.info.get("large"))
_NEWEST_LINK = (
    select(links.c.id, links.c.access_token)
    .where(links.c.access_token.is_not(None))
    .order_by(links.c.updated_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Census:
    """Count unlocks, link attempts and refreshes by state, and scopes that a service told to wait.

    Refreshes are open, left by a process that died in one, or lost: the grant behind them is gone.
    """

    unlocks: dict[str, int]
    attempts: dict[str, int]
    cooldowns: int
    refreshes: dict[str, int]


@dataclass(frozen=True, slots=True)
class People:
    """Count people: all, those seen since a time, and those linked at each service."""

    known: int
    active: int
    linked: dict[str, int]


@dataclass(slots=True)
class Kind:
    """Count the jobs of one kind."""

    waiting: int = 0
    running: int = 0
    dead: int = 0


async def people(tx: Tx, since: float) -> People:
    """Count people."""
    known, active = (await tx.conn.execute(_PEOPLE, {"since": since})).one()
    return People(known, active, {row[0]: row[1] for row in await tx.conn.execute(_LINKED)})


async def kinds(tx: Tx) -> dict[str, Kind]:
    """Count jobs by kind and state."""
    found: dict[str, Kind] = {}
    for kind, state, running, number in await tx.conn.execute(_KINDS):
        counts = found.setdefault(kind, Kind())
        if state == "dead":
            counts.dead += number
        elif running:
            counts.running += number
        else:
            counts.waiting += number
    return found


async def count(tx: Tx, now: float) -> Census:
    """Count what is open; states that do not occur count 0."""
    found = {row[0]: row[1] for row in await tx.conn.execute(_UNLOCKS)}
    stages = {row[0]: row[1] for row in await tx.conn.execute(_ATTEMPTS)}
    cool = (await tx.conn.execute(_COOLDOWNS, {"now": now})).scalar_one()
    refreshes = dict((await tx.conn.execute(_REFRESHES, {"now": now})).mappings().one())
    return Census({"claimed": 0, "doubtful": 0} | found, {"burned": 0} | stages, int(cool), refreshes)


async def without_key(tx: Tx, columns: tuple[str, ...] = tuple(_HEADS)) -> dict[str, int]:
    """Count the secrets, by table and column, that no key of the ring can open."""
    lacking: dict[str, int] = {}
    for name in columns:
        for head, number in await tx.conn.execute(_HEADS[name], {"heads": tx.ring.heads}):
            if not tx.ring.knows(bytes(head)):
                lacking[name] = lacking.get(name, 0) + number
    return lacking


async def open_newest(tx: Tx) -> None:
    """Open the newest token there is; raises SecretUnreadable."""
    row = (await tx.conn.execute(_NEWEST_LINK)).one_or_none()
    if row is not None:
        open_text(tx, row.access_token, table="links", row=row.id, column="access_token")
