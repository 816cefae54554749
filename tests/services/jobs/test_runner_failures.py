"""A runner that meets what nobody foresaw goes on: no job is left, none is done twice."""

import asyncio

import pytest

from services.jobs import Lease
from services.runner import JobRunner
from storage import jobs
from storage.database import Database
from storage.jobs import Job
from storage.supervisor import Supervisor
from tests.fixtures.failing import fails_once
from tests.services.jobs.runners import ManualClock, counts, empty, enqueue, until


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


async def test_a_runner_that_failed_does_its_jobs_nevertheless(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once(monkeypatch, "services.runner:JobRunner._look")
    done: list[str] = []

    async def work(job: Job, lease: Lease) -> None:
        done.append(job.key)

    supervisor = Supervisor(sleep=at_once)
    runner = JobRunner(sqlite_db, ManualClock(), "a", {"mail": work}, supervisor=supervisor)
    await enqueue(sqlite_db)
    task = supervisor.start("mail", runner.run)
    await until(lambda: empty(sqlite_db))
    assert done == ["k"]
    await runner.stop()
    await task


async def test_a_beat_that_failed_still_renews(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    again = fails_once(monkeypatch, "services.runner:JobRunner._beat")
    clock, begun, go = ManualClock(), asyncio.Event(), asyncio.Event()
    leases: list[Lease] = []

    async def work(job: Job, lease: Lease) -> None:
        leases.append(lease)
        begun.set()
        await go.wait()

    supervisor = Supervisor(sleep=at_once)
    runner = JobRunner(sqlite_db, clock, "a", {"mail": work}, lease_seconds=30.0, supervisor=supervisor)
    await enqueue(sqlite_db)
    task = asyncio.create_task(runner.run())
    await begun.wait()
    await asyncio.wait_for(again.wait(), 5)
    first = leases[0].until

    async def renewed() -> bool:
        return leases[0].until > first

    await clock.move(11.0)
    await until(renewed)
    go.set()
    await until(lambda: empty(sqlite_db))
    assert await counts(sqlite_db) == {"open": 0, "running": 0, "dead": 0}
    assert len(leases) == 1
    await runner.stop()
    await task


async def test_what_ran_when_its_runner_failed_is_taken_up_again(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, begun = ManualClock(), asyncio.Event()
    real, odd, runs = JobRunner._rest, asyncio.Event(), 0

    async def rest(runner: JobRunner, seconds: float) -> None:
        await real(runner, seconds)
        if odd.is_set():
            odd.clear()
            raise KeyError("odd")

    async def work(job: Job, lease: Lease) -> None:
        nonlocal runs
        runs += 1
        begun.set()
        if runs == 1:
            await asyncio.Event().wait()

    monkeypatch.setattr(JobRunner, "_rest", rest)
    supervisor = Supervisor(sleep=at_once)
    runner = JobRunner(sqlite_db, clock, "a", {"mail": work}, grace=0.0, supervisor=supervisor)
    await enqueue(sqlite_db)
    task = supervisor.start("mail", runner.run)
    await begun.wait()
    odd.set()
    await sqlite_db.write(lambda tx: jobs.enqueue(tx, "mail", "other", {}, clock.now() + 3600.0))
    await until(lambda: _left(sqlite_db))
    assert runs == 2
    await runner.stop()
    await task


async def _left(db: Database) -> bool:
    """Tell whether only the job of later is left."""
    return await counts(db) == {"open": 1, "running": 0, "dead": 0}
