"""Jobs that do not open: they become dead letters, and no other job waits for them."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest

from services.jobs import Lease
from services.runner import SHUT_TRIES, JobRunner
from storage import deadletters, jobs, leases
from storage.database import Database
from storage.jobs import Job
from tests.fixtures.shut import open_again, shut
from tests.services.jobs.runners import ManualClock, counts, enqueue, running

LESS_THAN_A_LEASE = 20.0


async def given_up(db: Database, clock: ManualClock, runner: JobRunner) -> None:
    """Let time go by until every job is done or given up, but none under one that runs."""
    async with asyncio.timeout(60):
        while not await done(db):
            # One that found nothing to claim rests by the clock that stands still.
            with suppress(TimeoutError):
                await asyncio.wait_for(runner.idle(), 0.5)
            await clock.move(LESS_THAN_A_LEASE)


async def done(db: Database) -> bool:
    found = await counts(db)
    return not found["open"] and not found["running"]


def noting(ran: list[Any]) -> Any:
    async def work(job: Job, _lease: Lease) -> None:
        ran.append(job.payload["n"])

    return work


async def test_a_job_that_does_not_open_becomes_a_dead_letter_and_the_rest_is_done(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock, ran = ManualClock(), list[Any]()
    ids = [await enqueue(db, key=key, n=n) for n, key in enumerate(("a", "b"))]
    await db.write(lambda tx: shut(tx, "jobs"))
    for n, key in enumerate(("a", "a", "b", "c"), 10):
        await enqueue(db, key=key, run_at=1.0, n=n)
    with caplog.at_level(logging.ERROR):
        async with running(db, clock, noting(ran), limit=2) as runner:
            await given_up(db, clock, runner)
    assert sorted(ran) == [10, 11, 12, 13]
    assert ran.index(10) < ran.index(11), "those of one key in their order"
    assert await counts(db) == {"open": 0, "running": 0, "dead": 2}
    for job_id in ids:
        assert (
            f"job {job_id} (mail) cannot be done: jobs.payload of row {job_id} does not open" in caplog.text
        )
    assert "the job table cannot be read" not in caplog.text
    letters = await db.read(lambda tx: deadletters.page(tx, 0, 9))
    tries = 1 if db.dialect == "sqlite" else SHUT_TRIES
    assert {(one.id, one.failures, one.shut) for one in letters} == {(i, tries, ("payload",)) for i in ids}
    assert all("no key of the ring fits" in str(one.error) for one in letters)


async def test_its_key_comes_back_and_it_is_done_after_all(db: Database) -> None:
    clock, ran = ManualClock(), list[Any]()
    job_id = await enqueue(db, n=1)
    assert job_id is not None
    await db.write(lambda tx: shut(tx, "jobs"))
    async with running(db, clock, noting(ran)) as runner:
        await given_up(db, clock, runner)
    assert not await db.read(lambda tx: deadletters.opens(tx, "job", job_id))
    assert await db.write(lambda tx: open_again(tx, "jobs")) == 1, "the reason opened, the payload did not"
    assert await db.read(lambda tx: deadletters.opens(tx, "job", job_id))
    assert await db.write(lambda tx: deadletters.retry(tx, "job", job_id, clock.now()))
    async with running(db, clock, noting(ran)) as runner:
        await given_up(db, clock, runner)
    assert ran == [1]


async def test_a_replica_that_has_the_key_already_does_it(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("there is one process on SQLite")
    clock, ran = ManualClock(), list[Any]()
    await enqueue(db, n=1)
    await db.write(lambda tx: shut(tx, "jobs"))
    async with running(db, clock, noting(ran)) as runner:
        for _ in range(2):
            await clock.move(60.0)
        assert (await counts(db))["dead"] == 0, "another process may have what this one lacks"
        await db.write(lambda tx: open_again(tx, "jobs"))
        await given_up(db, clock, runner)
    assert ran == [1]


async def test_a_job_of_which_only_the_last_failure_does_not_open_is_done(db: Database) -> None:
    clock, ran = ManualClock(), list[Any]()
    await enqueue(db, n=1)
    (job,) = await db.write(lambda tx: leases.claim(tx, ["mail"], "x", 5.0, 9.0, 1))
    await db.write(lambda tx: leases.retry(tx, job, 6.0, "boom"))
    (job,) = await db.write(lambda tx: leases.claim(tx, ["mail"], "x", 7.0, 9.0, 1))
    assert await db.write(lambda tx: shut(tx, "jobs")) == 2
    assert await db.write(lambda tx: leases.keep(tx, job, {"n": 2}))
    async with running(db, clock, noting(ran)) as runner:
        await given_up(db, clock, runner)
    assert ran == [2]


async def test_what_is_due_beside_a_job_is_told_without_what_does_not_open(db: Database) -> None:
    await enqueue(db, n=1)
    await db.write(lambda tx: shut(tx, "jobs"))
    for n in (2, 3):
        await enqueue(db, run_at=1.0, n=n)
    (first,) = await db.write(lambda tx: leases.claim(tx, ["mail"], "x", 5.0, 9.0, 1))
    assert first.unreadable
    await db.write(lambda tx: leases.bury(tx, first, first.unreadable or ""))
    (second,) = await db.write(lambda tx: leases.claim(tx, ["mail"], "x", 5.0, 9.0, 1))
    assert [one.payload["n"] for one in await db.read(lambda tx: leases.beside(tx, second, 5.0))] == [3]
    await db.write(lambda tx: shut(tx, "jobs"))
    assert await db.read(lambda tx: leases.beside(tx, second, 5.0)) == []
    assert await db.read(jobs.counts) == {"open": 1, "running": 1, "dead": 1}
