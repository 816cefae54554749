"""/shares: a new share, from its link to its publication."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import Start, linked
from tests.driver import Control, Journal, Person
from tests.e2e.hurried import Hurried
from tests.e2e.shares.sharing import (
    CHECK,
    LINK,
    SHARES,
    begun,
    mine,
    nothing_shared,
    to_film,
    to_preview,
    to_price,
    words_of,
)
from tests.e2e.words import Words


async def test_a_share_is_published_step_by_step(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    nothing_shared(box, person)
    pasted = "链接：https://pan.baidu.com/s/1AbCdEfGhIjK 提取码: x1y2 复制这段内容打开"
    price = await to_price(person, say, pasted)
    (asked,) = await journal.calls("hdhive", "POST", CHECK)
    assert asked.json == {"url": "https://pan.baidu.com/s/1AbCdEfGhIjK?pwd=x1y2"}
    for known in (say("drive.baidu"), "x1y2", "2021", say("share.head_step", step=3, steps=4)):
        assert known in words_of(price), known
    assert price.data["link_preview_options"]["url"].endswith(".jpg"), "the poster"
    assert await journal.calls("tmdb", "GET", "/3/search/multi")
    await person.press(price, "8")
    await person.until(lambda m: m.find(say("button.no_title")) is not None)
    await person.send("4K <b>REMUX</b>\n双语")
    preview = await person.until(say("share.preview"))
    for shown in (
        "4K <b>REMUX",
        say("share.points", points=8),
        say("share.field.anonymous", on=say("share.no")),
    ):
        assert shown in words_of(preview), shown
    await person.press(preview, say("button.anonymous", on=say("share.no")))
    preview = await person.until(lambda m: m.find(say("button.anonymous", on=say("share.yes"))) is not None)
    await person.press(preview, say("button.hidden", on=say("share.no")))
    preview = await person.until(lambda m: m.find(say("button.hidden", on=say("share.yes"))) is not None)
    assert not await journal.calls("hdhive", "POST", SHARES)
    await person.press(preview, say("button.publish"))
    done = await person.until(say("share.published"))
    assert done.id == preview.id
    (sent,) = await journal.calls("hdhive", "POST", SHARES)
    assert sent.json == {
        "url": "https://pan.baidu.com/s/1AbCdEfGhIjK",
        "access_code": "x1y2",
        "tmdb_id": "438631",
        "media_type": "movie",
        "title": "4K <b>REMUX</b> 双语",
        "unlock_points": 8,
        "is_anonymous": True,
        "hide_link": True,
    }
    (made,) = mine(box, person)
    assert (made.pan_type, made.access_code, made.unlock_points) == ("baidu", "x1y2", 8)
    assert done.find(say("button.delete_share")), "the card is the share's now"


async def test_a_link_behind_the_command_begins_at_once(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "hdhive")
    await person.send(f"/shares {LINK}")
    card = await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)
    assert say("drive.quark") in card.text
    await person.send("movie 438631")
    assert "2021" in (await person.until(say("share.ask.price"))).text


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ("https://www.themoviedb.org/movie/438631-dune", {"tmdb_id": "438631", "media_type": "movie"}),
        ("https://hdhive.com/tmdb/movie/438631", {"tmdb_id": "438631", "media_type": "movie"}),
        ("movie_id 12", {"movie_id": 12}),
        ("tv_id: 7", {"tv_id": 7}),
        ("collection_id 3", {"collection_id": 3}),
    ],
)
async def test_what_it_is_of_can_be_told_by_number_or_page(
    bot: House, person: Person, say: Words, journal: Journal, words: str, sent: dict[str, object]
) -> None:
    await to_film(person, say)
    await person.send(words)
    await person.press(await person.until(say("share.ask.price")), say("share.free"))
    card = await person.until(lambda m: m.find(say("button.no_title")) is not None)
    await person.press(card, say("button.no_title"))
    await person.press(await person.until(say("share.preview")), say("button.publish"))
    await person.until(say("share.published"))
    (call,) = await journal.calls("hdhive", "POST", SHARES)
    plain = {"url": LINK, "unlock_points": 0, "is_anonymous": False, "hide_link": False}
    assert call.json == plain | sent


async def test_answers_that_do_not_fit_are_asked_again(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await begun(person, say)
    for wrong, key in (
        ("no link here", "share.fault.no_link"),
        (f"{LINK} https://pan.quark.cn/s/ffffff123456", "share.fault.many_links"),
        ("https://hdhive.com/resource/" + "a" * 32, "share.fault.hdhive"),
    ):
        await person.send(wrong)
        assert (await person.until(say(key, n=2))).find(say("button.cancel")), key
    assert not await journal.calls("hdhive", "POST", CHECK)
    await person.send(LINK)
    await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)
    await person.send("movie 999999999")
    await person.until(say("share.fault.film"))
    await person.send("https://pan.quark.cn/s/ffffff123456")
    await person.until(say("share.fault.film_link"))
    await person.send("qqqqzzzz")
    await person.until(say("share.no_film", query="qqqqzzzz"))
    await person.send("movie 438631")
    await person.until(say("share.ask.price"))
    await person.send("five")
    await person.until(say("share.fault.price"))
    await person.send("１２ 积分")
    await person.until(lambda m: m.find(say("button.no_title")) is not None)
    await person.send("x" * 301)
    await person.until(say("share.fault.title", most=300))
    await person.send("fine")
    assert say("share.points", points=12) in words_of(await person.until(say("share.preview")))


async def test_the_way_back_keeps_what_was_answered(bot: House, person: Person, say: Words) -> None:
    price = await to_price(person, say)
    await person.press(price, say("button.back"))
    film = await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)
    await person.press(film, say("button.back"))
    await person.until(say("share.ask.link"))
    await person.send(f"{LINK} 提取码 zz99")
    await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)
    await person.send("movie 438631")
    assert "zz99" in (await person.until(say("share.ask.price"))).text


async def test_a_draft_is_changed_before_it_goes_out(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    preview = await to_preview(person, say)
    assert say("share.field.no_code") in preview.text
    await person.press(preview, say("button.field_code"))
    await person.until(say("share.ask.code"))
    await person.send("not a code!")
    await person.until(say("share.fault.code"))
    await person.send("提取码：ab12")
    preview = await person.until(say("share.preview"))
    assert "ab12" in preview.text
    await person.press(preview, say("button.field_price"))
    price = await person.until(say("share.ask.price"))
    await person.press(price, say("button.back"))
    preview = await person.until(say("share.preview"))
    await person.press(preview, say("button.publish"))
    await person.until(say("share.published"))
    (call,) = await journal.calls("hdhive", "POST", SHARES)
    assert (call.json["access_code"], call.json["unlock_points"]) == ("ab12", 5)


async def test_a_link_of_no_known_drive_is_pointed_out(bot: House, person: Person, say: Words) -> None:
    card = await to_film(person, say, "https://disk.top/s/abcdEFGH")
    assert say("share.strange").strip() in card.text
    assert say("drive.disktop") in card.text


async def test_it_can_be_cancelled_at_any_step(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    card = await begun(person, say)
    for step in range(5):
        assert card.find(say("button.cancel")), step
        if step == 0:
            await person.send(LINK)
            card = await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)
        elif step == 1:
            await person.send("movie 438631")
            card = await person.until(say("share.ask.price"))
        elif step == 2:
            await person.press(card, say("share.free"))
            card = await person.until(lambda m: m.find(say("button.no_title")) is not None)
        elif step == 3:
            await person.press(card, say("button.no_title"))
            card = await person.until(say("share.preview"))
    await person.press(card, say("button.cancel"))
    await person.settled()
    assert card.id not in {m.id for m in await person.messages()}
    assert not await journal.calls("hdhive", "POST", SHARES)
    # The same by the command, while something is asked.
    await begun(person, say)
    await person.send("/cancel")
    await person.until(say("cancel.done"))
    assert not [m for m in await person.messages() if say("share.ask.link") in m.text]
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))


async def test_a_draft_survives_a_restart(
    start: Start, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried()):
        await to_film(person, say, f"{LINK} pwd: ab12")
    async with start(clock=Hurried()):
        await person.send("movie 438631")
        price = await person.until(say("share.ask.price"))
        assert "ab12" in price.text
    async with start(clock=Hurried()):
        await person.press(price, say("share.points", points=3))
        await person.until(lambda m: m.find(say("button.no_title")) is not None)
    async with start(clock=Hurried()):
        await person.send("Title")
        preview = await person.until(say("share.preview"))
    async with start(clock=Hurried()):
        await person.press(preview, say("button.publish"))
        await person.until(say("share.published"))
    (call,) = await journal.calls("hdhive", "POST", SHARES)
    assert (call.json["url"], call.json["access_code"], call.json["unlock_points"]) == (LINK, "ab12", 3)


async def test_words_that_come_too_late_can_be_asked_for_again(
    bot: House, person: Person, say: Words, clock: Hurried
) -> None:
    card = await to_film(person, say)
    clock.forward(3600)
    await person.press(card, say("button.type"))
    await person.send("movie 438631")
    await person.until(say("share.ask.price"))
