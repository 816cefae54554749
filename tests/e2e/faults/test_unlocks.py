"""Unlocks that fail or leave it open: what is charged is told, once, on the card or below it."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Person
from tests.e2e import ways
from tests.e2e.faults.faulty import FAULTS, HDHIVE, Faulty, tells
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


async def test_an_unlock_that_is_put_off_costs_nothing(
    bot: House, person: Person, say: Words, faulty: Faulty, box: Sandbox
) -> None:
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    limit = FAULTS[2]
    await faulty.begin(limit, "hdhive", "/api/open/resources/unlock", "POST")
    await person.press(card, say("button.confirm"))
    failed = await person.until(tells(say, limit, HDHIVE))
    assert box.world.people[person.id].points == 120
    await faulty.end()
    await person.press(failed, say("button.retry"))
    await person.until(lambda message: message.find(say("button.open")) is not None)
    assert box.world.people[person.id].points == 115


@pytest.mark.parametrize("kind", ["html", "status", "bad_json"])
async def test_a_doubtful_unlock_is_read_back_and_charged_once(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, box: Sandbox, kind: str
) -> None:
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    await control.fault("hdhive", "/api/open/resources/unlock", kind, method="POST", after=True)
    await person.press(card, say("button.confirm"))
    await person.until(say.starts("unlock.doubtful"))
    opened = await person.until(lambda message: message.find(say("button.open")) is not None, timeout=20)
    assert opened.id == card.id
    assert box.world.people[person.id].points == 115
    assert len(box.world.hdhive.charges) == 1
    assert say("unlock.spent", points=5) in opened.text


async def test_a_doubtful_unlock_that_never_landed_can_be_tried_again(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried, box: Sandbox
) -> None:
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    await control.fault("hdhive", "/api/open/resources/unlock", "status", method="POST", status=502)
    await person.press(card, say("button.confirm"))
    await person.until(say.starts("unlock.doubtful"))
    clock.forward(120)
    free = await person.until(say("unlock.released"), timeout=30)
    assert box.world.people[person.id].points == 120
    await person.press(free, say("button.unlock"))
    asked = await person.until(lambda message: message.find(say("button.confirm")) is not None)
    await person.press(asked, say("button.confirm"))
    await person.until(lambda message: message.find(say("button.open")) is not None)
    assert box.world.people[person.id].points == 115


async def test_the_outcome_of_a_doubtful_unlock_reaches_who_closed_the_card(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox
) -> None:
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    await control.fault("hdhive", "/api/open/resources/unlock", "status", method="POST", after=True)
    await person.press(card, say("button.confirm"))
    doubtful = await person.until(say.starts("unlock.doubtful"))
    await person.press(doubtful, say("button.close"))
    opened = await person.until(lambda message: message.find(say("button.open")) is not None, timeout=20)
    assert opened.id > card.id
