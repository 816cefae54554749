"""What a refresh brought is worth more than the moment: a database that is away for a while costs no link."""

import asyncio

import pytest
from sqlalchemy import text

from services.refreshing import HEIR_SECONDS, KEEP_SECONDS, LEASE_SECONDS, POLL_SECONDS
from storage.tx import Tx
from tests.services.conftest import House
from tests.services.tokens.refreshes import HDHIVE, Lending, Scripted, grant, linked, refusing, stored, tokens

AWAY = "links_away"


async def rename(house: House, old: str, new: str) -> None:
    """Take a table away from whoever writes, or bring it back."""

    async def work(tx: Tx) -> None:
        await tx.conn.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    await house.services.db.write(work)


class Impatient:
    """A clock on which the database comes back after so many waits, which may last longer than asked."""

    def __init__(self, house: House, waits: int, lasts: float = POLL_SECONDS) -> None:
        self._house = house
        self._left = waits
        self._lasts = lasts
        self.waited: list[float] = []
        self.back = asyncio.Event()
        self.went_on = asyncio.Event()
        self.went_on.set()

    def now(self) -> float:
        return float(self._house.clock.now())

    async def sleep(self, seconds: float) -> None:
        assert seconds == POLL_SECONDS
        self._house.clock.advance(self._lasts)
        self.waited.append(self._lasts)
        self._left -= 1
        if not self._left:
            await rename(self._house, AWAY, "links")
            self.back.set()
            await self.went_on.wait()


def lending(house: House, clock: Impatient, provider: Scripted) -> Lending:
    async def reached(step: str) -> None:
        if step == "refresh.granted":
            await rename(house, "links", AWAY)

    return tokens(house, provider, clock=clock, holder="me", reached=reached)


async def test_new_tokens_are_written_when_the_database_is_back(house: House) -> None:
    await linked(house, expires_at=1.0)
    clock, provider = Impatient(house, 3), Scripted(grant("a2", "r2"))
    mine = lending(house, clock, provider)
    assert await mine.call(1001, HDHIVE, refusing("a2")) == "a2"
    assert clock.waited == [POLL_SECONDS] * 3
    assert provider.asked == ["r1"]
    link = await stored(house)
    assert link is not None
    assert (link.refresh_token, link.state) == ("r2", "active")


async def test_nobody_inherits_a_lease_in_the_moment_the_database_is_back(house: House) -> None:
    # The lease is over by far; the heir comes first, and the holder writes only just in time.
    await linked(house, expires_at=1.0)
    clock, provider = Impatient(house, 3, LEASE_SECONDS), Scripted(grant("a2", "r2"))
    clock.went_on.clear()
    holder = asyncio.create_task(lending(house, clock, provider).call(1001, HDHIVE, refusing("a2")))
    await clock.back.wait()
    waits = 0

    class Waiting:
        """The heir's clock: it waits in steps, and the holder goes on before the last one is over."""

        def now(self) -> float:
            return float(house.clock.now())

        async def sleep(self, seconds: float) -> None:
            nonlocal waits
            waits += 1
            house.clock.advance(seconds)
            if waits == HEIR_SECONDS / POLL_SECONDS - 1:
                clock.went_on.set()
                await holder

    heir = tokens(house, Scripted(), clock=Waiting(), holder="heir")
    assert await heir.call(1001, HDHIVE, refusing("a2")) == "a2"
    assert await holder == "a2"
    assert provider.asked == ["r1"]


async def test_one_that_stays_away_is_an_error_at_last(house: House) -> None:
    await linked(house, expires_at=1.0)
    clock = Impatient(house, 10_000, 60.0)
    mine = lending(house, clock, Scripted(grant("a2", "r2")))
    with pytest.raises(Exception, match="links"):
        await mine.call(1001, HDHIVE, refusing("a2"))
    assert sum(clock.waited) == pytest.approx(KEEP_SECONDS, abs=60)
    await rename(house, AWAY, "links")
