"""More categories than one page holds: turned page by page, in /publish and in /acg."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Journal, Message, Person
from tests.e2e.acg.acgways import made
from tests.e2e.publish.publishing import MAGNET, asks, begun, sent, with_key
from tests.e2e.words import Words

# Ten roots with two below each; the last one has a name that no button holds.
TREE = [
    (
        root * 10 + n,
        f"分类 {root}-{n}" if (root, n) != (9, 2) else "很长的名字 " * 30,
        root * 10 if n else None,
    )
    for root in range(10, 20)
    for n in range(3)
]
IDS = {number for number, *_ in TREE}


@pytest.fixture(autouse=True)
def many(box: Sandbox) -> None:
    """Give the site thirty categories."""
    site = box.world.acgbt
    site.categories = [*TREE]
    for one in site.resources.values():
        one.category_id = 101


def shelf(card: Message) -> list[int]:
    """The categories a card offers."""
    found = [str(button.data).split(":")[1:] for button in card.buttons if button.data]
    return [int(arg) for action, arg in found if action == "category" and arg.isdecimal()]


async def turned(person: Person, card: Message, label: str) -> Message:
    await person.press(card, label)
    return await person.until(lambda m: m.id == card.id and shelf(m) != shelf(card))


async def test_publishing_turns_the_pages(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await with_key(bot, box, person)
    card = await begun(person, say, "Some title")
    pages = [card]
    while pages[-1].find(say("button.next")):
        pages.append(await turned(person, pages[-1], say("button.next")))
    assert [len(shelf(page)) for page in pages] == [12, 12, 6]
    assert [number for page in pages for number in shelf(page)] == [number for number, *_ in TREE]
    assert [bool(page.find(say("button.prev"))) for page in pages] == [False, True, True]
    assert all(len(button.text) <= 60 for page in pages for button in page.buttons)
    card = await turned(person, pages[-1], say("button.prev"))
    card = await turned(person, card, say("button.next"))
    (chosen,) = [button for button in card.buttons if str(button.data).endswith(":category:192")]
    await person.press_data(card, str(chosen.data))
    await person.press(await person.until(asks(say, "description")), say("publish.button.no_description"))
    await person.press(await person.until(asks(say, "pictures")), say("publish.button.no_pictures"))
    await person.until(asks(say, "link"))
    await person.send(MAGNET)
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    await person.press(preview, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    (call,) = await sent(journal)
    assert isinstance(call.json, dict)
    assert call.json["category_id"] == 192


async def test_a_name_finds_what_lies_on_another_page(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await with_key(bot, box, person)
    card = await begun(person, say, "Some title")
    assert "分类 18-1" not in str(card)
    await person.send("分类 18-1")
    card = await person.until(asks(say, "description"))
    assert "分类 18-1" in card.text


async def test_a_page_that_is_gone_shows_the_last_one(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await with_key(bot, box, person)
    card = await begun(person, say, "Some title")
    card = await turned(person, card, say("button.next"))
    card = await turned(person, card, say("button.next"))
    box.world.acgbt.categories = TREE[:14]
    bot.services.acg.catalogue._categories.clear()
    gone = f"{str(card.buttons[0].data).partition(':')[0]}:category:192"
    await person.press_data(card, gone)
    card = await person.until(lambda m: say("publish.fault.category_gone") in m.text)
    assert shelf(card) == [number for number, *_ in TREE[12:14]]


async def test_the_list_turns_the_pages(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await person.send("/acg")
    await person.press(await person.until("ACGBT"), say("acg.button.any"))
    first = await person.until(say("acg.choose.category"))
    second = await turned(person, first, say("button.next"))
    assert [len(shelf(page)) for page in (first, second)] == [24, 6]
    assert {*shelf(first), *shelf(second)} == IDS
    assert second.find(say("button.next")) is None
    await person.press(second, "分类 18-1")
    await person.until(lambda m: "分类 18-1" in m.text)
    assert (await made(journal, "GET", "/resources"))[-1].query["category_id"] == "181"
