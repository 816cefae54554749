"""/shares: a published share deleted, for a point, once, whatever comes between."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Person
from tests.e2e.faults.faulty import FAULTS, HDHIVE, Fault, Faulty, tells
from tests.e2e.shares.sharing import ONE, mine, opened, stock, words_of
from tests.e2e.words import Words


async def test_deleting_asks_and_says_what_it_costs(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    made = stock(box, person, 9)
    card = await opened(person, say, number=2)
    await person.press(card, say("button.delete_share"))
    question = await person.until(say.starts("share.delete_ask"))
    assert "Share 2" in question.text
    assert say("share.delete_cost") in question.text
    assert say("unlock.balance", points=120) in question.text
    assert await journal.calls("hdhive", "GET", "/api/open/me")
    await person.press(question, say("button.cancel"))
    card = await person.until(lambda m: m.find(say("button.delete_share")) is not None)
    assert len(mine(box, person)) == 9
    await person.press(card, say("button.delete_share"))
    question = await person.until(say.starts("share.delete_ask"))
    await person.press(question, say("button.delete_point"))
    left = await person.until(say("share.deleted"))
    assert "Share 2\n" not in left.text
    assert "Share 9\n" in left.text
    (call,) = await journal.calls("hdhive", "DELETE", ONE)
    assert call.path.endswith(made[1].slug)
    assert box.world.people[person.id].points == 119


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}")
async def test_a_delete_that_fails_can_be_tried_again(
    bot: House, person: Person, say: Words, box: Sandbox, faulty: Faulty, fault: Fault
) -> None:
    stock(box, person, 2)
    await person.press(await opened(person, say), say("button.delete_share"))
    question = await person.until(say.starts("share.delete_ask"))
    await faulty.begin(fault, "hdhive", ONE, "DELETE")
    await person.press(question, say("button.delete_point"))
    failed = await person.until(tells(say, fault, HDHIVE))
    await faulty.end()
    await person.press(failed, say("button.retry"))
    await person.until(say("share.deleted"))
    assert [share.title for share in mine(box, person)] == ["Share 2"]


async def test_deleting_without_premium_still_works(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    await control.person(person.id, premium=False)
    stock(box, person)
    await person.press(await opened(person, say), say("button.delete_share"))
    question = await person.until(say.starts("share.delete_ask"))
    assert say("share.delete_cost") in question.text
    await person.press(question, say("button.delete_point"))
    gone = await person.until(say("share.deleted"))
    assert say("shares.none").splitlines()[1] in words_of(gone)


async def test_a_delete_whose_answer_was_lost_costs_once(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    stock(box, person, 2)
    await person.press(await opened(person, say), say("button.delete_share"))
    question = await person.until(say.starts("share.delete_ask"))
    await control.fault("hdhive", ONE, "reset_after", method="DELETE")
    await person.press(question, say("button.delete_point"))
    failed = await person.until(lambda message: message.find(say("button.retry")) is not None)
    assert len(await journal.calls("hdhive", "DELETE", ONE)) == 1
    # A second delete finds nothing and costs nothing.
    await person.press(failed, say("button.retry"))
    left = await person.until(say("share.was_gone"))
    assert "Share 2\n" in left.text
    assert box.world.people[person.id].points == 119
