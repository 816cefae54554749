"""What becomes of pictures that were sent to a draft: of who publishes, who leaves, who is forgotten."""

import pytest

from bot.housekeeping import clean
from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import Start
from tests.driver import Control, Journal, Person
from tests.e2e.hurried import Hurried
from tests.e2e.publish.picturing import *  # noqa: F403
from tests.e2e.publish.picturing import (
    SITE,
    WAIT,
    counts,
    goes,
    kept,
    links_of,
    look,
    number_of,
    on_to_preview,
    photo,
    publish,
    send_album,
    sent_images,
    with_one,
)
from tests.e2e.publish.publishing import (
    PUBLISH,
    pictures,
    sent,
    tells,
    to_pictures,
    with_key,
)
from tests.e2e.words import Words


@pytest.mark.parametrize("how", ["clear", "button", "command", "preview"])
async def test_what_is_not_published_goes(bot: House, person: Person, say: Words, how: str) -> None:
    await to_pictures(person, say)
    await send_album(person, [photo(n) for n in range(3)], "a1")
    card = await person.until(counts(say, 3), timeout=WAIT)
    addresses = links_of(card)
    assert [(await look(bot.web_port, one))[0].status for one in addresses] == [200] * 3
    match how:
        case "clear":
            await person.press(card, say("publish.button.clear"))
            await person.until(lambda m: say("publish.ask.pictures_sent", most=20) in m.text)
        case "button":
            await person.press(card, say("button.cancel"))
        case "command":
            await person.send("/cancel")
            await person.until(say("cancel.done"))
        case "preview":
            await on_to_preview(person, say)
            await person.press(None, say("button.cancel"))
    await goes(bot.web_port, *addresses)
    assert await kept(bot, person) == 0


async def test_what_is_published_stays_whatever_becomes_of_cards(
    bot: House, person: Person, say: Words, journal: Journal, clock: Hurried
) -> None:
    await with_one(person, say)
    await on_to_preview(person, say)
    await publish(person, say)
    await person.press(None, say("button.close"))
    await bot.db.write(lambda tx: clean(tx, clock.now() + 365 * 86_400))
    (image,) = await sent_images(journal)
    assert (await look(bot.web_port, image))[0].status == 200


async def test_a_draft_that_lay_too_long_says_so_before_it_goes_out(
    bot: House, person: Person, say: Words, journal: Journal, box: Sandbox, clock: Hurried
) -> None:
    await with_one(person, say)
    await person.send(pictures(box, 1)[0])
    await person.until(counts(say, 2))
    await on_to_preview(person, say)
    await bot.db.write(lambda tx: clean(tx, clock.now() + 8 * 86_400))
    await person.press(None, say("button.publish"))
    card = await person.until(tells(say, "publish.fault.sent.lost"))
    assert counts(say, 1)(card)
    assert not await sent(journal)
    await publish(person, say)
    assert await sent_images(journal) == pictures(box, 1)


async def test_a_refused_draft_may_still_be_left(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    address = await with_one(person, say)
    await on_to_preview(person, say)
    body = {"code": 400, "message": "标题包含敏感词"}
    await control.fault("acgbt", PUBLISH, "status", status=400, body=body)
    await person.press(None, say("button.publish"))
    card = await person.until("敏感词")
    assert (await look(bot.web_port, address))[0].status == 200
    await person.press(card, say("button.cancel"))
    await goes(bot.web_port, address)


async def test_a_doubtful_one_keeps_its_pictures(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    address = await with_one(person, say)
    await on_to_preview(person, say)
    await control.fault("acgbt", PUBLISH, "reset")
    await person.press(None, say("button.publish"))
    card = await person.until(say("publish.not_yet"))
    await person.press(card, say("button.close"))
    assert (await look(bot.web_port, address))[0].status == 200


async def test_a_draft_with_pictures_survives_a_restart(
    start: Start, control: Control, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    async with start(public_url=SITE) as house:
        await with_key(house, box, person)
        await to_pictures(person, say)
        await send_album(person, [photo(n) for n in range(3)], "a1")
        await person.until(counts(say, 3), timeout=WAIT)
    async with start(public_url=SITE):
        await person.send_photo(photo(3))
        await person.until(counts(say, 4))
        await on_to_preview(person, say)
    async with start(public_url=SITE) as house:
        await publish(person, say)
        images = await sent_images(journal)
        assert [number_of((await look(house.web_port, image))[1]) for image in images] == [0, 1, 2, 3]


async def test_who_is_forgotten_takes_the_pictures_along(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await with_one(person, say)
    await on_to_preview(person, say)
    await publish(person, say)
    (image,) = await sent_images(journal)
    await person.send("/privacy")
    card = await person.until(say("privacy.table.pictures"))
    await person.press(card, say("button.export"))
    document = await person.until(lambda m: "document" in m.data)
    assert image.rpartition("/")[2].encode() in await person.file(document)
    await person.send("/forget")
    card = await person.until(say("forget.title"))
    await person.press(card, say("button.confirm"))
    await person.until(say("forget.done"), timeout=20)
    await goes(bot.web_port, image)
