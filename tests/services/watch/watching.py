"""Turns of looking after accounts as the bot makes them, by a clock that is moved over days."""

from typing import Any

import pytest

from sandbox.catalogue import Verdict
from services.beijing import DAY_SECONDS
from services.notices import NOTICE
from services.watch.athdhive import week_end
from tests.services.conftest import House
from tests.services.jobs import living

XIAOYU, BEN = 1001, 1002
GIB = 1024**3


async def live(house: House, seconds: float) -> None:
    """Let time pass with the turns."""
    await living.live(house, house.services.watch.jobs(), seconds)


async def told(house: House, kind: str = "") -> list[dict[str, Any]]:
    """Return what people are to be told, in order."""
    notices = [job.payload for job in await living.open_jobs(house, NOTICE)]
    return [one for one in notices if str(one["kind"]).startswith(kind)]


async def to_the_week(house: House, days: float) -> None:
    """Move the clock to so many days after a Monday began in Beijing."""
    house.clock.advance(week_end(house.clock.now()) + days * DAY_SECONDS - house.clock.now())


def calls(house: House, ending: str) -> list[float]:
    return [e.at for e in house.box.world.journal.entries if e.path.endswith(ending)]


@pytest.fixture
async def linked(house: House) -> House:
    """小雨 is linked at HDHive, early in a week; her own shares are alive, and she has no free unlocks."""
    house.box.world.people[XIAOYU].forever_premium = False
    await to_the_week(house, 0.5)
    await house.services.people.arrive(XIAOYU, "zh-hans", "小雨")
    for one in house.box.world.catalogue.resources.values():
        if one.owner.person == XIAOYU:
            one.verdict = Verdict.ALIVE
    await house.link(XIAOYU)
    await house.services.resume()
    return house
