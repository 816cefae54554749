"""Jobs under a lease: claimed when due, and written to only by who holds the newest fence."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, exists, func, literal_column, or_, select, text, update

from storage.jobs import COLUMNS, IS_OPEN, Job, job_of
from storage.schema import jobs
from storage.tx import Tx, both, seal_json, seal_text

_other = jobs.alias("other")
_OTHER_IS_OPEN = _other.c.state == literal_column("'open'")
_SAME_KEY = and_(_other.c.kind == jobs.c.kind, _other.c.key == jobs.c.key, _other.c.id != jobs.c.id)
_HELD = (jobs.c.id == bindparam("job_id"), jobs.c.fence == bindparam("old_fence"), IS_OPEN)
_IDLE = or_(jobs.c.holder.is_(None), jobs.c.lease_until <= bindparam("now"))
_BUSY_KEY = exists().where(
    _SAME_KEY, _OTHER_IS_OPEN, _other.c.holder.is_not(None), _other.c.lease_until > bindparam("now")
)
_EARLIER = exists().where(
    _SAME_KEY,
    _OTHER_IS_OPEN,
    _other.c.run_at <= bindparam("now"),
    or_(
        _other.c.run_at < jobs.c.run_at,
        and_(_other.c.run_at == jobs.c.run_at, _other.c.seq < jobs.c.seq),
    ),
)
# One claimer at a time: a snapshot taken beside another's claim could start a second job of its key.
_ALONE = text("SELECT pg_advisory_xact_lock(7204914206)")
_DUE = both(
    lambda d: (
        select(jobs.c.id)
        .where(
            IS_OPEN,
            d.among(jobs.c.kind, "kinds"),
            jobs.c.run_at <= bindparam("now"),
            _IDLE,
            ~_BUSY_KEY,
            ~_EARLIER,
        )
        .order_by(jobs.c.run_at, jobs.c.seq)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)  # SQLite leaves it out: its writer is alone anyway
    )
)
_CLAIM = both(
    lambda d: (
        update(jobs)
        .where(d.among(jobs.c.id, "ids"))
        .values(
            # Who still held it died or stalled.
            failures=jobs.c.failures + case((jobs.c.holder.is_not(None), 1), else_=0),
            holder=bindparam("by"),
            lease_until=bindparam("until"),
            fence=jobs.c.fence + 1,
            attempt=jobs.c.attempt + 1,
        )
        .returning(*COLUMNS)
    )
)
_RENEW = update(jobs).where(*_HELD).values(lease_until=bindparam("until"))
_KEEP = update(jobs).where(*_HELD).values(payload=bindparam("new_payload"))
_INHERIT = both(
    lambda d: (
        update(jobs)
        .where(IS_OPEN, jobs.c.holder == bindparam("by"), d.among(jobs.c.kind, "kinds"))
        .values(lease_until=bindparam("now"))
    )
)
_FINISH = delete(jobs).where(*_HELD)
_BESIDE = (
    select(*COLUMNS)
    .where(
        jobs.c.kind == bindparam("of_kind"),
        jobs.c.key == bindparam("of_key"),
        jobs.c.id != bindparam("job_id"),
        jobs.c.run_at <= bindparam("now"),
        jobs.c.holder.is_(None),
        IS_OPEN,
    )
    .order_by(jobs.c.run_at, jobs.c.seq)
)
_RETRY = (
    update(jobs)
    .where(*_HELD)
    .values(
        run_at=bindparam("at"),
        error=bindparam("why"),
        failures=jobs.c.failures + bindparam("failed"),
        fence=jobs.c.fence + 1,
        holder=None,
        lease_until=None,
    )
)
_BURY = (
    update(jobs)
    .where(*_HELD)
    .values(
        state="dead",
        error=bindparam("why"),
        failures=jobs.c.failures + 1,
        fence=jobs.c.fence + 1,
        holder=None,
        lease_until=None,
    )
)
_DUE_AT = select(func.max(jobs.c.run_at)).where(
    IS_OPEN, jobs.c.kind == bindparam("of_kind"), jobs.c.key == bindparam("of_key")
)
_NEXT_DUE = both(
    lambda d: select(
        select(func.min(jobs.c.run_at))
        .where(
            IS_OPEN,
            d.among(jobs.c.kind, "kinds"),
            jobs.c.holder.is_(None),
            ~exists().where(_SAME_KEY, _OTHER_IS_OPEN, _other.c.holder.is_not(None)),
        )
        .scalar_subquery(),
        select(func.min(jobs.c.lease_until))
        .where(IS_OPEN, d.among(jobs.c.kind, "kinds"), jobs.c.holder.is_not(None))
        .scalar_subquery(),
    )
)


async def _held(tx: Tx, statement: Any, job: Job, **params: Any) -> bool:
    result = await tx.conn.execute(statement, {"job_id": job.id, "old_fence": job.fence, **params})
    return bool(result.rowcount)


async def claim(
    tx: Tx, kinds: Sequence[str], holder: str, now: float, seconds: float, limit: int
) -> list[Job]:
    """Take due jobs, at most one of each key, those of dead holders included."""
    if tx.dialect == "postgresql":
        await tx.conn.execute(_ALONE)
    due = {"kinds": tx.many(kinds), "now": now, "most": limit}
    ids = list(await tx.conn.scalars(_DUE[tx.dialect], due))
    if not ids:
        return []
    params = {"ids": tx.many(ids), "by": holder, "until": now + seconds}
    claimed = {row[0]: job_of(tx, row) for row in await tx.conn.execute(_CLAIM[tx.dialect], params)}
    return [claimed[job_id] for job_id in ids]


async def inherit(tx: Tx, kinds: Sequence[str], holder: str, now: float) -> int:
    """End the leases of an earlier process of the same name, which died with them; return how many.

    Only those of the kinds that the caller runs: another runner of this very process may be at the others.
    """
    tx.wakes.add("jobs")
    params = {"kinds": tx.many(kinds), "by": holder, "now": now}
    return (await tx.conn.execute(_INHERIT[tx.dialect], params)).rowcount


async def renew(tx: Tx, job: Job, now: float, seconds: float) -> bool:
    """Hold a job for longer; False when it is no longer ours."""
    return await _held(tx, _RENEW, job, until=now + seconds)


async def keep(tx: Tx, job: Job, payload: dict[str, Any]) -> bool:
    """Replace the payload, for work that resumes where it was; False when the job is no longer ours."""
    sealed = seal_json(tx, payload, table="jobs", row=job.id, column="payload")
    return await _held(tx, _KEEP, job, new_payload=sealed)


async def finish(tx: Tx, job: Job) -> bool:
    """Take a job off the table; False when it is no longer ours."""
    tx.wakes.add("jobs")  # the next one of its key may run
    return await _held(tx, _FINISH, job)


async def beside(tx: Tx, job: Job, now: float) -> list[Job]:
    """Return what is due of a held job's kind and key: what waits for that one, or is done with it.

    What does not open is left to its own turn.
    """
    params = {"of_kind": job.kind, "of_key": job.key, "job_id": job.id, "now": now}
    found = [job_of(tx, row) for row in await tx.conn.execute(_BESIDE, params)]
    return [one for one in found if one.unreadable is None]


async def due_at(tx: Tx, kind: str, key: str) -> float | None:
    """Return when the open job of a kind and key that is due last is due; None without any."""
    at: float | None = await tx.conn.scalar(_DUE_AT, {"of_kind": kind, "of_key": key})
    return at


async def retry(tx: Tx, job: Job, run_at: float, error: str | None) -> bool:
    """Put a job back until later; with an error it counts as failed. False when it is no longer ours."""
    tx.wakes.add("jobs")
    why = seal_text(tx, error, table="jobs", row=job.id, column="error")
    return await _held(tx, _RETRY, job, at=run_at, why=why, failed=0 if error is None else 1)


async def bury(tx: Tx, job: Job, error: str) -> bool:
    """Set a job aside for good, among the dead letters; False when it is no longer ours."""
    tx.wakes.add("jobs")
    return await _held(tx, _BURY, job, why=seal_text(tx, error, table="jobs", row=job.id, column="error"))


async def next_due(tx: Tx, kinds: Sequence[str]) -> float | None:
    """Return when a job of these kinds can be claimed next: when one is due or a lease runs out."""
    row = (await tx.conn.execute(_NEXT_DUE[tx.dialect], {"kinds": tx.many(kinds)})).one()
    return min((time for time in row if time is not None), default=None)
