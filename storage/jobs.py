"""Work that waits: asked for in the commit of the fact that asks for it, called off, and counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, literal_column, select

from storage import marks
from storage.schema import jobs
from storage.tx import Tx, both, new_id, next_in_order, open_json, open_text, seal_json, unless_shut


@dataclass(frozen=True, slots=True)
class Job:
    """Be one piece of work; `attempt` counts its starts, `failures` those that ended badly.

    One whose payload does not open has none, and says why it is `unreadable`.
    """

    id: int
    kind: str
    key: str
    payload: dict[str, Any] = field(repr=False)
    run_at: float
    attempt: int
    fence: int
    failures: int = 0
    error: str | None = field(default=None, repr=False)
    owner_id: int | None = None
    unreadable: str | None = None


COLUMNS = (
    jobs.c.id,
    jobs.c.kind,
    jobs.c.key,
    jobs.c.payload,
    jobs.c.run_at,
    jobs.c.attempt,
    jobs.c.fence,
    jobs.c.failures,
    jobs.c.error,
    jobs.c.owner_id,
)
# Of a job that outlives everybody it was asked by.
NOBODY = marks.NOBODY
NAMES = tuple(column.name for column in COLUMNS)
# Literals, not parameters: only so is a partial index used.
IS_OPEN = jobs.c.state == literal_column("'open'")

_ENQUEUE = both(lambda d: d.insert(jobs).on_conflict_do_nothing().returning(jobs.c.id))
_CALLED = (jobs.c.kind == bindparam("of_kind"), jobs.c.dedup == bindparam("of_dedup"), IS_OPEN)
_CANCEL = delete(jobs).where(*_CALLED)
_IS_ASKED = select(exists().where(*_CALLED))
_CALL_OFF = delete(jobs).where(*_CALLED).returning(*COLUMNS)
_ASKED_BY = select(*COLUMNS).where(
    jobs.c.kind == bindparam("of_kind"), jobs.c.owner_id == bindparam("of_owner"), IS_OPEN
)
_COUNTS = select(
    jobs.c.state, jobs.c.holder.is_not(None).label("running"), func.count().label("number")
).group_by(jobs.c.state, jobs.c.holder.is_not(None))


def job_of(tx: Tx, row: Iterable[Any]) -> Job:
    """Return a row of the table as a job."""
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    sealed, error, place = values["payload"], values["error"], {"table": "jobs", "row": values["id"]}
    payload, why = unless_shut(lambda: open_json(tx, sealed, column="payload", **place), {})
    # How it failed before is only told, so it is done without knowing that.
    told, _ = unless_shut(lambda: open_text(tx, error, column="error", **place), None)
    return Job(**{**values, "payload": payload, "error": told}, unreadable=why)


async def enqueue(
    tx: Tx,
    kind: str,
    key: str,
    payload: dict[str, Any],
    run_at: float,
    dedup: str | None = None,
    *,
    owner: int | None = None,
) -> int | None:
    """Ask for work in the commit of the fact that asks for it; waiting runners are woken by the commit.

    Jobs of one kind and key run one at a time, earliest due first. None when one of this kind and `dedup` is
    open; a running one is open too, so leave `dedup` out where the running one may have read the old state.
    `owner` is for whom it is done: with them it goes. It is the payload's `user_id` where it is not given.
    """
    job_id = new_id()
    row = {
        "id": job_id,
        "kind": kind,
        "key": key,
        "dedup": dedup,
        "owner_id": (payload.get("user_id") if owner is None else owner) or None,
        "payload": seal_json(tx, payload, table="jobs", row=job_id, column="payload"),
        "run_at": run_at,
        "seq": next_in_order(),
    }
    tx.wakes.add("jobs")
    made: int | None = (await tx.conn.execute(_ENQUEUE[tx.dialect], row)).scalar_one_or_none()
    return made


async def cancel(tx: Tx, kind: str, dedup: str) -> bool:
    """Take an open job off the table; who runs it loses its lease."""
    tx.wakes.add("jobs")
    return bool((await tx.conn.execute(_CANCEL, {"of_kind": kind, "of_dedup": dedup})).rowcount)


async def call_off(tx: Tx, kind: str, dedup: str) -> Job | None:
    """Take an open job off the table and return it as it was; who runs it loses its lease."""
    tx.wakes.add("jobs")
    row = (await tx.conn.execute(_CALL_OFF, {"of_kind": kind, "of_dedup": dedup})).one_or_none()
    return None if row is None else job_of(tx, row)


async def is_open(tx: Tx, kind: str, dedup: str) -> bool:
    """Tell whether such a job waits or runs."""
    params = {"of_kind": kind, "of_dedup": dedup}
    return bool((await tx.conn.execute(_IS_ASKED, params)).scalar_one())


async def asked_by(tx: Tx, kind: str, owner: int) -> list[Job]:
    """Return the open jobs of a kind that are done for somebody."""
    rows = await tx.conn.execute(_ASKED_BY, {"of_kind": kind, "of_owner": owner})
    return [job_of(tx, row) for row in rows]


async def counts(tx: Tx) -> dict[str, int]:
    """Return how many jobs are open, running and dead."""
    numbers = {"open": 0, "running": 0, "dead": 0}
    for state, running, number in await tx.conn.execute(_COUNTS):
        numbers["running" if running else state] += number
    return numbers
