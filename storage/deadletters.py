"""What was given up: jobs and updates that failed again and again, to be tried once more or dropped."""

from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import (
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
    union_all,
    update,
)

from storage.schema import FREED_UPDATE, inbox, jobs
from storage.tx import Tx, open_json, open_text, unless_shut

Source = Literal["job", "update"]
_TABLES = {"job": "jobs", "update": "inbox"}


@dataclass(frozen=True, slots=True)
class Letter:
    """Be one dead letter; `kind` is a job's, `at` when it was due or came, `error` how it failed last.

    `shut` are those of its columns "payload" and "error" that do not open.
    """

    source: Source
    id: int
    kind: str
    at: float
    failures: int
    error: str | None = field(repr=False)
    shut: tuple[str, ...] = ()


_DEAD_JOB = jobs.c.state == literal_column("'dead'")
_DEAD_UPDATE = inbox.c.state == literal_column("'dead'")
_THIS_JOB = (jobs.c.id == bindparam("letter"), _DEAD_JOB)
_THIS_UPDATE = (inbox.c.update_id == bindparam("letter"), _DEAD_UPDATE)
_LISTED = union_all(
    select(
        cast(literal("job"), Text).label("source"),
        jobs.c.id.label("id"),
        jobs.c.kind.label("kind"),
        jobs.c.run_at.label("at"),
        jobs.c.failures.label("failures"),
        jobs.c.error.label("error"),
        jobs.c.payload.label("payload"),
    ).where(_DEAD_JOB),
    select(
        cast(literal("update"), Text),
        inbox.c.update_id,
        cast(literal("update"), Text),
        inbox.c.received_at,
        inbox.c.attempts,
        inbox.c.error,
        inbox.c.payload,
    ).where(_DEAD_UPDATE),
).subquery()
_PAGE = (
    select(_LISTED)
    .order_by(_LISTED.c.at.desc(), _LISTED.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
)
_COUNT = select(func.count()).select_from(_LISTED)
_twin = jobs.alias("twin")
_HAS_TWIN = exists().where(
    _twin.c.kind == jobs.c.kind, _twin.c.dedup == jobs.c.dedup, _twin.c.state == literal_column("'open'")
)
_RETRY_JOB = (
    update(jobs)
    .where(*_THIS_JOB, ~_HAS_TWIN)
    .values(state="open", failures=0, error=None, run_at=bindparam("now"), fence=jobs.c.fence + 1)
)
_RETRY_UPDATE = update(inbox).where(*_THIS_UPDATE).values(state="pending", attempts=0, error=None)
_PAYLOAD = {
    "job": select(jobs.c.payload).where(*_THIS_JOB),
    "update": select(inbox.c.payload).where(*_THIS_UPDATE),
}
_DROP_JOB = delete(jobs).where(*_THIS_JOB)
# Its number stays, as of one that was answered.
_DROP_UPDATE = update(inbox).where(*_THIS_UPDATE).values(FREED_UPDATE)


async def count(tx: Tx) -> int:
    """Return how many dead letters there are."""
    return int((await tx.conn.execute(_COUNT)).scalar_one())


async def page(tx: Tx, skipped: int, limit: int) -> list[Letter]:
    """Return dead letters, latest first."""
    rows = await tx.conn.execute(_PAGE, {"most": limit, "skipped": skipped})
    return [_letter(tx, row) for row in rows]


def _letter(tx: Tx, row: Any) -> Letter:
    error = None if row.error is None else bytes(row.error)
    place = {"table": _TABLES[row.source], "row": row.id, "column": "error"}
    told, why = unless_shut(lambda: open_text(tx, error, **place), None)
    shut = [] if why is None else ["error"]
    if not _opens(tx, row.source, row.id, row.payload):
        shut.append("payload")
    return Letter(row.source, row.id, row.kind, row.at, row.failures, told, tuple(shut))


def _opens(tx: Tx, source: Source, letter: int, payload: bytes | None) -> bool:
    if payload is None:
        return True
    place: dict[str, Any] = {"table": _TABLES[source], "row": letter, "column": "payload"}
    return unless_shut(lambda: open_json(tx, bytes(payload), **place), None)[1] is None


async def opens(tx: Tx, source: Source, letter: int) -> bool:
    """Tell whether a dead letter can be tried again at all, as far as that is for its key to say."""
    payload = await tx.conn.scalar(_PAYLOAD[source], {"letter": letter})
    return _opens(tx, source, letter, payload)


async def retry(tx: Tx, source: Source, letter: int, now: float) -> bool:
    """Have a dead letter tried once more; False where it is gone, or where the same waits already."""
    tx.wakes.update(("jobs", "inbox"))
    if source == "job":
        return bool((await tx.conn.execute(_RETRY_JOB, {"letter": letter, "now": now})).rowcount)
    return bool((await tx.conn.execute(_RETRY_UPDATE, {"letter": letter})).rowcount)


async def drop(tx: Tx, source: Source, letter: int) -> bool:
    """Drop a dead letter for good; False where it is gone."""
    statement = _DROP_JOB if source == "job" else _DROP_UPDATE
    return bool((await tx.conn.execute(statement, {"letter": letter})).rowcount)
