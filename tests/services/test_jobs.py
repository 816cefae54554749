"""The job runner: two on one database, lost leases, retries, stops, and processes that are killed."""

import asyncio
import contextlib
import itertools
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.clock import SystemClock
from services.jobs import JobHandler, JobRunner, Lease, LeaseLost, RetryLater
from storage import jobs, meta
from storage.crypto import KeyRing
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from tests.fixtures.databases import *  # noqa: F403
from tests.fixtures.databases import KEY


class ManualClock:
    """Stand still until a test moves it."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.time + seconds, future))
        await future

    async def move(self, seconds: float) -> None:
        self.time += seconds
        due = [future for until, future in self._sleepers if until <= self.time]
        self._sleepers = [(until, future) for until, future in self._sleepers if until > self.time]
        for future in due:
            if not future.done():
                future.set_result(None)
        await asyncio.sleep(0.05)


async def enqueue(
    db: Database, key: str = "k", run_at: float = 0.0, kind: str = "mail", **payload: Any
) -> int | None:
    return await db.write(lambda tx: jobs.enqueue(tx, kind, key, payload, run_at))


async def counts(db: Database) -> dict[str, int]:
    return await db.read(jobs.counts)


def running(db: Database, clock: Any, handler: JobHandler, **options: Any) -> Any:
    return work(JobRunner(db, clock, options.pop("holder", "a"), {"mail": handler}, **options))


@contextlib.asynccontextmanager
async def work(runner: JobRunner) -> AsyncIterator[JobRunner]:
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        await runner.stop()
        await task


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(1000):
        if await condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


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
            due = await db.read(lambda tx: jobs.next_due(tx, ["mail"]))
            if due is not None:
                await clock.move(due - clock.now())
    rng = random.Random(3)
    expected = [2.0 * 2**n * rng.uniform(0.5, 1.5) for n in range(3)]
    assert [b - a for a, b in itertools.pairwise(starts)] == pytest.approx(expected)
    (dead,) = await db.read(lambda tx: jobs.dead(tx, 9))
    assert (dead.error, dead.attempt, dead.failures) == ("ValueError: broken upstream", 4, 4)


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
        await until(lambda: _empty(first))
        await a.idle()
        await b.idle()
    assert by == {"a", "b"}
    assert seen == {f"k{key}": list(range(key, 120, 15)) for key in range(15)}
    await first.close()
    await second.close()


async def _empty(db: Database) -> bool:
    return await counts(db) == {"open": 0, "running": 0, "dead": 0}


async def test_a_heartbeat_keeps_a_long_job(db: Database) -> None:
    clock = ManualClock()
    go_on, started = asyncio.Event(), asyncio.Event()

    async def handle(job: Job, lease: Lease) -> None:
        started.set()
        await go_on.wait()

    await enqueue(db)
    async with running(db, clock, handle, lease_seconds=30) as runner:
        await started.wait()
        for _ in range(10):
            await clock.move(10)
            assert await db.write(lambda tx: jobs.claim(tx, ["mail"], "b", clock.now(), 30, 1)) == []
        go_on.set()
        await runner.idle()
    assert await _empty(db)


async def test_who_lost_its_lease_is_stopped_and_writes_nothing(db: Database) -> None:
    clock = ManualClock()
    stopped, started = asyncio.Event(), asyncio.Event()
    leases: list[Lease] = []

    async def handle(job: Job, lease: Lease) -> None:
        leases.append(lease)
        started.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            stopped.set()
            raise

    await enqueue(db)
    async with running(db, clock, handle, lease_seconds=30):
        await started.wait()
        await asyncio.sleep(0.1)
        # As after SIGSTOP: time went by with no heartbeat, and another runner took the job.
        clock.time += 31
        (taken,) = await db.write(lambda tx: jobs.claim(tx, ["mail"], "b", clock.now(), 300, 1))
        with pytest.raises(LeaseLost):
            await leases[0].finish(lambda tx: meta.put(tx, "result", "stale"))
        with pytest.raises(LeaseLost):
            await leases[0].write(lambda tx: meta.put(tx, "result", "stale"))
        with pytest.raises(LeaseLost):
            await leases[0].keep({})
        await clock.move(0)
        await asyncio.wait_for(stopped.wait(), 5)
    assert await db.read(lambda tx: meta.get(tx, "result")) is None
    assert await db.write(lambda tx: jobs.finish(tx, taken))


async def test_a_handler_that_does_not_notice_its_loss_is_not_retried(db: Database) -> None:
    async def handle(job: Job, lease: Lease) -> None:
        await db.write(lambda tx: jobs.finish(tx, job))

    await enqueue(db)
    async with running(db, SystemClock(), handle) as runner:
        await runner.idle()
    assert await _empty(db)


async def test_stop_lets_jobs_end_and_puts_back_what_takes_too_long(db: Database) -> None:
    started = asyncio.Event()

    async def handle(job: Job, lease: Lease) -> None:
        started.set()
        await asyncio.sleep(0.05 if job.key == "quick" else 3600)

    await enqueue(db, "quick")
    await enqueue(db, "slow")
    async with running(db, SystemClock(), handle, grace=0.3):
        await started.wait()
    (back,) = await db.write(lambda tx: jobs.claim(tx, ["mail"], "b", 2e9, 30, 5))
    assert (back.key, back.attempt, back.failures) == ("slow", 2, 0)


async def test_a_job_that_kills_its_process_is_given_up(db: Database) -> None:
    handled = []

    async def handle(job: Job, lease: Lease) -> None:
        handled.append(job.id)

    await enqueue(db)
    for number in range(3):
        assert await db.write(lambda tx, n=number: jobs.claim(tx, ["mail"], f"h{n}", n * 100.0, 10, 1))
    async with running(db, SystemClock(), handle, max_failures=3) as runner:
        await runner.idle()
    assert handled == []
    (dead,) = await db.read(lambda tx: jobs.dead(tx, 5))
    assert dead.error == "its process died again and again"


async def test_a_broken_database_does_not_end_the_runner(
    sqlite_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    seen = []

    async def handle(job: Job, lease: Lease) -> None:
        seen.append(job.id)

    await enqueue(sqlite_db)
    await sqlite_db.write(lambda tx: tx.conn.execute(text("ALTER TABLE jobs RENAME TO gone")))
    async with running(sqlite_db, SystemClock(), handle):
        await asyncio.sleep(0.1)
        assert "cannot be read" in caplog.text
        await sqlite_db.write(lambda tx: tx.conn.execute(text("ALTER TABLE gone RENAME TO jobs")))
        sqlite_db.wake("jobs")
        await until(lambda: _empty(sqlite_db))
    assert len(seen) == 1


async def test_a_runner_that_takes_its_own_job_again_ends_the_earlier_run_first(db: Database) -> None:
    clock = ManualClock()
    now, most, starts = 0, 0, asyncio.Queue[int]()

    async def handle(job: Job, lease: Lease) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        starts.put_nowait(job.attempt)
        try:
            await asyncio.sleep(3600 if job.attempt == 1 else 0)
        finally:
            await asyncio.sleep(0.02)
            now -= 1

    await enqueue(db)
    async with running(db, clock, handle, lease_seconds=30) as runner:
        assert await starts.get() == 1
        await asyncio.sleep(0.1)
        clock.time += 31
        db.wake("jobs")
        async with asyncio.timeout(5):
            assert await starts.get() == 2
            await runner.idle()
    assert most == 1
    assert await _empty(db)


async def test_a_lease_that_cannot_be_renewed_is_given_up_when_it_ran_out(sqlite_db: Database) -> None:
    clock = ManualClock()
    started, stopped = asyncio.Event(), asyncio.Event()

    async def handle(job: Job, lease: Lease) -> None:
        started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    await enqueue(sqlite_db)
    async with running(sqlite_db, clock, handle, lease_seconds=30):
        await started.wait()
        await asyncio.sleep(0.1)
        await sqlite_db.write(lambda tx: tx.conn.execute(text("ALTER TABLE jobs RENAME TO gone")))
        await clock.move(10)
        await clock.move(10)
        assert not stopped.is_set()
        await clock.move(10)
        await asyncio.wait_for(stopped.wait(), 5)
        await sqlite_db.write(lambda tx: tx.conn.execute(text("ALTER TABLE gone RENAME TO jobs")))


CHILD = """
import asyncio, sys
from services.clock import SystemClock
from services.jobs import JobRunner
from storage import meta
from storage.crypto import KeyRing
from storage.database import Database

async def main(url, key, name):
    db = await Database.open(url, KeyRing([bytes.fromhex(key)]))

    async def handle(job, lease):
        async def count(tx):
            done = int(await meta.get(tx, job.key) or 0) + 1
            await meta.put(tx, job.key, str(done))
        await asyncio.sleep(0.01)
        await lease.finish(count)
        print("done", flush=True)

    options = {"limit": 4, "lease_seconds": 1.0, "max_failures": 99}
    await JobRunner(db, SystemClock(), name, {"mail": handle}, **options).run()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_processes_lose_nothing_and_do_nothing_twice(any_url: str, ring: KeyRing) -> None:
    db = await Database.open(any_url, ring)
    total, kills = 200, 0

    async def many(tx: Tx) -> None:
        for number in range(total):
            await jobs.enqueue(tx, "mail", f"k{number}", {}, 0.0)

    await db.write(many)
    rng = random.Random(5)
    root = str(Path(__file__).parents[2])
    while not await _empty(db):
        names = [f"p{kills}", f"q{kills}"]
        children = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                CHILD,
                any_url,
                KEY.hex(),
                name,
                cwd=root,
                stdout=asyncio.subprocess.PIPE,
            )
            for name in names
        ]
        try:
            lines = [asyncio.create_task(child.stdout.readline()) for child in children if child.stdout]
            _, silent = await asyncio.wait(lines, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            for line in silent:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)
            await asyncio.sleep(rng.uniform(0.0, 0.1) if kills < 4 else 1.5)
        finally:
            for child in children:
                child.send_signal(signal.SIGKILL)
                await child.communicate()
        kills += 1
        assert kills < 25
    done = [await db.read(lambda tx, n=n: meta.get(tx, f"k{n}")) for n in range(total)]
    assert done == ["1"] * total
    await db.close()
