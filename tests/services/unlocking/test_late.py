"""Answers to an unlock that come late: after the clock jumped, or while its person is being forgotten."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from services.forgetting import FORGET
from services.unlocking.ledger import SETTLE
from services.unlocking.unlocking import Outcome, OutcomeState
from storage.workcontext import WorkContext, work_context
from tests.services.conftest import House
from tests.services.unlocking.unlocks import charges, known, paid, posts, press

XIAOYU = 1001


@pytest.fixture(autouse=True)
def _no_free_unlocks(box):
    box.world.people[XIAOYU].forever_premium = False


async def waiting(house: House) -> tuple[asyncio.Task[Outcome], Any, asyncio.Event]:
    """Press, and hold up the answer to the POST; returns the press, its resource, and what lets it go on."""
    resource = paid(house)
    answered, go = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        answered.set()
        await go.wait()

    house.steps.at["unlock.answered"] = wait
    pressed = asyncio.create_task(press(house, resource.slug))
    await answered.wait()
    return pressed, resource, go


@dataclass
class Released:
    """A press whose POST is on its way while the clock jumps, so that its row is released."""

    pressed: asyncio.Task[Outcome]
    resource: Any
    go: asyncio.Event

    @classmethod
    async def begin(cls, house: House, other: House) -> "Released":
        resource, post = paid(house), house.services.hdhive.unlock
        house.box.world.options.change({"unlock_lands_after": 0.0})
        sent, go = asyncio.Event(), asyncio.Event()

        async def slow(token: str, slug: str) -> Any:
            sent.set()
            await go.wait()
            return await post(token, slug)

        house.services.hdhive.unlock = slow
        pressed = asyncio.create_task(press(house, resource.slug))
        await sent.wait()
        house.clock.advance(300)
        await other.work(kinds=[SETTLE], until=1)
        assert (await known(house, resource.slug)).state == "released"
        return cls(pressed, resource, go)

    async def outcome(self) -> Outcome:
        """Let the POST go on."""
        self.go.set()
        return await self.pressed


async def test_the_clock_jumps_forward_while_the_post_is_under_way(house, build):
    await house.link()
    late = await Released.begin(house, build())
    outcome = await late.outcome()
    assert (outcome.state, outcome.unlock.state, charges(house)) == (OutcomeState.DONE, "done", 1)
    assert outcome.unlock.url == late.resource.url, "it was paid, and its link came"
    assert await known(house, late.resource.slug) == outcome.unlock


async def test_what_took_the_place_of_a_released_row_stays(house, build):
    await house.link()
    other = build()
    late = await Released.begin(house, other)
    second = await press(other, late.resource.slug)
    assert second.state is OutcomeState.DONE
    first = await late.outcome()
    assert (first.state, first.unlock) == (OutcomeState.DONE, second.unlock)
    assert charges(house) == 1


async def test_an_unlock_claimed_just_before_the_erasing_is_settled_first(house):
    """Else nobody knows of its charge: that is why forgetting waits for unlocks under way."""
    await house.link()
    began = house.clock.now()
    under_way: list[Any] = []

    async def press_it() -> None:
        with work_context(WorkContext(XIAOYU, began)):
            under_way.extend(await waiting(house))

    house.steps.at["forget.erasing"] = press_it
    house.clock.advance(1)
    await house.services.forgetting.forget(XIAOYU, XIAOYU, 5, "en")
    await house.work(kinds=[FORGET], until=30)
    pressed, resource, go = under_way
    go.set()
    outcome = await pressed
    assert (outcome.state, outcome.unlock.url) == (OutcomeState.DONE, resource.url)
    assert len(await house.jobs(FORGET)) == 1
    await house.work(kinds=[FORGET], until=30)
    assert await known(house, resource.slug) is None
    assert (await posts(house), charges(house)) == (1, 1)
