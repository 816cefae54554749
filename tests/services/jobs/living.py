"""Jobs as the bot does them, by a clock that is moved on."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import select

from services.jobs import JobHandler, Lease, RetryLater
from services.runner import JobRunner
from storage import jobs, leases
from storage.jobs import Job
from storage.schema import jobs as table
from storage.tx import Tx
from tests.services.conftest import House
from tests.services.jobs.runners import work

Handlers = Mapping[str, JobHandler]


def running(
    house: House, handlers: Handlers, holder: str = "w", **options: Any
) -> AbstractAsyncContextManager[JobRunner]:
    """Do some kinds of jobs as they fall due."""
    return work(JobRunner(house.services.db, house.clock, holder, handlers, **options))


async def settle(house: House, handlers: Handlers) -> None:
    """Do what is due now."""
    async with running(house, handlers) as runner:
        await runner.idle()


async def live(house: House, handlers: Handlers, seconds: float) -> None:
    """Let time pass, doing all that falls due in it."""
    end = house.clock.now() + seconds
    async with running(house, handlers) as runner:
        while True:
            await runner.idle()
            due = await house.services.db.read(lambda tx: leases.next_due(tx, sorted(handlers)))
            if due is None or due > end:
                house.clock.advance(max(0.0, end - house.clock.now()))
                await runner.idle()
                return
            house.clock.advance(max(0.0, due - house.clock.now()) + 0.001)
            # The runner may just have gone to rest by the old time.
            await house.services.db.write(_wake)


async def _wake(tx: Tx) -> None:
    tx.wakes.add("jobs")


async def open_jobs(house: House, *kinds: str) -> list[Job]:
    """Return all that is asked for of some kinds, in order."""

    async def look(tx: Tx) -> list[Job]:
        wanted = table.c.kind.in_(kinds) & (table.c.state == "open")
        found = await tx.conn.execute(
            select(*jobs.COLUMNS).where(wanted).order_by(table.c.run_at, table.c.seq)
        )
        return [jobs.job_of(tx, row) for row in found]

    return await house.services.db.read(look)


async def until_crash(house: House, handlers: Handlers) -> None:
    """Do jobs by hand, one after another, until one of them brings a crash."""
    db, kinds = house.services.db, sorted(handlers)
    while True:
        now = house.clock.now()
        claimed = await db.write(lambda tx, now=now: leases.claim(tx, kinds, "dead", now, 30.0, 1))  # type: ignore[misc]
        if not claimed:
            house.clock.advance(600)
            continue
        (job,) = claimed
        try:
            await handlers[job.kind](job, Lease(db, house.clock, job, 30.0))
        except RetryLater as later:
            at = now if later.at is None else later.at
            await db.write(lambda tx, job=job, at=at: leases.retry(tx, job, at, None))  # type: ignore[misc]
