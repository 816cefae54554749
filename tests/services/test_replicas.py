"""Replicas count each other, and take their part of what is limited for all of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from clients.acgbt.ratelimit import CALLS, WINDOW_SECONDS, KeyRateLimiter
from services.replicas import SILENT_SECONDS, Replicas
from storage.crypto import KeyRing
from storage.database import Database
from tests.fixtures.databases import *  # noqa: F403
from tests.services.jobs.runners import ManualClock, until


async def counted(*replicas: Replicas, number: int) -> None:
    async def all_know() -> bool:
        return all(replica.number == number for replica in replicas)

    await until(all_know)


@pytest.fixture
async def here(postgres_url: str, ring: KeyRing) -> AsyncIterator[Database]:
    database = await Database.open(postgres_url, ring)
    yield database
    await database.close()


@pytest.mark.postgres
async def test_they_come_and_go(here: Database) -> None:
    clock = ManualClock()
    first, second = Replicas(here, clock, "a"), Replicas(here, clock, "b")
    await first.join()
    assert (first.number, first.share(30)) == (1, 30)
    following = asyncio.create_task(first.follow())
    await second.join()
    assert (second.number, second.share(30), second.share(1)) == (2, 15, 1)
    await counted(first, number=2)
    await second.leave()
    await counted(first, number=1)
    following.cancel()


@pytest.mark.postgres
async def test_one_that_fell_silent_is_not_counted(here: Database) -> None:
    clock = ManualClock()
    dead, alive = Replicas(here, clock, "dead"), Replicas(here, clock, "alive")
    await dead.join()
    await clock.move(SILENT_SECONDS - 1)
    await alive.join()
    assert alive.number == 2
    await clock.move(2)
    await alive.join()
    assert alive.number == 1
    # It stood still only: it is counted again, and learns of the other.
    await dead.join()
    assert dead.number == 2


@pytest.mark.postgres
async def test_without_its_database_it_goes_on(here: Database, caplog: pytest.LogCaptureFixture) -> None:
    first, second = Replicas(here, ManualClock(), "a"), Replicas(here, ManualClock(), "b")
    await first.join()
    await second.join()
    await here.close()
    await second.leave()
    assert second.number == 2
    assert "silent" in caplog.text


async def test_sqlite_has_one(sqlite_db: Database) -> None:
    alone = Replicas(sqlite_db, ManualClock(), "the only one")
    await alone.join()
    await alone.follow()
    await alone.leave()
    assert alone.share(20) == 20


async def test_a_key_of_acgbt_gets_a_part_of_its_minute() -> None:
    now = [0.0]
    limiter = KeyRateLimiter(share=lambda most: most // 2, clock=lambda: now[0])
    for _ in range(CALLS // 2):
        assert await limiter.turn("key") == 0
    assert await limiter.turn("key") == WINDOW_SECONDS
    now[0] = WINDOW_SECONDS
    assert await limiter.turn("key") == 0
