"""Beijing days that pass over the daily check-ins of one person."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.beijing import day_of, start_of
from services.notices import NOTICE
from storage.checkins import CheckInRow
from tests.services.conftest import House
from tests.services.jobs import living

SPREAD = 3600.0
XIAOYU = 1001


async def at_beijing(house: House, hour: float, days: int = 0) -> date:
    """Move the clock to an hour of the Beijing day, or of one that comes."""
    today = day_of(house.clock.now()) + timedelta(days=days)
    moment = start_of(today) + hour * 3600
    if moment < house.clock.now():
        return await at_beijing(house, hour, days + 1)
    house.clock.advance(moment - house.clock.now())
    return today


async def live(house: House, seconds: float) -> None:
    """Let time pass with the daily jobs."""
    await living.live(house, house.services.checkins.jobs(), seconds)


async def row(house: House, day: date, user: int = XIAOYU) -> CheckInRow | None:
    history = await house.services.checkins.history(user)
    return next((one for one in history.rows if one.day == day.isoformat()), None)


def posts(house: House) -> int:
    return sum(entry.path.endswith("/checkin") for entry in house.box.world.journal.entries)


async def notices(house: House) -> list[dict[str, Any]]:
    """Return what one person is to be told, in order."""
    return [job.payload for job in await living.open_jobs(house, NOTICE)]


@pytest.fixture
async def linked(house: House) -> House:
    """小雨 is linked, at one o'clock of a Beijing day that has just begun."""
    await at_beijing(house, 1.0, days=1)
    await house.services.people.arrive(XIAOYU, "zh-hans", "小雨")
    await house.link(XIAOYU)
    return house
