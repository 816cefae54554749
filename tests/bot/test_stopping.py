"""The end of the whole bot: all that works is asked at the same time, and nothing holds it up for long."""

import asyncio

import pytest

from bot import wiring
from bot.wiring import House
from services.jobs import JobHandler, Lease
from storage import jobs
from storage.jobs import Job
from tests.conftest import Start
from tests.e2e.process import until


async def everywhere(house: House, handler: JobHandler) -> None:
    """Have every runner do a job with this handler."""
    for number, runner in enumerate(house.runners):
        kind = f"test.{number}"
        runner._handlers[kind] = handler
        runner._kinds.append(kind)
        await house.db.write(
            lambda tx, kind=kind: jobs.enqueue(tx, kind, kind, {}, 1.0, owner=jobs.NOBODY)  # type: ignore[misc]
        )


async def test_all_runners_are_asked_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "WORK_PATIENCE", 0.3)
    begun, others = list[str](), list[bool]()
    async with start() as house:

        async def endless(job: Job, _lease: Lease) -> None:
            begun.append(job.kind)
            try:
                await asyncio.Event().wait()
            finally:
                others.append(all(runner._stopping for runner in house.runners))

        await everywhere(house, endless)
        await until(lambda: len(begun) == len(house.runners), "all are at work")
    assert others == [True] * len(begun), "nobody waits for the patience with another to be over"


async def test_work_that_does_not_listen_is_left_behind(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "WORK_PATIENCE", 0.1)
    monkeypatch.setattr(wiring, "DEAF_PATIENCE", 0.1)
    begun, free = list[asyncio.Task[None] | None](), asyncio.Event()
    async with asyncio.timeout(60), start() as house:

        async def deaf(_job: Job, lease: Lease) -> None:
            begun.append(asyncio.current_task())
            while not free.is_set():
                try:
                    await free.wait()
                except asyncio.CancelledError:
                    continue
            lease.ended = True

        await everywhere(house, deaf)
        await until(lambda: len(begun) == len(house.runners), "all are at work")
    free.set()
    await asyncio.gather(*(task for task in begun if task is not None))


def test_it_all_fits_into_what_a_container_is_given() -> None:
    assert wiring.WEB_PATIENCE + wiring.WORK_PATIENCE + wiring.DEAF_PATIENCE < 10
