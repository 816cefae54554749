"""Leases: kept, lost, killed, given up."""

import asyncio
import random
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from services.clock import SystemClock
from services.jobs import Lease, LeaseLost
from storage import deadletters, jobs, leases, meta
from storage.crypto import KeyRing
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from tests.fixtures.databases import *  # noqa: F403
from tests.fixtures.databases import KEY
from tests.services.jobs.runners import ManualClock, empty, enqueue, running, until


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
            assert await db.write(lambda tx: leases.claim(tx, ["mail"], "b", clock.now(), 30, 1)) == []
        go_on.set()
        await runner.idle()
    assert await empty(db)


async def test_who_lost_its_lease_is_stopped_and_writes_nothing(db: Database) -> None:
    clock = ManualClock()
    stopped, started = asyncio.Event(), asyncio.Event()
    held: list[Lease] = []

    async def handle(job: Job, lease: Lease) -> None:
        held.append(lease)
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
        (taken,) = await db.write(lambda tx: leases.claim(tx, ["mail"], "b", clock.now(), 300, 1))
        with pytest.raises(LeaseLost):
            await held[0].finish(lambda tx: meta.put(tx, "result", "stale"))
        with pytest.raises(LeaseLost):
            await held[0].write(lambda tx: meta.put(tx, "result", "stale"))
        with pytest.raises(LeaseLost):
            await held[0].keep({})
        await clock.move(0)
        await asyncio.wait_for(stopped.wait(), 5)
    assert await db.read(lambda tx: meta.get(tx, "result")) is None
    assert await db.write(lambda tx: leases.finish(tx, taken))


async def test_a_handler_that_does_not_notice_its_loss_is_not_retried(db: Database) -> None:
    async def handle(job: Job, lease: Lease) -> None:
        await db.write(lambda tx: leases.finish(tx, job))

    await enqueue(db)
    async with running(db, SystemClock(), handle) as runner:
        await runner.idle()
    assert await empty(db)


async def test_stop_lets_jobs_end_and_puts_back_what_takes_too_long(db: Database) -> None:
    started = asyncio.Event()

    async def handle(job: Job, lease: Lease) -> None:
        started.set()
        await asyncio.sleep(0.05 if job.key == "quick" else 3600)

    await enqueue(db, "quick")
    await enqueue(db, "slow")
    async with running(db, SystemClock(), handle, grace=0.3):
        await started.wait()
    (back,) = await db.write(lambda tx: leases.claim(tx, ["mail"], "b", 2e9, 30, 5))
    assert (back.key, back.attempt, back.failures) == ("slow", 2, 0)


async def test_a_job_that_kills_its_process_is_given_up(db: Database) -> None:
    handled = []

    async def handle(job: Job, lease: Lease) -> None:
        handled.append(job.id)

    await enqueue(db)
    for number in range(3):
        assert await db.write(lambda tx, n=number: leases.claim(tx, ["mail"], f"h{n}", n * 100.0, 10, 1))
    async with running(db, SystemClock(), handle, max_failures=3) as runner:
        await runner.idle()
    assert handled == []
    (dead,) = await db.read(lambda tx: deadletters.page(tx, 0, 5))
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
        while "cannot be read" not in caplog.text:  # noqa: ASYNC110 - the log tells nobody
            await asyncio.sleep(0.02)
        await sqlite_db.write(lambda tx: tx.conn.execute(text("ALTER TABLE gone RENAME TO jobs")))
        sqlite_db.wake("jobs")
        await until(lambda: empty(sqlite_db))
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
    assert await empty(db)


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
from services.runner import JobRunner
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
    root = str(Path(__file__).parents[3])
    while not await empty(db):
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
