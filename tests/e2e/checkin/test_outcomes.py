"""How a day's check-in ends, as it is told: to who wants failures only, and to who wants all."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from sandbox.hdhive.door import today
from sandbox.server import Sandbox
from tests.driver import Control, Message, Person
from tests.e2e.checkin.mornings import *  # noqa: F403
from tests.e2e.checkin.mornings import CHECKIN, MORNING, Mornings
from tests.e2e.settings.test_settings import opened
from tests.e2e.words import Words


@dataclass
class Day:
    """Where a check-in is about to run."""

    mornings: Mornings
    person: Person
    control: Control
    box: Sandbox

    async def answer(self, status: int, **body: object) -> None:
        """Have HDHive answer every check-in like this."""
        await self.control.fault(
            "hdhive", f"*{CHECKIN}", "status", status=status, body=json.dumps(body), times=0
        )

    async def passes(self, hour: float = MORNING) -> None:
        await self.mornings.to(hour, days=1)


async def gained(day: Day) -> None:
    data = {"checked_in": True, "message": "签到成功", "points": 9, "total_points": 129}
    await day.answer(200, success=True, code="200", message="success", data=data)
    await day.passes()


async def unlucky(day: Day) -> None:
    data = {"checked_in": True, "message": "运气不佳", "points": -7, "total_points": 113}
    await day.answer(200, success=True, code="200", message="success", data=data)
    await day.passes()


async def already(day: Day) -> None:
    """At HDHive's own site, before we came."""
    await day.passes(8.0)
    day.box.world.hdhive.checkins[day.person.id, today(day.box.world)] = 5
    await day.mornings.to(MORNING)


async def premium(day: Day) -> None:
    await day.control.person(day.person.id, premium=False)
    await day.passes()


async def refused(day: Day) -> None:
    await day.answer(403, success=False, code="RISK_BLOCKED", message="blocked", description="账号存在风险")
    await day.passes()


async def lost(day: Day) -> None:
    """The grant is there, but does not reach as far as a check-in."""
    await day.answer(403, success=False, code="USER_SCOPE_NOT_ALLOWED", message="scope", description="未授权")
    await day.passes()


async def missed(day: Day) -> None:
    """Nothing but refusals to listen, from morning to midnight."""
    await day.control.fault("hdhive", f"*{CHECKIN}", "retry_after", retry_after=7200, times=0)
    await day.passes()
    await towards_midnight(day.mornings)


async def towards_midnight(mornings: Mornings) -> None:
    """Let a day go on, hour by hour, until its last call is all that is left."""
    hour = MORNING
    while (hour := hour + 1.1) < 23.95:
        await mornings.to(hour)


GOOD: dict[str, tuple[Callable[[Day], Awaitable[None]], str]] = {
    "gained": (gained, "+9"),
    "unlucky": (unlucky, "-7"),
    "already": (already, ""),
}
BAD: dict[str, tuple[Callable[[Day], Awaitable[None]], str]] = {
    "premium": (premium, "button.web"),
    "refused": (refused, "button.web"),
    "lost": (lost, "button.link"),
    "missed": (missed, "button.checkin"),
}


@pytest.fixture
async def day(mornings: Mornings, person: Person, say: Words, control: Control, box: Sandbox) -> Day:
    """Somebody who is checked in at half past eight and wants to hear of failures only."""
    await person.send("/checkin auto 8:30")
    await person.until(say("settings.line.checkin", time="08:30"))
    await wants(person, say, "failures")
    return Day(mornings, person, control, box)


async def wants(person: Person, say: Words, which: str) -> None:
    card = await opened(person, say, "notices")
    assert say("settings.notices.about") in card.text
    await person.press(card, say(f"settings.notices.{which}"))
    chosen = await person.until(say("settings.line.notices", which=say(f"settings.notices.{which}")))
    assert chosen.find(f"✓ {say(f'settings.notices.{which}')}") is not None


async def notices(person: Person, say: Words) -> list[Message]:
    """What was told of check-ins."""
    return [
        m for m in await person.messages() if m.find(say("button.checkin_history")) and m.author != person.id
    ]


def of_a_check_in(say: Words, key: str, **values: object) -> str:
    return say(f"checkins.told.{key}", **values).splitlines()[0]


@pytest.mark.parametrize("end", GOOD)
async def test_what_went_well_is_told_to_who_wants_to_hear_all(
    day: Day, person: Person, say: Words, end: str
) -> None:
    happens, points = GOOD[end]
    words = of_a_check_in(say, end, points=points) if points else of_a_check_in(say, end)
    await happens(day)
    await person.settled()
    assert not [m for m in await person.messages() if words in m.text], "failures only"
    await wants(person, say, "all")
    await day.control.mend()
    await happens(day)
    told = await person.until(words, timeout=20)
    assert told.find(say("button.checkin_history")) is not None


@pytest.mark.parametrize("end", BAD)
async def test_what_went_wrong_is_told_with_the_next_step(
    day: Day, person: Person, say: Words, end: str
) -> None:
    happens, step = BAD[end]
    await happens(day)
    words = of_a_check_in(say, end)
    told = await person.until(words, timeout=20, since=0)
    step_label = say(step, service="HDHive") if step == "button.link" else say(step)
    assert told.find(step_label) is not None, told
    assert len([m for m in await person.messages() if words in m.text]) == 1
