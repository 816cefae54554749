"""What nobody confirmed keeps to the day's budget, however many presses come at once."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from sandbox.server import Sandbox
from services.unlocking.unlocking import Budget, OutcomeState
from storage.database import Database
from tests.guarantees.workers_house import rich, stock
from tests.services.conftest import Builder, House
from tests.services.unlocking.unlocks import charges


@pytest.fixture
async def slugs(box: Sandbox) -> list[str]:
    rich(box)
    return stock(box, 6, price=4)


async def press(house: House, slug: str, budget: Budget | None) -> Any:
    return await house.services.unlocking.unlock(1001, slug, 4, None, house.clock.now(), budget=budget)


async def test_a_budget_is_kept_by_presses_at_once(db: Database, build: Builder, slugs: list[str]) -> None:
    house, replica = build(db=db), build(db=db)
    await house.link()
    budget = Budget(10, house.clock.now() - 10)
    outcomes = await asyncio.gather(
        *(press((house, replica)[n % 2], slug, budget) for n, slug in enumerate(slugs))
    )
    assert Counter(outcome.state for outcome in outcomes) == {OutcomeState.DONE: 2, OutcomeState.CAPPED: 4}
    assert charges(house) == 2
    assert await house.services.unlocking.spent(1001, budget.since) == 8
    # What is confirmed may pass it, and a new day has a new one.
    left = [slug for slug, outcome in zip(slugs, outcomes, strict=True) if outcome.state == "capped"]
    assert (await press(house, left[0], None)).state is OutcomeState.DONE
    assert (await press(house, left[1], budget)).state is OutcomeState.CAPPED
    house.clock.advance(3600)
    assert (await press(house, left[1], Budget(10, house.clock.now()))).state is OutcomeState.DONE
    await house.services.close()
    await replica.services.close()
