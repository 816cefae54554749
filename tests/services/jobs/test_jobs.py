"""Jobs: run, retried, ordered, shared."""

import asyncio
import itertools
import random

import pytest

from services.clock import SystemClock
from services.jobs import JobHandler, Lease, RetryLater
from storage import deadletters, jobs, leases, meta
from storage.crypto import KeyRing
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from tests.fixtures.databases import *  # noqa: F403
from tests.services.jobs.runners import ManualClock, counts, empty, enqueue, running, until


async def test_jobs_run_and_leave_the_table(db: Database) -> None:
    seen = []

    async def handle(job: Job, lease: Lease) -> None:
        seen.append(job.payload["n"])

    await enqueue(db, n=1)
    async with running(db, SystemClock(), handle) as runner:
        await runner.idle()
        await enqueue(db, n=2)
        async with asyncio.timeout(2):
            await runner.idle()
    assert seen == [1, 2]
    assert await counts(db) == {"open": 0, "running": 0, "dead": 0}


async def test_result_and_done_mark_are_one_commit(db: Database) -> None:
    async def handle(job: Job, lease: Lease) -> None:
        await lease.finish(lambda tx: meta.put(tx, "result", "written"))
        assert lease.ended

    await enqueue(db)
    async with running(db, SystemClock(), handle) as runner:
        await runner.idle()
    assert await db.read(lambda tx: meta.get(tx, "result")) == "written"


async def test_a_result_that_cannot_be_written_undoes_the_done_mark(db: Database) -> None:
    async def fail(tx: Tx) -> None:
        raise ValueError("no")

    async def handle(job: Job, lease: Lease) -> None:
        await lease.finish(fail)

    clock = ManualClock()
    await enqueue(db)
    async with running(db, clock, handle) as runner:
        await runner.idle()
        assert await counts(db) == {"open": 1, "running": 0, "dead": 0}


async def test_failures_back_off_with_jitter_and_end_in_the_dead_letters(db: Database) -> None:
    clock = ManualClock()
    starts: list[float] = []

    async def handle(job: Job, lease: Lease) -> None:
        starts.append(clock.now())
        raise ValueError("broken upstream")

    await enqueue(db)
    async with running(db, clock, handle, max_failures=4, rng=random.Random(3)) as runner:
        for number in range(1, 5):
            await until(lambda n=number: _at_least(starts, n))
            await runner.idle()
            due = await db.read(lambda tx: leases.next_due(tx, ["mail"]))
            if due is not None:
                await clock.move(due - clock.now())
    rng = random.Random(3)
    expected = [2.0 * 2**n * rng.uniform(0.5, 1.5) for n in range(3)]
    assert [b - a for a, b in itertools.pairwise(starts)] == pytest.approx(expected)
    (dead,) = await db.read(lambda tx: deadletters.page(tx, 0, 9))
    assert (dead.error, dead.failures) == ("ValueError: broken upstream", 4)


async def _at_least(items: list[float], number: int) -> bool:
    return len(items) >= number


async def test_retry_later_is_no_failure_and_lets_the_others_of_its_key_go_on(db: Database) -> None:
    clock = ManualClock()
    seen: list[tuple[str, float]] = []

    async def handle(job: Job, lease: Lease) -> None:
        seen.append((job.payload["name"], clock.now()))
        if job.payload["name"] == "slow" and job.attempt < 3:
            raise RetryLater(60) if job.attempt == 1 else RetryLater(at=clock.now() + 30)

    await enqueue(db, name="slow")
    await enqueue(db, name="quick")
    async with running(db, clock, handle, max_failures=1) as runner:
        await runner.idle()
        assert seen == [("slow", 1000.0), ("quick", 1000.0)]
        await clock.move(60)
        await runner.idle()
        await clock.move(30)
        await runner.idle()
    assert seen[2:] == [("slow", 1060.0), ("slow", 1090.0)]
    assert await counts(db) == {"open": 0, "running": 0, "dead": 0}


async def test_progress_survives_a_retry(db: Database) -> None:
    seen = []

    async def handle(job: Job, lease: Lease) -> None:
        seen.append(job.payload)
        if job.attempt == 1:
            await lease.keep({"last": 5})
            await lease.write(lambda tx: meta.put(tx, "verdict", "5"))
            raise RetryLater

    await enqueue(db, last=0)
    async with running(db, SystemClock(), handle) as runner:
        await runner.idle()
    assert seen == [{"last": 0}, {"last": 5}]
    assert await db.read(lambda tx: meta.get(tx, "verdict")) == "5"


async def test_no_more_than_the_limit_run_at_once(db: Database) -> None:
    now = most = 0

    async def handle(job: Job, lease: Lease) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1

    for number in range(30):
        await enqueue(db, f"k{number}")
    async with running(db, SystemClock(), handle, limit=3) as runner:
        async with asyncio.timeout(20):
            await runner.idle()
    assert most == 3


async def test_two_runners_share_the_work_in_order_of_each_key(any_url: str, ring: KeyRing) -> None:
    seen: dict[str, list[int]] = {}
    by: set[str] = set()
    busy: set[str] = set()

    def handler(name: str) -> JobHandler:
        async def handle(job: Job, lease: Lease) -> None:
            assert job.key not in busy
            busy.add(job.key)
            await asyncio.sleep(0.002)
            busy.discard(job.key)
            seen.setdefault(job.key, []).append(job.payload["n"])
            by.add(name)

        return handle

    first, second = await Database.open(any_url, ring), await Database.open(any_url, ring)

    async def many(tx: Tx) -> None:
        for number in range(120):
            await jobs.enqueue(tx, "mail", f"k{number % 15}", {"n": number}, 0.0)

    await first.write(many)
    clock = SystemClock()
    async with (
        running(first, clock, handler("a"), holder="a") as a,
        running(second, clock, handler("b"), holder="b") as b,
    ):
        await until(lambda: empty(first))
        await a.idle()
        await b.idle()
    assert by == {"a", "b"}
    assert seen == {f"k{key}": list(range(key, 120, 15)) for key in range(15)}
    await first.close()
    await second.close()
