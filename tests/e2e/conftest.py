"""A bot whose clock runs fast, in front of a Telegram without sending limits: many cards in little time."""

from collections.abc import AsyncIterator

import pytest

from bot.wiring import House
from tests.conftest import BEN, XIAOYU, Start
from tests.driver import Control, Person
from tests.e2e.faults.faulty import Faulty
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

PEOPLE = {"zh": XIAOYU, "en": BEN}


@pytest.fixture
def clock() -> Hurried:
    return Hurried()


@pytest.fixture
async def bot(start: Start, control: Control, clock: Hurried) -> AsyncIterator[House]:
    await control.telegram("options", limits=False)
    async with start(clock=clock) as house:
        yield house


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def say(language: str) -> Words:
    return Words(language)


@pytest.fixture
async def person(language: str, people: dict[int, Person], control: Control) -> Person:
    """The one of the people who reads the language, with points and rights."""
    somebody = people[PEOPLE[language]]
    await control.person(somebody.id, points=120, premium=True, disk_used=0)
    return somebody


@pytest.fixture
def faulty(control: Control, clock: Hurried, say: Words) -> Faulty:
    return Faulty(control, clock, say)
