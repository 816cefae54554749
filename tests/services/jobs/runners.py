"""Job runners on a clock that is moved by hand, for the tests of jobs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from services.jobs import JobHandler
from services.runner import JobRunner
from storage import jobs
from storage.database import Database
from tests.fixtures.databases import *  # noqa: F403


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


async def empty(db: Database) -> bool:
    return await counts(db) == {"open": 0, "running": 0, "dead": 0}
