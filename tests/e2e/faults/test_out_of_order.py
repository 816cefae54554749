"""Updates that overtake each other: no crash, nothing done twice, and every press is answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.driver.person import Pressed
from tests.e2e import ways
from tests.e2e.drive.driveways import fill, managed, marked, names, opened, rows_of, words_of
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

FOLDER = "/v1/files/folder"


@pytest.fixture(params=["polling", "webhook"])
async def bot(request: pytest.FixtureRequest, start: Start, control: Control) -> AsyncIterator[House]:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), telegram_updates=request.param) as house:
        yield house


async def held(control: Control, number: int) -> list[int]:
    """Wait until so many updates are held back, and return their numbers."""
    async with asyncio.timeout(20):
        while len(found := (await control.updates())["held"]) < number:  # noqa: ASYNC110 - over the wire
            await asyncio.sleep(0.01)
    return [int(update_id) for update_id in found]


async def overtaken(
    control: Control, first: Callable[[], Awaitable[object]], second: Callable[[], Awaitable[Pressed]]
) -> tuple[object, Pressed]:
    """Do one thing, then press; the press arrives and is answered before the other thing arrives."""
    await control.telegram("hold")
    slow = asyncio.ensure_future(first())
    await held(control, 1)
    fast = asyncio.ensure_future(second())
    one, two = await held(control, 2)
    await control.telegram("release", order=[two])
    pressed = await fast
    await control.telegram("redeliver", update_id=one)
    return await slow, pressed


def quiet(caplog: pytest.LogCaptureFixture) -> bool:
    return not [record for record in caplog.records if record.exc_info]


async def test_a_cancel_overtakes_the_name_before_it(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fill(box, person)
    await person.press(await opened(person), say("button.new_folder"))
    asked = await person.until(say.starts("folders.ask_name").splitlines()[0])
    _, pressed = await overtaken(
        control, lambda: person.send("沙丘"), lambda: person.press(asked, say("button.cancel"), timeout=60)
    )
    assert pressed.answered
    # Nobody asks for a name any more: the words are a search, as any others.
    found = await person.until(ways.YEAR, since=0)
    assert found.id != asked.id
    card = next(message for message in await person.settled() if message.id == asked.id)
    assert "🗂" in card.text
    assert rows_of(card)
    assert not await journal.calls("disktop", "POST", FOLDER)
    assert quiet(caplog)


async def test_a_press_overtakes_the_command_before_it(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    fill(box, person)
    old = await opened(person)
    _, pressed = await overtaken(
        control,
        lambda: person.send("/drive Films"),
        lambda: person.press(old, say("button.mark"), timeout=60),
    )
    assert pressed.answered
    new = await person.until(lambda message: "E10" in message.text, since=0)
    cards = [message for message in await person.settled() if "🗂" in message.text]
    assert [message.id for message in cards] == [old.id, new.id], "one card more, and the old one as pressed"
    assert say("drive.mark_hint") in cards[0].text
    assert say("drive.mark_hint") not in cards[1].text
    assert quiet(caplog)


async def test_a_no_overtakes_the_yes_before_it(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fill(box, person)

    async def to_be_deleted() -> Message:
        card = await marked(person, say, await opened(person, link=False), "note")
        await person.press(card, say("button.delete_n", n=1))
        return await person.until(lambda message: say("drive.delete_final") in message.text)

    await linked(person, "disktop")
    asked = await to_be_deleted()
    yes, no = await overtaken(
        control,
        lambda: person.press(asked, say("button.delete_n", n=1), timeout=60),
        lambda: person.press(asked, say("button.cancel"), timeout=60),
    )
    assert no.answered
    assert isinstance(yes, Pressed)
    assert (yes.answered, yes.text) == (True, say("card.old")), "that question is over"
    assert not await managed(journal)
    card = next(message for message in await person.settled() if message.id == asked.id)
    assert "note.md" in words_of(card)
    again = await to_be_deleted()
    await person.press(again, say("button.delete_n", n=1))
    await person.until(lambda message: "🗂" in message.text and "note.md" not in words_of(message))
    assert len(await managed(journal)) == 1
    assert "note.md" not in names(box, person)
    assert quiet(caplog)


async def test_a_no_overtakes_the_yes_to_a_price(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await linked(person, "hdhive")
    wanted = ways.resource(box, "quark", 5)
    asked = await ways.asked(person, say, wanted.slug)
    before = box.world.people[person.id].points
    yes, no = await overtaken(
        control,
        lambda: person.press(asked, say("button.confirm"), timeout=60),
        lambda: person.press(asked, say("button.cancel"), timeout=60),
    )
    assert no.answered
    assert isinstance(yes, Pressed)
    assert (yes.answered, yes.text) == (True, say("card.old")), "that question is over"
    card = next(message for message in await person.settled(1.0) if message.id == asked.id)
    paid = await journal.calls("hdhive", "POST", "/api/open/resources/unlock")
    assert not paid, "who said no has not paid"
    assert box.world.people[person.id].points == before
    assert card.find(say("button.unlock")) is not None
    assert card.find(say("button.confirm")) is None
    assert quiet(caplog)
