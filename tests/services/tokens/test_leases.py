"""A lease is for one version of a grant, and no process that ends begins a refresh."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest

from clients.errors import NotAuthorized, Unreachable
from clients.oauth import TokenGrant
from services.errors import LinkLost
from services.refreshing import END_SECONDS, HEIR_SECONDS, LEASE_SECONDS, POLL_SECONDS
from storage import links
from storage.crypto import KeyRing
from storage.database import Database
from storage.links import Link
from tests.services.conftest import House
from tests.services.tokens.refreshes import (
    HDHIVE,
    Lending,
    Scripted,
    grant,
    linked,
    overtake,
    refusing,
    stored,
    tokens,
)

CALLS = 12


@pytest.fixture
async def houses(build: Any, any_url: str, ring: KeyRing) -> AsyncIterator[list[House]]:
    """Three processes on one database."""
    async with AsyncExitStack() as stack:
        opened = [await Database.open(any_url, ring) for _ in range(3)]
        for db in opened:
            stack.push_async_callback(db.close)
        yield [build(db=db) for db in opened]


class Strict(Scripted):
    """Lets tokens live for half a minute, and takes a refresh token that comes twice for a stolen one."""

    def __init__(self) -> None:
        super().__init__()
        self.valid = 1
        self.reused: list[str] = []
        self.chance = random.Random(7)

    async def refresh(self, refresh_token: str) -> TokenGrant:
        self.asked.append(refresh_token)
        await asyncio.sleep(self.chance.uniform(0.02, 0.3))
        if refresh_token != f"r{self.valid}":
            self.reused.append(refresh_token)
            raise NotAuthorized("hdhive", "refresh", "invalid_grant", None, refreshable=False)
        self.valid += 1
        await asyncio.sleep(self.chance.uniform(0.0, 0.1))
        return TokenGrant(f"a{self.valid}", f"r{self.valid}", 30.0)


async def test_short_lived_tokens_are_refreshed_one_at_a_time(houses: list[House]) -> None:
    await linked(houses[0], expires_at=houses[0].clock.now() + 30)
    service, chance = Strict(), random.Random(1)
    processes = [tokens(house, service, holder=f"p{number}") for number, house in enumerate(houses)]

    async def work(token: str) -> str:
        return token

    async def caller(process: Lending) -> None:
        for _ in range(CALLS):
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            with suppress(LinkLost):
                await process.call(1001, HDHIVE, work)

    await asyncio.gather(*(caller(process) for process in processes for _ in range(4)))
    for process in processes:
        await process.refreshing.close()
    assert service.reused == []
    assert len(service.asked) > CALLS
    link = await stored(houses[0])
    assert link is not None
    assert link.state == "active"


async def test_who_knows_an_older_version_frees_no_lease_of_a_newer(house: House) -> None:
    old = await linked(house, expires_at=1.0)
    await overtake(house, old, "a2", "r2")
    new = await stored(house)
    assert new is not None
    asked, go = asyncio.Event(), asyncio.Event()

    async def slowly() -> TokenGrant:
        asked.set()
        await go.wait()
        return TokenGrant("a3", "r3", 7200)

    provider = Scripted(slowly, grant("a4", "r4"))
    mine = tokens(house, provider, holder="me")
    under_way = mine.refreshing.begin(new)
    await asked.wait()
    # Somebody here has read the link just before another process refreshed it.
    assert (await mine.refreshing.begin(old).result()).version == 2
    beside = tokens(house, provider, holder="other").refreshing.begin(new)
    assert not await beside.over(3 * POLL_SECONDS)
    go.set()
    assert (await under_way.result()).refresh_token == (await beside.result()).refresh_token == "r3"
    assert provider.asked == ["r2"]


async def leased(house: House, holder: str = "dead", ago: float = 0.0) -> Link:
    """Return a link that another process has begun to refresh."""
    link = await linked(house, expires_at=1.0)
    at = house.clock.now() - ago
    await house.services.db.write(lambda tx: links.take_lease(tx, link, holder, at, LEASE_SECONDS))
    return link


async def test_the_end_waits_for_no_lease_of_another_and_begins_no_refresh(house: House) -> None:
    link = await leased(house)
    provider = Scripted(grant("a2", "r2"))
    mine = tokens(house, provider, holder="me")
    flight = mine.refreshing.begin(link)
    assert not await flight.over(0.1)
    async with asyncio.timeout(5):
        await mine.refreshing.close()
    house.clock.advance(LEASE_SECONDS + HEIR_SECONDS)
    for refused in (flight, mine.refreshing.begin(link)):
        with pytest.raises(Unreachable) as caught:
            await refused.result()
        assert not caught.value.doubtful
    assert provider.asked == []


class Hanging:
    """A database whose first answer comes late."""

    def __init__(self, db: Database, back: asyncio.Event) -> None:
        self._db = db
        self._back = back
        self.asked = asyncio.Event()

    async def write(self, work: Any) -> Any:
        self.asked.set()
        await self._back.wait()
        return await self._db.write(work)


class Counting:
    """A clock that passes at once and counts what was waited."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.waited = 0.0

    def now(self) -> float:
        return float(self._house.clock.now())

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds
        self._house.clock.advance(seconds)


async def test_an_heir_counts_from_its_first_look(house: House) -> None:
    link = await leased(house, ago=200)
    back, clock = asyncio.Event(), Counting(house)
    db: Any = Hanging(house.services.db, back)
    flight = Lending(house, Scripted(grant("a2", "r2")), clock, holder="heir", db=db).refreshing.begin(link)
    await db.asked.wait()
    house.clock.advance(5)
    back.set()
    assert (await flight.result()).access_token == "a2"
    assert clock.waited >= HEIR_SECONDS


async def test_at_the_end_new_tokens_are_held_for_a_moment_only(house: House) -> None:
    await linked(house, expires_at=1.0)
    clock, away, granted = Counting(house), RuntimeError("away"), asyncio.Event()

    class Away:
        """A database that is gone once the service has answered."""

        async def write(self, work: Any) -> Any:
            if granted.is_set():
                raise away
            return await house.services.db.write(work)

    db: Any = Away()

    async def reached(step: str) -> None:
        if step == "refresh.granted":
            granted.set()
            mine.refreshing.ending = asyncio.ensure_future(mine.refreshing.close())
            await asyncio.sleep(0)

    mine: Any = Lending(house, Scripted(grant("a2", "r2")), clock, reached=reached, db=db)
    with pytest.raises(RuntimeError) as caught:
        await mine.call(1001, HDHIVE, refusing("a2"))
    assert caught.value is away
    await mine.refreshing.ending
    assert END_SECONDS - POLL_SECONDS <= clock.waited <= END_SECONDS + 2 * POLL_SECONDS
