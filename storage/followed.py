"""The titles somebody follows: what was seen of each, and when it is looked up next."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from storage.schema import followed_titles, links
from storage.tx import Tx, both


@dataclass(frozen=True, slots=True)
class FollowedTitle:
    """Be one title; `seen` is None before the first look, `turn` is who lent their authorization last."""

    title: str
    seen: frozenset[str] | None
    turn: int | None
    failures: int
    looked_at: float | None
    next_at: float


COLUMNS = (
    followed_titles.c.title,
    followed_titles.c.seen,
    followed_titles.c.turn,
    followed_titles.c.failures,
    followed_titles.c.looked_at,
    followed_titles.c.next_at,
)
_THIS = followed_titles.c.title == bindparam("of_title")

_BEGIN = both(
    lambda d: (
        d.insert(followed_titles)
        .values({column.name: bindparam(column.name) for column in COLUMNS})
        .on_conflict_do_update(
            index_elements=["title"],
            set_={name: bindparam(name) for name in ("seen", "failures", "looked_at", "next_at")},
        )
    )
)
_GET = select(*COLUMNS).where(_THIS)
# Who decides what is new holds the row until that is written.
_HOLD = _GET.with_for_update()
_DUE = (
    select(*COLUMNS)
    .where(followed_titles.c.next_at <= bindparam("now"))
    .order_by(followed_titles.c.next_at)
    .limit(bindparam("most"))
)
_NEXT = select(func.min(followed_titles.c.next_at), func.count())
_LOOKED = (
    update(followed_titles)
    .where(_THIS)
    .values(
        # Who was forgotten since is not named again.
        turn=select(links.c.user_id).where(links.c.user_id == bindparam("by")).limit(1).scalar_subquery(),
        failures=0,
        looked_at=bindparam("now"),
        next_at=bindparam("again_at"),
    )
)
_SAW = update(followed_titles).where(_THIS).values(seen=bindparam("new_seen"))
_FAILED = (
    update(followed_titles)
    .where(_THIS)
    .values(failures=followed_titles.c.failures + bindparam("more"), next_at=bindparam("again_at"))
)
_SOON = (
    update(followed_titles)
    .where(
        _THIS,
        followed_titles.c.next_at > bindparam("now"),
        or_(followed_titles.c.looked_at.is_(None), followed_titles.c.looked_at < bindparam("unless_after")),
    )
    .values(next_at=bindparam("now"))
)


def _title(row: Iterable[Any]) -> FollowedTitle:
    title, seen, turn, failures, looked_at, next_at = row
    slugs = None if seen is None else frozenset(json.loads(seen))
    return FollowedTitle(title, slugs, turn, failures, looked_at, next_at)


def _listed(slugs: Iterable[str]) -> str:
    return json.dumps(sorted(slugs), separators=(",", ":"))


async def begin(tx: Tx, title: str, *, seen: Iterable[str] | None, now: float, next_at: float) -> None:
    """Look a title up from now on, knowing what is there already, or beginning with a first look."""
    row = {
        "title": title,
        "seen": None if seen is None else _listed(seen),
        "turn": None,
        "failures": 0,
        "looked_at": None if seen is None else now,
        "next_at": next_at,
    }
    await tx.conn.execute(_BEGIN[tx.dialect], row)


async def get(tx: Tx, title: str) -> FollowedTitle | None:
    """Return a title somebody follows."""
    row = (await tx.conn.execute(_GET, {"of_title": title})).one_or_none()
    return None if row is None else _title(row)


async def hold(tx: Tx, title: str) -> FollowedTitle | None:
    """Return a title and keep others from deciding what is new of it until the commit."""
    row = (await tx.conn.execute(_HOLD, {"of_title": title})).one_or_none()
    return None if row is None else _title(row)


async def due(tx: Tx, now: float, limit: int) -> list[FollowedTitle]:
    """Return the titles whose turn it is, longest due first."""
    return [_title(row) for row in await tx.conn.execute(_DUE, {"now": now, "most": limit})]


async def next_look(tx: Tx) -> tuple[float | None, int]:
    """Return when the next title is due, None without any, and how many titles there are."""
    row = (await tx.conn.execute(_NEXT)).one()
    return row[0], int(row[1])


async def saw(tx: Tx, title: str, slugs: Iterable[str]) -> None:
    """Write what was seen of a title by now."""
    await tx.conn.execute(_SAW, {"of_title": title, "new_seen": _listed(slugs)})


async def looked(tx: Tx, by: Sequence[tuple[str, int]], now: float, again_at: float) -> None:
    """Note looks that worked: each title, and who lent their authorization."""
    rows = [{"of_title": title, "by": user, "now": now, "again_at": again_at} for title, user in by]
    if rows:
        await tx.conn.execute(_LOOKED, rows)


async def failed(tx: Tx, titles: Sequence[tuple[str, float]], *, counts: bool) -> None:
    """Note looks that did not work, and when to look again; some are nobody's fault."""
    rows = [{"of_title": title, "again_at": at, "more": int(counts)} for title, at in titles]
    if rows:
        await tx.conn.execute(_FAILED, rows)


async def soon(tx: Tx, title: str, now: float, unless_after: float) -> bool:
    """Have a title looked up now, unless that was done so shortly before."""
    params = {"of_title": title, "now": now, "unless_after": unless_after}
    return bool((await tx.conn.execute(_SOON, params)).rowcount)
