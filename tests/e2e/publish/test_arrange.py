"""Pictures of a draft, one by one: moved and taken out before they are published."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Journal, Message, Person
from tests.e2e.publish.picturing import *  # noqa: F403
from tests.e2e.publish.picturing import (
    WAIT,
    counts,
    goes,
    kept,
    links_of,
    on_to_preview,
    photo,
    publish,
    send_album,
    sent_images,
)
from tests.e2e.publish.publishing import (
    pictures,
    to_pictures,
)
from tests.e2e.shares.sharecard import pressed
from tests.e2e.words import Words


async def numbered(person: Person, say: Words, number: int = 3) -> Message:
    """Send a draft some pictures and look at them one by one."""
    await to_pictures(person, say)
    await send_album(person, [photo(n) for n in range(number)], "a1")
    await person.until(counts(say, number), timeout=WAIT)
    return await one_by_one(person, say)


async def one_by_one(person: Person, say: Words) -> Message:
    return await pressed(person, await person.last(), say("publish.button.arrange"), say("button.done"))


async def moved(person: Person, say: Words, label: str, *shown: str) -> Message:
    """Press a button; return the card once it shows some pictures in order."""
    await person.press(None, say(f"publish.button.{label}"))
    return await person.until(lambda m: m.links == list(shown))


async def test_the_order_is_the_one_that_was_chosen(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    card = await numbered(person, say)
    first, second, third = links_of(card)
    assert not card.find(say("publish.button.take_out")), "nothing is picked"
    card = await pressed(person, card, "3", "▶️ 3")
    assert not card.find(say("publish.button.later")), "it is the last one"
    card = await moved(person, say, "earlier", first, third, second)
    assert [button.text for button in card.buttons[:3]] == ["1", "▶️ 2", "3"]
    card = await moved(person, say, "earlier", third, first, second)
    assert not card.find(say("publish.button.earlier"))
    await moved(person, say, "later", first, third, second)
    await pressed(person, await person.last(), say("button.done"), say("publish.button.arrange"))
    await on_to_preview(person, say)
    await publish(person, say)
    assert await sent_images(journal) == [first, third, second]


async def test_one_that_is_taken_out_is_gone_and_the_others_stay(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    card = await numbered(person, say)
    first, second, third = links_of(card)
    card = await pressed(person, card, "2", "▶️ 2")
    again = card.button(say("publish.button.take_out")).data
    card = await moved(person, say, "take_out", first, third)
    await goes(bot.web_port, second)
    assert again is not None
    await person.press_data(card, again)
    assert links_of(await person.last()) == [first, third], "pressed twice, no second one goes"
    assert await kept(bot, person) == 2
    await pressed(person, await person.last(), "1", "▶️ 1")
    card = await moved(person, say, "take_out", third)
    assert say.starts("publish.ask.more_pictures_sent") in card.text, "one alone has no order"
    assert not card.find(say("publish.button.arrange"))
    await on_to_preview(person, say)
    await publish(person, say)
    assert await sent_images(journal) == [third]


async def test_links_are_arranged_alike_and_more_may_come_meanwhile(
    bot: House, person: Person, say: Words, journal: Journal, box: Sandbox
) -> None:
    first, second = links_of(await numbered(person, say, 2))
    (link,) = pictures(box, 1)
    await person.send(link)
    card = await person.until(counts(say, 3))
    card = await one_by_one(person, say)
    card = await pressed(person, card, "3", "▶️ 3")
    card = await moved(person, say, "earlier", first, link, second)
    await pressed(person, card, "3", "▶️ 3")
    await moved(person, say, "take_out", first, link)
    await goes(bot.web_port, second)
    await person.press(None, say("button.done"))
    await on_to_preview(person, say)
    await publish(person, say)
    assert await sent_images(journal) == [first, link]


async def test_odd_presses_change_nothing(bot: House, person: Person, say: Words) -> None:
    card = await pressed(person, await numbered(person, say), "1", "▶️ 1")
    data = card.button("2").data
    assert data is not None
    for forged in (f"{data[:-1]}0", f"{data[:-1]}4", f"{data[:-1]}x", data.replace("pick", "move")):
        told = await person.press_data(card, forged)
        assert told.text == say("card.old"), forged
    assert [b.text for b in (await person.last()).buttons[:3]] == ["▶️ 1", "2", "3"]
