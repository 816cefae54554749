"""A bot whose check-ins follow their chosen time within seconds, and days that pass as a test says."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.wiring import House
from services.beijing import day_of, start_of
from tests.conftest import Start, linked
from tests.driver import Control, Person
from tests.e2e.checkin.test_restarts import day_goes
from tests.e2e.hurried import Hurried

SPREAD = "2"
CHECKIN = "/api/open/checkin"
# Half past eight, and a minute: what is due is late, but not so late that it waits for another turn.
MORNING = 8.52


class Mornings:
    """Lets the clock go on to an hour of a Beijing day, for the bot and for HDHive."""

    def __init__(self, house: House, clock: Hurried, control: Control) -> None:
        self.house = house
        self._clock = clock
        self._control = control

    async def to(self, hour: float, days: int = 0) -> None:
        """Go to an hour of this day, or of one that comes, and do what is due then."""
        now = self._clock.now()
        moment = start_of(day_of(now) + timedelta(days=days)) + hour * 3600
        assert moment > now, "time goes forward only"
        await day_goes(self._clock, self._control, moment - now)
        for runner in (self.house.daily, self.house.jobs):
            self.house.db.wake("jobs")
            await runner.idle()


@pytest.fixture
async def mornings(start: Start, control: Control, clock: Hurried, person: Person) -> AsyncIterator[Mornings]:
    """One in the night, with somebody at HDHive."""
    await control.telegram("options", limits=False)
    async with start(clock=clock, checkin_spread_seconds=SPREAD) as house:
        made = Mornings(house, clock, control)
        await made.to(1.0, days=1)
        await linked(person, "hdhive")
        yield made
