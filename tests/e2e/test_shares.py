"""/shares: the list of own shares, and a new one from its link to its publication."""

import pytest

from bot.wiring import House
from sandbox.catalogue import Verdict
from sandbox.server import Sandbox
from tests.conftest import GROUP, Start, linked
from tests.driver import Control, Journal, Person
from tests.e2e.faulty import FAULTS, HDHIVE, Fault, Faulty, tells
from tests.e2e.hurried import Hurried
from tests.e2e.sharing import (
    CHECK,
    LINK,
    SHARES,
    begun,
    listed,
    mine,
    nothing_shared,
    stock,
    to_film,
    to_preview,
    to_price,
    words_of,
)
from tests.e2e.words import Words

# The list


async def test_own_shares_come_in_pages_of_eight(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    stock(box, person, 19)
    first = await listed(person, say)
    assert "19" in first.text.splitlines()[0]
    assert [n for n in range(1, 20) if f"Share {n}\n" in first.text] == list(range(1, 9))
    assert first.find(say("button.prev")) is None
    await person.press(first, say("button.next"))
    second = await person.until("Share 9\n")
    await person.press(second, say("button.next"))
    third = await person.until("Share 17\n")
    assert third.id == first.id, "one card"
    assert third.find(say("button.next")) is None
    asked = await journal.calls("hdhive", "GET", SHARES)
    assert [call.query for call in asked] == [{"page": str(n), "page_size": "8"} for n in (1, 2, 3)]


async def test_price_and_state_are_seen_at_a_glance(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    made = stock(box, person, 3)
    made[1].verdict, made[2].verdict, made[0].unlocked_users_count = Verdict.DEAD, Verdict.UNCERTAIN, 7
    card = await listed(person, say)
    rows = [line for line in words_of(card).splitlines() if "Quark" in line or "夸克" in line]
    assert say("share.free") in rows[0]
    assert say("share.valid.valid") in rows[0]
    assert say("share.unlocked_short", n=7) in rows[0]
    assert say("share.points", points=1) in rows[1]
    assert say("share.valid.invalid") in rows[1]
    assert say("share.valid.error") in rows[2]
    assert card.find(f"1 · {say('share.free')}")
    assert card.find(f"2 · {say('share.points', points=1)}")


async def test_a_share_without_a_title_goes_by_its_film(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    stock(box, person, 1, title=None)
    assert "2021" in (await listed(person, say)).text


async def test_who_shares_nothing_is_told_so(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    nothing_shared(box, person)
    card = await listed(person, say)
    assert say("shares.none") in words_of(card)


async def test_a_page_that_is_gone_leads_to_the_last_one(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    made = stock(box, person, 17)
    card = await listed(person, say)
    await person.press(card, say("button.next"))
    card = await person.until("Share 9\n")
    for share in made[5:]:
        del box.world.catalogue.resources[share.slug]
    await person.press(card, say("button.next"))
    assert "Share 5\n" in (await person.until("Share 1\n")).text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}")
async def test_a_list_that_fails_can_be_tried_again(
    bot: House, person: Person, say: Words, box: Sandbox, faulty: Faulty, fault: Fault
) -> None:
    stock(box, person)
    await linked(person, "hdhive")
    await faulty.begin(fault, "hdhive", SHARES)
    await person.send("/shares")
    card = await person.until(tells(say, fault, HDHIVE))
    await faulty.end()
    await person.press(card, say("button.retry"))
    await person.until("Share 1")


async def test_without_an_account_there_is_the_way_to_link(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/shares")
    card = await person.until(say("problem.not_linked", service=HDHIVE))
    assert card.find(say("button.link", service=HDHIVE))
    await person.send(f"/shares {LINK}")
    await person.until(say("problem.not_linked", service=HDHIVE))
    assert not await journal.calls("hdhive")


async def test_a_missing_right_says_so(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox
) -> None:
    stock(box, person)
    await linked(person, "hdhive")
    await control.person(person.id, scopes=["meta", "query"])
    await person.send("/shares")
    card = await person.until(say("problem.forbidden.user_scope", service=HDHIVE))
    assert card.find(say("button.link", service=HDHIVE))


async def test_groups_get_a_button_into_the_private_chat(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    stock(box, person)
    await linked(person, "hdhive")
    await journal.forget()
    await person.send("/shares", GROUP)
    card = await person.until(lambda m: bool(m.buttons), chat=GROUP)
    assert "Share 1" not in card.text
    url = card.button(say("button.private")).url or ""
    assert not await journal.calls("hdhive")
    await person.start(url.partition("start=")[2])
    await person.until("Share 1")


async def test_forged_presses_do_nothing(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    stock(box, person)
    card = await listed(person, say)
    card_id = str(card.button(say("button.close")).data).partition(":")[0]
    await journal.forget()
    for data in ("page:-1", "page:x", "open:a/../b", "open:", "sure:", "publish:"):
        assert (await person.press_data(card, f"{card_id}:{data}")).text == say("card.old"), data
    await person.press(card, say("button.new_share"))
    card = await person.until(say("share.ask.link"))
    for data in (
        "publish:",
        "look:",
        "sure:",
        "delete:",
        "check:",
        "skip:",
        "pick:x",
        "price:-1",
        "price:x",
        "go:all",
        "turn:url",
        "typed:",
    ):
        assert (await person.press_data(card, f"{card_id}:{data}")).text == say("card.old"), data
    for method in ("POST", "PATCH", "DELETE"):
        assert not await journal.calls("hdhive", method)


# A new share


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


@pytest.mark.parametrize(
    ("button", "answer", "beside"),
    [("price", "5000", "unlock_points"), ("title", "x" * 250, "title"), ("link", None, "url")],
)
async def test_what_is_refused_stands_beside_its_field(
    bot: House,
    person: Person,
    say: Words,
    journal: Journal,
    control: Control,
    box: Sandbox,
    button: str,
    answer: str | None,
    beside: str,
) -> None:
    nothing_shared(box, person)
    preview = await to_preview(person, say)
    if answer is None:
        words = {"success": False, "code": "400", "description": "url 已被分享"}
        await control.fault("hdhive", SHARES, "status", method="POST", status=400, body=words)
    else:
        await person.press(preview, say(f"button.field_{button}"))
        await person.until(lambda m: m.find(say("button.type")) is not None)
        await person.send(answer)
        preview = await person.until(say("share.preview"))
    await person.press(preview, say("button.publish"))
    refused = await person.until(lambda m: "⚠️" in m.text and beside in words_of(m))
    lines = words_of(refused).splitlines()
    at = next(n for n, line in enumerate(lines) if "⚠️" in line)
    signs = {"price": "🏷", "title": "📝", "link": "🔗"}
    assert lines[at - 1].startswith(signs[button]), lines
    assert not mine(box, person)
    if button == "price":
        await person.press(refused, say("button.field_price"))
        await person.until(say("share.ask.price"))
        await person.send("9")
        refused = await person.until(say("share.preview"))
        assert "⚠️" not in refused.text
        await person.press(refused, say("button.publish"))
        await person.until(say("share.published"))


# What the document and the field notes say HDHive may answer, and how it is told.
REFUSALS = (
    (403, "USER_SCOPE_NOT_ALLOWED", "problem.forbidden.user_scope"),
    (403, "SCOPE_NOT_ALLOWED", "problem.forbidden.app_scope"),
    (403, "OPENAPI_USER_REQUIRED", "problem.forbidden.unlinked"),
    (403, "VIP_REQUIRED", "problem.forbidden.premium"),
    (403, "USER_LEVEL_REQUIRED", "problem.forbidden.level"),
    (403, "ENDPOINT_DISABLED", "problem.forbidden.disabled"),
    (403, "RISK_BLOCKED", "problem.forbidden.risk"),
    (401, "INVALID_API_KEY", "problem.misconfigured"),
    (429, "ENDPOINT_QUOTA_EXCEEDED", "problem.rate_limited"),
)


async def test_documented_refusals_are_told_and_keep_the_draft(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried, box: Sandbox
) -> None:
    nothing_shared(box, person)
    card = await to_preview(person, say)
    for status, code, key in REFUSALS:
        body = {"success": False, "code": code, "description": f"说明 {code}"}
        await control.fault("hdhive", SHARES, "status", method="POST", status=status, body=body)
        await person.press(card, say("button.publish"))
        told = await person.until(say(key, service=HDHIVE, wait="§").partition("§")[0])
        assert code in told.text, "HDHive's own words"
        # A limit without a time is taken for a minute.
        clock.forward(61)
        await person.press(told, say("button.back"))
        card = await person.until(say("share.preview"))
    assert not mine(box, person)
    await person.press(card, say("button.publish"))
    await person.until(say("share.published"))


async def test_a_link_that_is_refused_is_asked_for_again(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await begun(person, say)
    words = {"success": False, "code": "400", "description": "不支持的链接"}
    await control.fault("hdhive", CHECK, "status", method="POST", status=400, body=words)
    await person.send(LINK)
    again = await person.until("不支持的链接")
    assert say("share.ask.link") in again.text
    await person.send(LINK)
    await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)


async def test_a_link_of_no_known_drive_is_pointed_out(bot: House, person: Person, say: Words) -> None:
    card = await to_film(person, say, "https://disk.top/s/abcdEFGH")
    assert say("share.strange").strip() in card.text
    assert say("drive.disktop") in card.text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}")
async def test_a_fault_while_the_kind_is_asked_keeps_the_link(
    bot: House, person: Person, say: Words, faulty: Faulty, fault: Fault
) -> None:
    await begun(person, say)
    await faulty.begin(fault, "hdhive", CHECK, "POST")
    await person.send(LINK)
    failed = await person.until(tells(say, fault, HDHIVE))
    await faulty.end()
    await person.press(failed, say("button.retry"))
    await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)
    await person.send("movie 438631")
    await person.until(say("share.ask.price"))


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
