"""Cards: buttons that are old, foreign, forged or pressed twice; pages at their ends; prices that move."""

import asyncio
from typing import Any

import pytest

from bot.wiring import House
from sandbox.catalogue.shares import Node
from sandbox.server import Sandbox
from tests.conftest import GROUP, Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e import ways
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

OPEN = "/api/open/resources/unlock"


async def test_forged_presses_do_nothing_but_say_so(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "hdhive", "disktop")
    card = await ways.title(person, say)
    card_id = str(card.button(say("button.back")).data).partition(":")[0]
    forged = [
        "",
        "x",
        ":::",
        "nocard1234:show:",
        f"{card_id}:nothing:",
        f"{card_id}:page:-1",
        f"{card_id}:page:٣",
        f"{card_id}:page:{'9' * 40}",
        f"{card_id}:title:person_1",
        f"{card_id}:title:movie_x",
        f"{card_id}:resource:../me",
        f"{card_id}:resource:",
        f"{card_id}:go_link:dropbox",
        "\ufeff",
        "ｃ:ｄ:ｅ",
    ]
    await journal.forget()
    for data in forged:
        pressed = await person.press_data(card, data)
        assert pressed.text == say("card.old"), data
    assert not await journal.calls("telegram", path="*/editMessageText")
    assert not await journal.calls("telegram", path="*/sendMessage")


async def test_pages_past_the_end_show_the_last_one(bot: House, person: Person, say: Words) -> None:
    await linked(person, "hdhive")
    card = await ways.title(person, say)
    card_id = str(card.button(say("button.back")).data).partition(":")[0]
    await person.press_data(card, f"{card_id}:resources:999")
    last = await person.until(lambda message: message.find(say("button.prev")) is not None)
    assert last.find(say("button.next")) is None
    await person.press_data(card, f"{card_id}:page:999")
    listed = await person.until(lambda message: message.find("1") is not None)
    assert listed.find(say("button.next")) is None
    assert ways.YEAR in listed.text


async def test_the_first_and_the_last_page_have_one_way(bot: House, person: Person, say: Words) -> None:
    await linked(person, "hdhive")
    card = await ways.title(person, say)
    assert card.find(say("button.prev")) is None
    await person.press(card, say("button.next"))
    second = await person.until(lambda message: message.find(say("button.prev")) is not None)
    await person.press(second, say("button.prev"))
    first = await person.until(lambda message: message.find(say("button.next")) is not None)
    assert first.text == card.text


async def test_a_press_moved_to_another_message_is_refused(bot: House, person: Person, say: Words) -> None:
    first = await ways.titles(person, say)
    await person.send("/help")
    second = await person.until(say("help.title"))
    pressed = await person.press_data(second, str(first.button(say("button.close")).data))
    assert pressed.text == say("card.old")


async def test_others_in_the_group_get_a_notice_only(
    bot: House, people: dict[int, Person], journal: Journal
) -> None:
    owner, other, zh = people[1001], people[1002], Words("zh")
    await owner.send("/search 沙丘", GROUP)
    card = await owner.until(ways.YEAR, chat=GROUP)
    await journal.forget()
    pressed = await other.press(card, zh("button.close"), chat=GROUP)
    assert pressed.text == Words("en")("card.foreign")
    assert not await journal.calls("telegram", path="*/editMessageText")
    assert not await journal.calls("telegram", path="*/deleteMessage")


async def test_confirming_twice_pays_once(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    await journal.forget()
    pressed = await asyncio.gather(*(person.press(card, say("button.confirm")) for _ in range(4)))
    assert all(press.answered for press in pressed)
    await person.until(lambda message: message.find(say("button.open")) is not None, since=card.revision)
    await person.settled(0.5)
    assert len(await journal.calls("hdhive", "POST", OPEN)) == 1
    assert box.world.people[person.id].points == 115


async def test_a_price_that_rose_is_shown_before_it_is_paid(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "hdhive")
    resource = ways.resource(box, "quark", 5)
    card = await ways.asked(person, say, resource.slug)
    resource.unlock_points = 9
    await person.press(card, say("button.confirm"))
    repriced = await person.until(say("unlock.repriced", old=5, new=9))
    assert not await journal.calls("hdhive", "POST", OPEN)
    await person.press(repriced, say("button.unlock_for", points=9))
    asked = await person.until(
        lambda message: message.find(say("button.confirm_points", points=9)) is not None
    )
    resource.unlock_points = 4
    await person.press(asked, say("button.confirm"))
    opened = await person.until(say("unlock.spent", points=4))
    assert opened.id == card.id
    assert box.world.people[person.id].points == 116


async def test_a_press_that_comes_too_late_spends_nothing(
    bot: House, person: Person, say: Words, clock: Hurried, control: Control, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    await control.fault("hdhive", "/api/open/shares/*", "delay", seconds=1.0)
    pressing = asyncio.create_task(person.press(card, say("button.confirm")))
    await person.until(say("unlock.working"), since=card.revision)
    clock.forward(121)
    await pressing
    late = await person.until(say("unlock.stale"), since=card.revision)
    assert not await journal.calls("hdhive", "POST", OPEN)
    assert late.find(say("button.unlock")) is not None


async def test_a_closed_card_is_gone_and_its_buttons_are_old(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    card = await ways.titles(person, say)
    pressed = await person.press(card, say("button.close"))
    assert pressed.answered
    assert card.id not in {message.id for message in await person.settled()}
    again = await person.press_data(card, str(card.button(say("button.close")).data))
    assert again.answered


async def test_a_card_its_person_deleted_breaks_nothing(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await control.fault("tmdb", "/3/movie/*", "delay", seconds=1.0)
    card = await ways.titles(person, say)
    pressing = asyncio.create_task(person.press(card, ways.number_of(card, ways.YEAR)))
    await asyncio.sleep(0.3)
    await person.delete(card)
    assert (await pressing).answered
    await person.send("/help")
    await person.until(say("help.title"))


async def test_buttons_work_after_a_restart(
    start: Start, person: Person, say: Words, control: Control
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried()):
        card = await ways.titles(person, say)
    async with start(clock=Hurried()):
        await person.press(card, ways.number_of(card, ways.YEAR))
        shown = await person.until(lambda message: message.find(say("button.back")) is not None)
        assert shown.id == card.id


async def test_the_folder_of_a_share_that_changed_is_said_to_be_gone(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await linked(person, "disktop")
    await person.send("/save https://disk.top/s/8d2f3a")
    card = await person.until(lambda message: message.find("📁") is not None)
    share = box.world.catalogue.shares["8d2f3a"]
    share.nodes = [node for node in share.nodes if not node.is_dir]
    await person.press(card, "📁")
    failed = await person.until(say("problem.transfer.file_gone"))
    await person.press(failed, say("button.back"))
    await person.until(lambda message: message.find(say("button.save_all")) is not None)


HOSTILE = (
    "<b>bold</b> & <a href='https://evil.example'>x</a>",
    "\u202egpj.exe\u202c @xiaoyu https://evil.com/steal #tag /start",
    "evil.com t.me/joinchat tg://resolve?domain=x user@evil.com 10.0.0.1",
    "𝕳𝖔𝖘𝖙𝖎𝖑𝖊 👩‍👩‍👧‍👦 " * 300,
    "A" * 5000,
    "\u200b\u200d\ufeff",
    "a.b.c.d.e@f.g/h#i$j" * 50,
    "{braces} {0} %s \\n &lt;b&gt;",
)
OURS = {"bold", "italic", "code", "pre", "blockquote", "expandable_blockquote", "text_link"}


def harmless(message: Message, *more: str) -> None:
    """No entity that we did not write, and a message that Telegram takes."""
    kinds = {entity["type"] for entity in message.entities if shown(message, entity) != "/cancel"}
    assert kinds <= {*OURS, *more}, message.entities
    assert len(message.text.encode("utf-16-le")) // 2 <= 4096
    for button in message.buttons:
        assert button.text.strip()
        assert len((button.data or "").encode()) <= 64


def shown(message: Message, entity: dict[str, Any]) -> str:
    raw, start = message.text.encode("utf-16-le"), entity["offset"] * 2
    return raw[start : start + entity["length"] * 2].decode("utf-16-le")


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_upstream_words_neither_break_nor_forge_a_card(
    bot: House, person: Person, say: Words, box: Sandbox, words: str
) -> None:
    await linked(person, "hdhive", "disktop")
    for found in box.world.catalogue.of_title(*ways.DUNE):
        found.title = found.share_size = found.remark = words
        found.video_resolution = found.source = found.subtitle_language = [words] * 4
    share = box.world.catalogue.shares["8d2f3a"]
    share.nodes = [Node(70_000_000_000_000 + n, f"{n} {words}", 5, is_dir=n % 2 == 0) for n in range(9)]
    card = await ways.title(person, say)
    harmless(card)
    await person.press(card, say("resource.points", points=3))
    facts = await person.until(lambda message: message.find(say("button.unlock")) is not None)
    harmless(facts)
    await person.press(facts, say("button.unlock"))
    asked = await person.until(lambda message: message.find(say("button.confirm")) is not None)
    harmless(asked)
    await person.press(asked, say("button.confirm"))
    harmless(await person.until(lambda message: message.find(say("button.open")) is not None))
    await person.send("/save https://disk.top/s/8d2f3a")
    listed = await person.until(lambda message: message.find(say("button.save_all")) is not None)
    harmless(listed)
    await person.press(listed, "📁")
    # A name with a slash is no path that leads anywhere; that is said then.
    gone = say("problem.transfer.file_gone")
    harmless(await person.until(lambda m: m.find(say("button.up")) is not None or gone in m.text))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_what_people_write_is_repeated_harmlessly(
    bot: House, person: Person, say: Words, words: str
) -> None:
    for sent in (f"/search {words} qqq zzz", f"/link {words}", f"/unlock {words}"):
        await person.send(sent)
        harmless(await person.until(lambda message: bool(message.buttons)))
    await person.send(f"/help {words}")
    # The help lists our commands, to be pressed.
    harmless(await person.until(lambda message: bool(message.buttons)), "bot_command")


@pytest.mark.parametrize(
    "url", ["https://nodots/x", "javascript:alert(1)", "magnet:?xt=urn:btih:" + "a" * 40]
)
async def test_odd_links_are_given_to_copy(
    bot: House, people: dict[int, Person], box: Sandbox, url: str
) -> None:
    person, say = people[1002], Words("en")
    await linked(person, "hdhive")
    resource = ways.resource(box, "quark", 0)
    resource.url, resource.access_code = url, None
    await person.send(f"/unlock {resource.slug}")
    card = await person.until(lambda message: message.find(say("button.unlock")) is not None)
    await person.press(card, say("button.unlock"))
    opened = await person.until(lambda message: message.find(say("button.copy_link")) is not None)
    assert opened.button(say("button.copy_link")).copies == url
    assert opened.find(say("button.open")) is None
    harmless(opened)


REFUSED = {"ok": False, "error_code": 400, "description": "Bad Request: BUTTON_DATA_INVALID"}


async def test_a_message_telegram_refuses_is_apologized_for(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await control.fault("telegram", "*/sendMessage", "status", status=400, body=REFUSED)
    await person.send("/help")
    await person.until(say("problem.unknown"))
    await person.send("/help")
    help_ = await person.until(say("help.title"))
    await control.fault("telegram", "*/editMessageText", "status", status=400, body=REFUSED)
    card_id = str(help_.button(say("button.close")).data).partition(":")[0]
    pressed = await person.press_data(help_, f"{card_id}:topic:check")
    assert pressed.text == say("problem.unknown")
    assert pressed.show_alert
