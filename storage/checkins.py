"""What became of each account's check-in, one row for each Beijing day: the unique index is the promise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Text, bindparam, cast, delete, exists, literal_column, or_, select, update

from storage.schema import CHECKIN_OPEN, OPEN, checkins, jobs, preferences
from storage.tx import Tx, both, new_id

# claimed: the request may be under way; later: a fault, tried again; the others are ends.
State = Literal["claimed", "later", "done", "already", "premium", "lost", "refused", "missed"]


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """Be one account's check-in of one Beijing day.

    `sent` tells that a request went out whose answer nobody knows; `gained` may be negative after a lucky
    one; `reason` is the code of a refusal or fault, `words` the service's own text; `next_at` is when it is
    tried again.
    """

    id: int
    user_id: int
    account_key: str
    day: str
    state: State
    automatic: bool
    sent: bool
    tries: int
    gained: int | None
    points: int | None
    reason: str | None
    words: str | None
    next_at: float | None
    created_at: float
    updated_at: float


COLUMNS = (
    checkins.c.id,
    checkins.c.user_id,
    checkins.c.account_key,
    checkins.c.day,
    checkins.c.state,
    checkins.c.automatic,
    checkins.c.sent,
    checkins.c.tries,
    checkins.c.gained,
    checkins.c.points,
    checkins.c.reason,
    checkins.c.words,
    checkins.c.next_at,
    checkins.c.created_at,
    checkins.c.updated_at,
)
_NAMES = tuple(column.name for column in COLUMNS)
_THIS = checkins.c.id == bindparam("row_id")
UNENDED = ("claimed", "later")
# With these a day counts, whoever saw to it.
KEPT = frozenset({"done", "already"})
CLAIMABLE = (*UNENDED, "lost")
# What an end replaces.
_ENDS = ("state", "sent", "gained", "points", "reason", "words", "next_at", "updated_at")

_CLAIM = both(
    lambda d: (
        d.insert(checkins)
        .values({name: bindparam(name) for name in _NAMES})
        .on_conflict_do_update(
            index_elements=["account_key", "day"],
            set_={
                "state": literal_column("'claimed'"),
                "sent": bindparam("sent"),
                "tries": checkins.c.tries + 1,
                "user_id": bindparam("user_id"),
                "updated_at": bindparam("updated_at"),
            },
            # Who was without a grant may have linked the account again.
            where=or_(*(checkins.c.state == literal_column(f"'{state}'") for state in CLAIMABLE)),
        )
        .returning(*COLUMNS)
    )
)
_GET = select(*COLUMNS).where(_THIS)
_SETTLE = (
    update(checkins)
    .where(_THIS, CHECKIN_OPEN)
    .values({name: bindparam(f"new_{name}") for name in _ENDS})
    .returning(*COLUMNS)
)
_POSTPONE = (
    update(checkins)
    .where(_THIS, CHECKIN_OPEN)
    .values(
        state="later",
        sent=bindparam("in_doubt"),
        reason=bindparam("new_reason"),
        next_at=bindparam("at"),
        updated_at=bindparam("now"),
    )
)
_RECORD = both(
    lambda d: (
        d.insert(checkins)
        .values({name: bindparam(name) for name in _NAMES})
        .on_conflict_do_update(
            index_elements=["account_key", "day"],
            set_={name: bindparam(name) for name in _ENDS},
            # What was gained once is not forgotten because a second try found nothing to gain.
            where=checkins.c.state != literal_column("'done'"),
        )
    )
)
_OF_DAY = both(
    lambda d: (
        select(*COLUMNS)
        .where(d.among(checkins.c.account_key, "accounts"), checkins.c.day == bindparam("of_day"))
        .order_by(CHECKIN_OPEN, checkins.c.updated_at.desc())
    )
)
_SINCE = both(
    lambda d: (
        select(*COLUMNS)
        .where(d.among(checkins.c.account_key, "accounts"), checkins.c.day >= bindparam("first_day"))
        .order_by(checkins.c.day, checkins.c.updated_at)
    )
)
_BEFORE = (
    select(*COLUMNS)
    .where(checkins.c.user_id == bindparam("owner"), checkins.c.day < bindparam("of_day"))
    .order_by(checkins.c.day.desc())
    .limit(1)
)
_OPEN_BEFORE = (
    select(*COLUMNS)
    .where(checkins.c.user_id == bindparam("owner"), checkins.c.day < bindparam("of_day"), CHECKIN_OPEN)
    .order_by(checkins.c.day)
)
_PURGE = delete(checkins).where(checkins.c.day < bindparam("before_day"))
_WITHOUT_JOB = (
    select(preferences.c.user_id)
    .where(
        preferences.c.checkin_at.is_not(None),
        ~exists().where(
            jobs.c.kind == bindparam("of_kind"),
            jobs.c.dedup == cast(preferences.c.user_id, Text),
            OPEN,
        ),
    )
    .order_by(preferences.c.user_id)
    .limit(bindparam("most"))
)
_WITHOUT_DIGEST = _WITHOUT_JOB.where(preferences.c.notices == literal_column("'weekly'"))


def _row(found: Iterable[Any] | None) -> CheckInRow | None:
    return None if found is None else CheckInRow(**dict(zip(_NAMES, found, strict=True)))


def _rows(found: Iterable[Iterable[Any]]) -> list[CheckInRow]:
    return [CheckInRow(**dict(zip(_NAMES, row, strict=True))) for row in found]


def _values(
    user_id: int, account_key: str, day: str, state: State, now: float, *, sent: bool, automatic: bool
) -> dict[str, Any]:
    nothing = dict.fromkeys(("gained", "points", "reason", "words", "next_at"))
    return {
        "id": new_id(),
        "user_id": user_id,
        "account_key": account_key,
        "day": day,
        "state": state,
        "automatic": automatic,
        "sent": sent,
        "tries": 1,
        **nothing,
        "created_at": now,
        "updated_at": now,
    }


async def claim(
    tx: Tx, *, user_id: int, account_key: str, day: str, now: float, automatic: bool = True
) -> CheckInRow | None:
    """Note that a request goes out now; None when the account's check-in of that day has ended."""
    values = _values(user_id, account_key, day, "claimed", now, sent=True, automatic=automatic)
    return _row((await tx.conn.execute(_CLAIM[tx.dialect], values)).one_or_none())


async def settle(
    tx: Tx,
    row_id: int,
    state: State,
    now: float,
    *,
    gained: int | None = None,
    points: int | None = None,
    reason: str | None = None,
    words: str | None = None,
) -> CheckInRow | None:
    """Write how a check-in ended; None when that is written already."""
    end = {
        "state": state,
        "sent": False,
        "gained": gained,
        "points": points,
        "reason": reason,
        "words": words,
        "next_at": None,
        "updated_at": now,
    }
    params = {"row_id": row_id, **{f"new_{name}": value for name, value in end.items()}}
    return _row((await tx.conn.execute(_SETTLE, params)).one_or_none())


async def postpone(tx: Tx, row_id: int, at: float, reason: str, now: float, *, in_doubt: bool) -> None:
    """Note that a fault got in the way, and whether the request may have counted all the same."""
    params = {"row_id": row_id, "at": at, "new_reason": reason, "in_doubt": in_doubt, "now": now}
    await tx.conn.execute(_POSTPONE, params)


async def record(
    tx: Tx,
    *,
    user_id: int,
    account_key: str,
    day: str,
    state: State,
    now: float,
    gained: int | None = None,
    points: int | None = None,
    words: str | None = None,
) -> None:
    """Keep how a check-in ended that a person began, and nobody claimed."""
    values = _values(user_id, account_key, day, state, now, sent=False, automatic=False)
    values |= {"gained": gained, "points": points, "words": words}
    await tx.conn.execute(_RECORD[tx.dialect], values)


async def get(tx: Tx, row_id: int) -> CheckInRow | None:
    """Return one row."""
    return _row((await tx.conn.execute(_GET, {"row_id": row_id})).one_or_none())


async def of_day(tx: Tx, accounts: Sequence[str], day: str) -> CheckInRow | None:
    """Return the row of a day under any of an account's names, an ended one first."""
    params = {"accounts": tx.many(accounts), "of_day": day}
    return _row((await tx.conn.execute(_OF_DAY[tx.dialect], params)).first())


async def since(tx: Tx, accounts: Sequence[str], day: str) -> list[CheckInRow]:
    """Return what became of an account's check-ins from a day on, oldest first."""
    params = {"accounts": tx.many(accounts), "first_day": day}
    return _rows(await tx.conn.execute(_SINCE[tx.dialect], params))


async def before(tx: Tx, user_id: int, day: str) -> CheckInRow | None:
    """Return the latest row of a user from before a day."""
    return _row((await tx.conn.execute(_BEFORE, {"owner": user_id, "of_day": day})).one_or_none())


async def open_before(tx: Tx, user_id: int, day: str) -> list[CheckInRow]:
    """Return a user's rows of days before one that have no end, oldest first."""
    return _rows(await tx.conn.execute(_OPEN_BEFORE, {"owner": user_id, "of_day": day}))


async def without_job(tx: Tx, kind: str, limit: int) -> list[int]:
    """Return who wants to be checked in every day and has no open job of the kind."""
    return list(await tx.conn.scalars(_WITHOUT_JOB, {"of_kind": kind, "most": limit}))


async def without_digest(tx: Tx, kind: str, limit: int) -> list[int]:
    """Return who wants a weekly word of it and has no open job of the kind."""
    return list(await tx.conn.scalars(_WITHOUT_DIGEST, {"of_kind": kind, "most": limit}))


async def purge(tx: Tx, before_day: str) -> int:
    """Forget what lies before a day; return how many rows that were."""
    return (await tx.conn.execute(_PURGE, {"before_day": before_day})).rowcount
