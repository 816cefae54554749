"""Jobs of who may not use the bot: put off undone, stopped where they run, done when they may again."""

import asyncio

from services.admission import PUT_OFF, Admission, Stand
from services.jobs import Lease
from services.runner import WATCH_SECONDS
from storage import jobs
from storage.database import Database
from storage.jobs import Job
from tests.fixtures.databases import *  # noqa: F403
from tests.services.jobs.runners import ManualClock, counts, empty, enqueue, running, until

WHO = 5


class Door(Admission):
    """Lets in or not as a test says."""

    def __init__(self, db: Database, stand: Stand) -> None:
        super().__init__(db)
        self.stand = stand
        self.ask = self.told
        self.asked = 0

    async def told(self, user_id: int) -> Stand:
        assert user_id == WHO
        self.asked += 1
        return self.stand


async def test_it_waits_and_is_done_when_they_are_let_in(db: Database) -> None:
    clock, door, done = ManualClock(), Door(db, Stand.OUT), []

    async def handle(job: Job, lease: Lease) -> None:
        done.append(job.payload["user_id"])

    async def asked_again() -> bool:
        before = door.asked
        await clock.move(PUT_OFF[Stand.OUT])
        return door.asked > before

    async def over() -> bool:
        await clock.move(PUT_OFF[Stand.OUT])
        return await empty(db)

    async def waits() -> bool:
        return await counts(db) == {"open": 1, "running": 0, "dead": 0}

    await enqueue(db, user_id=WHO)
    async with running(db, clock, handle, admission=door, max_failures=1, lease_seconds=1e9):
        for stand in (Stand.OUT, Stand.UNKNOWN):
            door.stand = stand
            await until(asked_again)
            await until(waits)
            assert not done
        door.stand = Stand.IN
        await until(over)
    assert done == [WHO]


async def test_what_is_nobodys_or_takes_away_does_not_wait(db: Database) -> None:
    clock, door, done = ManualClock(), Door(db, Stand.OUT), []

    async def handle(job: Job, lease: Lease) -> None:
        done.append(job.payload)

    await db.write(lambda tx: jobs.enqueue(tx, "mail", "a", {"user_id": WHO}, 0.0, owner=jobs.NOBODY))
    async with running(db, clock, handle, admission=door):
        await until(lambda: empty(db))
    door.free("mail")
    await enqueue(db, user_id=WHO)
    async with running(db, clock, handle, admission=door):
        await until(lambda: empty(db))
    assert len(done) == 2


async def test_what_runs_is_stopped_and_goes_on_later(db: Database) -> None:
    clock, door = ManualClock(), Door(db, Stand.IN)
    begun, ended = asyncio.Event(), []

    async def handle(job: Job, lease: Lease) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(job.id)
            raise

    async def stopped() -> bool:
        await clock.move(WATCH_SECONDS)
        return bool(ended)

    async def goes_on() -> bool:
        await clock.move(PUT_OFF[Stand.OUT])
        return begun.is_set()

    await enqueue(db, user_id=WHO)
    async with running(db, clock, handle, admission=door, lease_seconds=1e6, grace=0.1):
        await begun.wait()
        door.stand = Stand.UNKNOWN
        await clock.move(WATCH_SECONDS)
        assert not ended, "who is not known is not out"
        begun.clear()
        door.stand = Stand.OUT
        await until(stopped)
        door.stand = Stand.IN
        await until(goes_on)
    assert len(ended) == 2, "the last one by the end of the runner"
