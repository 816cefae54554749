"""Rounds and receipts as the bot runs them, on a clock that is moved."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select

from clients.tmdb.models import MediaType, Title
from sandbox.appearing import appear
from sandbox.catalogue import Resource
from services.notices import NOTICE
from services.runner import JobRunner
from services.subscriptions import GROUP, NEWS, News
from services.subscriptions.following import Following
from services.subscriptions.rounds import ROUND
from storage import jobs, leases
from storage.jobs import Job
from storage.schema import jobs as table
from storage.tx import Tx
from tests.services.conftest import House

DUNE, DARK = ("movie", 438631), ("tv", 108545)
XIAOYU, BEN, LAOCHEN = 1001, 1002, 1003
INTERVAL = 900.0
THE_GROUP = -1001000000001


def title(key: tuple[str, int] = DUNE) -> Title:
    return Title(media_type=MediaType(key[0]), id=key[1], title="沙丘")


async def follow(house: House, user: int = XIAOYU, chat: int = 0, key: tuple[str, int] = DUNE) -> Following:
    """Follow a title, and let the first look happen."""
    made = await house.services.subscriptions.follows.follow(user, chat or user, None, title(key))
    await settle(house)
    # So long after that nothing counts as there from the beginning.
    house.clock.advance(61.0)
    return made


@asynccontextmanager
async def running(house: House, holder: str = "w", **options: Any) -> AsyncIterator[JobRunner]:
    runner = JobRunner(house.services.db, house.clock, holder, house.services.subscriptions.jobs(), **options)
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        await runner.stop()
        await task


async def settle(house: House) -> None:
    """Do what is due now."""
    async with running(house) as runner:
        await runner.idle()


async def live(house: House, seconds: float = INTERVAL + 1) -> None:
    """Let time pass, doing all that falls due in it."""
    end = house.clock.now() + seconds
    kinds = sorted(house.services.subscriptions.jobs())
    async with running(house) as runner:
        while True:
            await runner.idle()
            due = await house.services.db.read(lambda tx: leases.next_due(tx, kinds))
            if due is None or due > end:
                house.clock.advance(max(0.0, end - house.clock.now()))
                await runner.idle()
                return
            house.clock.advance(max(0.0, due - house.clock.now()) + 0.001)
            await house.services.db.write(_wake)


async def _wake(tx: Any) -> None:
    tx.wakes.add("jobs")


def new(house: House, key: tuple[str, int] = DUNE, count: int = 1, **facts: Any) -> list[Resource]:
    return [appear(house.box.world, key, **{"unlock_points": 3, **facts}) for _ in range(count)]


async def told(house: House) -> list[News]:
    """The notices that wait to be delivered, to people first, then to groups."""
    waiting = await open_jobs(house, NOTICE, GROUP)
    found = [job for job in waiting if job.kind == GROUP or job.payload.get("kind") == NEWS]
    return [News.model_validate(job.payload) for job in found]


async def notices(house: House, kind: str = NEWS) -> list[Job]:
    return [job for job in await open_jobs(house, NOTICE) if job.payload.get("kind") == kind]


async def looks(house: House) -> Counter[str]:
    """How often each title was looked up, by the path of the request."""
    calls = await house.calls("hdhive", "GET")
    paths = [str(call["path"]).removeprefix("/api/open/") for call in calls]
    return Counter(path for path in paths if path.startswith("resources/"))


async def rounds(house: House) -> list[Job]:
    return await open_jobs(house, ROUND)


async def open_jobs(house: House, *kinds: str) -> list[Job]:
    """All that is asked for of some kinds, in order."""

    async def look(tx: Tx) -> list[Job]:
        wanted = table.c.kind.in_(kinds) & (table.c.state == "open")
        found = await tx.conn.execute(
            select(*jobs.COLUMNS).where(wanted).order_by(table.c.run_at, table.c.seq)
        )
        return [jobs.job_of(tx, row) for row in found]

    return await house.services.db.read(look)
