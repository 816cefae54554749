"""What is told of a day whose check-in had no end when the bot was stopped: the day after, and once."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.beijing import day_of, start_of
from tests.conftest import Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.checkin.mornings import CHECKIN, MORNING, SPREAD, Mornings
from tests.e2e.checkin.test_outcomes import notices, towards_midnight
from tests.e2e.checkin.test_restarts import day_goes
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


def spelled(day: date, say: Words) -> str:
    """A day as people of a language write it."""
    return f"{day.month}月{day.day}日" if say.language == "zh" else f"{day:%b} {day.day}"


class Life:
    """A bot that somebody is checked in by, is stopped in the evening, and started again on another day."""

    def __init__(
        self, start: Start, person: Person, say: Words, control: Control, clock: Hurried, journal: Journal
    ) -> None:
        self._person = person
        self._say = say
        self._control = control
        self._start = start
        self._clock = clock
        self._journal = journal
        self._seen = 0

    @property
    def now(self) -> float:
        return self._clock.now()

    async def day(self, **faults: dict[str, Any]) -> dict[str, str]:
        """Live a day with faults at HDHive until its last call, and be stopped; return which day it was."""
        async with self._start(clock=self._clock, checkin_spread_seconds=SPREAD) as house:
            mornings = Mornings(house, self._clock, self._control)
            await mornings.to(1.0, days=1)
            await linked(self._person, "hdhive")
            await self._person.send("/checkin auto 8:30")
            await self._person.until(self._say("settings.line.checkin", time="08:30"))
            for path, more in faults.items():
                await self._control.fault("hdhive", f"*/{path}", times=0, **more)
            if faults:
                await mornings.to(MORNING)
                await towards_midnight(mornings)
            day = day_of(self._clock.now())
            self._seen = max(message.revision for message in await self._person.messages())
        await self._control.mend()
        return {"date": spelled(day, self._say)}

    async def returns(self, days: int) -> tuple[Message, Message]:
        """Start the bot again in a night; return the one notice that it begins with, and the history."""
        seconds = start_of(day_of(self._clock.now()) + timedelta(days=days)) + 600 - self._clock.now()
        await day_goes(self._clock, self._control, seconds)
        await self._journal.forget()
        async with self._start(clock=self._clock, checkin_spread_seconds=SPREAD) as house:
            mornings = Mornings(house, self._clock, self._control)
            # What is late waits for its turn first.
            for hour in (1.0, 2.0):
                await mornings.to(hour)
            button = self._say("button.checkin_history")
            await self._person.until(
                lambda m: m.find(button) is not None and m.revision > self._seen, timeout=20, since=0
            )
            (told,) = (m for m in await notices(self._person, self._say) if m.revision > self._seen)
            await self._posts(0)
            await mornings.to(MORNING)
            await self._posts(1)
            await self._person.press(told, button)
            return told, await self._person.until(self._say("checkins.title"))

    async def _posts(self, number: int) -> None:
        assert len(await self._journal.calls("hdhive", "POST", CHECKIN)) == number


@pytest.fixture
async def life(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried, journal: Journal
) -> Life:
    await control.telegram("options", limits=False)
    return Life(start, person, say, control, clock, journal)


async def test_a_day_of_faults_is_told_as_missed(life: Life, say: Words) -> None:
    day = await life.day(checkin={"kind": "status", "status": 502})
    told, history = await life.returns(days=1)
    assert told.text == say("checkins.earlier.missed", **day)
    assert told.find(say("button.checkin")) is not None
    assert say("checkins.day", **day, end=say("checkins.end.missed")) in history.text


async def test_one_whose_answer_was_lost_is_told_as_done(life: Life, say: Words) -> None:
    day = await life.day(
        checkin={"kind": "reset_after"}, me={"kind": "status", "status": 503, "method": "GET"}
    )
    told, history = await life.returns(days=1)
    assert told.text.startswith(say("checkins.earlier.done", **day))
    assert say("checkins.end.missed") not in history.text
    assert say("checkins.streak", n=2) in history.text


async def test_days_without_a_bot_are_told_once(life: Life, say: Words) -> None:
    await life.day()
    told, history = await life.returns(days=3)
    last = day_of(life.now) - timedelta(days=1)
    assert told.text == say("checkins.earlier.missed", date=spelled(last, say))
    assert history.text.count(say("checkins.end.missed")) == 3
