"""A refresh that takes long: who waits hears in time, and what it brings is kept all the same."""

import asyncio
from typing import Any

import pytest

from clients.errors import NotAuthorized, Unreachable, UpstreamBroken
from services import tokens as module
from tests.services.conftest import House
from tests.services.tokens.refreshes import HDHIVE, Scripted, gone, grant, linked, refusing, stored, tokens

AT_MOST = 15.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EARLY_PATIENCE", 0.2)


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.6)


class Slow:
    """A refresh that answers when it is let go."""

    def __init__(self, answer: Any) -> None:
        self.go, self.answer = asyncio.Event(), answer

    async def __call__(self) -> Any:
        await self.go.wait()
        return self.answer


async def soon(work: Any) -> Any:
    async with asyncio.timeout(AT_MOST):
        return await work


async def test_while_the_token_lasts_a_hanging_refresh_holds_nobody_up_and_is_kept(house: House) -> None:
    await linked(house, expires_at=house.clock.now() + 30)
    slow = Slow(grant("a2", "r2"))
    provider = Scripted(slow)
    mine = tokens(house, provider)
    for _ in range(3):
        assert await soon(mine.call(1001, HDHIVE, refusing("a1"))) == "a1"
    slow.go.set()
    await mine.landed()
    assert provider.asked == ["r1"]
    link = await stored(house)
    assert link is not None
    assert (link.access_token, link.refresh_token, link.version) == ("a2", "r2", 2)


async def test_a_token_that_ended_meanwhile_is_not_used(house: House) -> None:
    await linked(house, expires_at=house.clock.now() + 30)
    used: list[str] = []

    async def ends() -> UpstreamBroken:
        house.clock.advance(31)
        return UpstreamBroken("hdhive", "refresh", 500)

    async def work(token: str) -> None:
        used.append(token)

    with pytest.raises(UpstreamBroken):
        await soon(tokens(house, Scripted(ends)).call(1001, HDHIVE, work))
    assert used == []


@pytest.mark.usefixtures("_hurried")
async def test_without_a_token_that_lasts_the_wait_has_an_end_too(house: House) -> None:
    await linked(house, expires_at=house.clock.now() - 1)
    slow = Slow(grant("a2", "r2"))
    mine = tokens(house, Scripted(slow))
    with pytest.raises(Unreachable) as caught:
        await soon(mine.call(1001, HDHIVE, refusing("a2")))
    assert (caught.value.kind, caught.value.doubtful) == ("timeout", False)
    slow.go.set()
    await mine.landed()
    assert await soon(mine.call(1001, HDHIVE, refusing("a2"))) == "a2"


async def test_an_old_token_that_the_refresh_has_ended_loses_no_link(house: House) -> None:
    await linked(house, expires_at=house.clock.now() + 30)
    slow = Slow(grant("a2", "r2"))

    async def work(token: str) -> str:
        if token == "a1":
            slow.go.set()
            raise gone()
        return token

    assert await soon(tokens(house, Scripted(slow)).call(1001, HDHIVE, work)) == "a2"
    link = await stored(house)
    assert link is not None
    assert link.state == "active"


@pytest.mark.usefixtures("_hurried")
async def test_a_refused_token_waits_for_the_refresh_only_so_long(house: House) -> None:
    await linked(house)
    slow = Slow(grant("a2", "r2"))
    mine = tokens(house, Scripted(slow))
    with pytest.raises(Unreachable):
        await soon(mine.call(1001, HDHIVE, refusing("a2")))
    slow.go.set()
    await mine.landed()
    assert await soon(mine.call(1001, HDHIVE, refusing("a2"))) == "a2"


async def test_a_refresh_that_is_refused_while_nobody_waits_is_told_by_the_next_call(house: House) -> None:
    await linked(house, expires_at=house.clock.now() + 30)
    slow = Slow(gone(refreshable=True))
    mine = tokens(house, Scripted(slow, gone(refreshable=True)))
    assert await soon(mine.call(1001, HDHIVE, refusing("a1"))) == "a1"
    slow.go.set()
    await mine.landed()
    house.clock.advance(31)
    with pytest.raises(NotAuthorized):
        await soon(mine.call(1001, HDHIVE, refusing("a1")))
