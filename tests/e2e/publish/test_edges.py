"""/publish: every layout, a picture that could not be looked at, and a description that is too long."""

import pytest

from bot.wiring import House
from clients.credentials import ApiKey
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Person
from tests.e2e.publish.publishing import (
    MAGNET,
    asks,
    made,
    pictures,
    sent,
    tells,
    to_description,
    to_pictures,
    with_key,
)
from tests.e2e.words import Words

MOST = 20_000


@pytest.fixture
async def key(bot: House, box: Sandbox, person: Person) -> ApiKey:
    return await with_key(bot, box, person)


@pytest.mark.parametrize("layout", [1, 3])
async def test_the_other_layouts(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal, key: ApiKey, layout: int
) -> None:
    await to_pictures(person, say)
    await person.send("\n".join(pictures(box, 2)))
    card = await person.until(lambda m: "2." in m.text and m.find(say("button.done")) is not None)
    await person.press(card, say("button.done"))
    await person.press(await person.until(asks(say, "layout")), say(f"publish.button.layout.{layout}"))
    await person.until(asks(say, "link"))
    await person.send(MAGNET)
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    assert say(f"publish.field.layout.{layout}") in preview.text
    await person.press(preview, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    (call,) = await sent(journal)
    assert call.json["image_layout"] == layout
    (resource,) = made(box)
    assert resource.image_layout == layout


async def test_a_picture_that_could_not_be_looked_at_is_kept_and_said(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, key: ApiKey
) -> None:
    hidden, plain = pictures(box, 2)
    await to_pictures(person, say)
    # Many hosts show their pictures to browsers only.
    await control.fault("acgbt", "*/uploads/images/test0.png", "status", status=403, times=0)
    await person.send(f"{hidden}\n{plain}")
    card = await person.until(asks(say, "more_pictures"))
    unseen = say("publish.picture_unseen", number=1, link="§").partition("§")[2]
    first, second = (line for line in card.text.splitlines() if line.startswith(("1.", "2.")))
    assert unseen in first
    assert unseen not in second
    await person.press(card, say("button.done"))
    await person.press(await person.until(asks(say, "layout")), say("publish.button.layout.2"))
    await person.until(asks(say, "link"))
    await person.send(MAGNET)
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    assert unseen in preview.text
    await person.press(preview, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    (call,) = await sent(journal)
    assert call.json["images"] == [hidden, plain]


async def test_a_description_that_links_make_too_long(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey
) -> None:
    await to_description(person, say)
    address = "https://example.com/" + "a" * 1900
    links = [{"type": "text_link", "offset": 2 * n, "length": 1, "url": address} for n in range(12)]
    await person.send("x " * 12, entities=links)
    card = await person.until(tells(say, "publish.fault.long_description", most=MOST))
    assert asks(say, "description")(card)
    await person.send("x " * 12, entities=links[:2])
    await person.until(asks(say, "pictures"))
    assert not await sent(journal)
