"""What people send that leads nowhere: each gets one clear sentence and the next step."""

from typing import Any

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import BEN, LAOCHEN, Start, free_port, linked
from tests.driver import Control, Journal, Person
from tests.e2e import ways
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


async def test_an_unknown_command_leads_to_the_help(bot: House, person: Person, say: Words) -> None:
    await person.send("/nonsense now")
    card = await person.until(say("unknown.command", command="/nonsense"))
    await person.press(card, say("button.help"))
    assert (await person.until(say("help.title"))).id == card.id


async def test_an_empty_search_asks_and_takes_the_next_words(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/search")
    asked = await person.until(say("search.ask"))
    await person.send(ways.TITLE[say.language])
    await person.until(ways.YEAR)
    assert asked.id not in {message.id for message in await person.settled()}, "the question has served"
    assert len(await journal.calls("tmdb", "GET", "/3/search/multi")) == 1


async def test_cancel_leaves_the_question(bot: House, person: Person, say: Words) -> None:
    for command, words in (
        ("/search", "search.ask"),
        ("/check", "check.ask"),
        ("/save", "save.ask_link"),
        ("/unlock", "unlock.usage"),
    ):
        await person.send(command)
        asked = await person.until(say(words))
        await person.send("/cancel")
        await person.until(say("cancel.done"))
        await person.send(command)
        asked = await person.until(say(words))
        await person.press(asked, say("button.cancel"))
        await person.send("/cancel")
        await person.until(say("cancel.nothing"))


async def test_words_that_answer_nothing_are_asked_for_again(bot: House, person: Person, say: Words) -> None:
    await person.send("/check")
    await person.until(say("check.ask"))
    await person.send("no links here")
    await person.until(say("check.none"))
    await person.send("https://pan.quark.cn/s/alive0001")
    await person.until("✅", timeout=15)
    await person.send("/save what?")
    await person.until(say("save.no_link"))
    await person.send("/cancel")
    await person.send("/save https://pan.quark.cn/s/alive0001")
    await person.until(say.starts("save.not_disktop"))
    await person.send("/unlock what?")
    await person.until(say("unlock.not_one"))
    await person.send("/checkin often")
    await person.until(say("checkin.usage"))
    await person.send("/help nonsense")
    await person.until(say("help.unknown", command="/nonsense"))


async def test_a_title_nobody_has_can_be_searched_anew(bot: House, person: Person, say: Words) -> None:
    await person.send("qwxzv zzz")
    card = await person.until(say("search.none", query="qwxzv zzz"))
    assert card.button(say("button.search")).switches == "qwxzv zzz"
    await person.send("/unlock 0123456789abcdef0123456789abcdef")
    await person.until(say.starts("problem.not_linked"))


async def test_a_message_without_words_is_answered(
    start: Start, clock: Hurried, person: Person, say: Words
) -> None:
    # Where there is a drive, the file goes up.
    async with start(clock=clock, disktop_client_id=""):
        await person.send_file("cat.bin", b"0" * 64)
        card = await person.until(say("unknown.message"))
        assert card.find(say("button.search")) is not None


async def test_a_wrong_code_is_asked_for_again(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "disktop")
    await person.send("/save https://disk.top/s/c0de12")
    asked = await person.until(say.starts("save.ask_code"))
    await person.send("9999")
    wrong = await person.until(say.starts("save.wrong_code"))
    assert asked.id not in {message.id for message in await person.settled()}
    await person.send(ways.TITLE["zh"])
    await person.until(ways.YEAR)
    await person.press(wrong, say("button.enter_code"))
    await person.send("1234")
    await person.until(lambda message: message.find(say("button.save_all")) is not None)


async def test_a_code_that_was_given_works_at_once(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    for words in (
        "/save https://disk.top/s/c0de12 1234",
        "https://disk.top/s/c0de12 提取码：1234",
        "/save https://disk.top/s/c0de12?pwd=1234",
    ):
        await person.send(words)
        await person.until(lambda message: message.find(say("button.save_all")) is not None)


async def test_closing_the_question_for_a_code_stops_asking(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    await person.send("/save https://disk.top/s/c0de12")
    asked = await person.until(say.starts("save.ask_code"))
    await person.press(asked, say("button.close"))
    await person.send("Dune")
    await person.until("2021")


@pytest.mark.parametrize(
    ("surl", "key", "retry"),
    [("dead00", "gone", False), ("0ld000", "expired", False), ("9e0000", "premium", True)],
)
async def test_shares_that_cannot_be_saved_say_why(
    bot: House, people: dict[int, Person], control: Control, surl: str, key: str, retry: bool
) -> None:
    person, say = people[BEN], Words("en")
    await linked(person, "disktop")
    await person.send(f"/save https://disk.top/s/{surl}")
    card = await person.until(say(f"problem.transfer.{key}"))
    assert (card.find(say("button.retry")) is not None) is retry


async def test_a_full_drive_saves_nothing(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await linked(person, "disktop")
    await control.person(person.id, disk_used=10 * 1024**3, disk_total=10 * 1024**3)
    await person.send("/save https://disk.top/s/b19b19")
    card = await person.until(lambda message: message.find(say("button.save")) is not None)
    await person.press(card, say("button.save"))
    full = await person.until(say("problem.transfer.full", needed="88.0 GB", free="0 B"))
    assert full.find(say("button.back")) is not None
    assert not await journal.calls("disktop", "POST", "*/transfer")


@pytest.mark.parametrize("word", ["help", "HELP", "帮助"])
async def test_a_lone_word_for_help_is_help(
    bot: House, person: Person, say: Words, journal: Journal, word: str
) -> None:
    await person.send(word)
    await person.until(say("help.title"))
    assert not await journal.calls("tmdb")
    await person.send(f"/search {word}")
    none = await person.until(say("search.none", query=word))
    await person.press(none, say("button.help"))
    helped = await person.until(say("help.title"))
    assert helped.id == none.id


@pytest.mark.parametrize("word", ["Cancel", "取消"])
async def test_a_lone_word_for_cancel_cancels(bot: House, person: Person, say: Words, word: str) -> None:
    await person.send("/link hdhive")
    await person.until(lambda message: any(button.url for button in message.buttons))
    await person.send(word)
    await person.until(say("cancel.done"))
    await person.send(word)
    await person.until(say("cancel.nothing"))


async def test_without_points_nothing_is_charged_and_the_next_step_is_there(
    bot: House, people: dict[int, Person], box: Sandbox, journal: Journal
) -> None:
    person, say = people[LAOCHEN], Words("zh")
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    await person.press(card, say("button.confirm"))
    poor = await person.until(say("problem.code.insufficient_points"))
    assert poor.find(say("button.back")) is not None
    assert poor.button(say("button.web")).url == box.settings(1)["HDHIVE_URL"]
    assert not box.world.hdhive.charges
    await person.press(poor, say("button.checkin"))
    await person.until(say("problem.forbidden.premium", service="HDHive"))
    await person.press(poor, say("button.back"))
    await person.until(lambda message: message.find(say("button.confirm")) is not None)


async def test_what_costs_more_than_one_has_is_not_offered(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.person(person.id, points=1)
    await linked(person, "hdhive")
    await person.send(f"/unlock {ways.resource(box, 'quark', 5).slug}")
    facts = await person.until(lambda message: message.find(say("button.unlock")) is not None)
    await person.press(facts, say("button.unlock"))
    poor = await person.until(say("unlock.balance", points=1))
    assert say("unlock.too_few", points=5, title="").strip() in poor.text
    assert poor.find(say("button.confirm")) is None
    assert poor.find(say("button.checkin")) is not None
    assert poor.button(say("button.web")).url == box.settings(1)["HDHIVE_URL"]
    await person.press(poor, say("button.back"))
    facts = await person.until(lambda message: message.find(say("button.unlock")) is not None)
    await control.person(person.id, points=5)
    await person.press(facts, say("button.unlock"))
    await person.until(lambda message: message.find(say("button.confirm")) is not None)
    assert not await journal.calls("hdhive", "POST", "*/unlock")


async def test_a_check_in_without_premium_says_so(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await control.person(person.id, premium=False)
    await linked(person, "hdhive")
    await person.send("/checkin")
    card = await person.until(say("problem.forbidden.premium", service="HDHive"))
    assert say("checkin.doubtful") not in card.text
    assert card.find(say("button.web")) is not None


OFF: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "HDHive": (
        {"hdhive_client_id": "", "hdhive_app_secret": ""},
        ("/checkin", "/unlock 0123456789abcdef0123456789abcdef", "/link hdhive"),
    ),
    "Disk.Top": (
        {"disktop_client_id": "", "disktop_client_secret": ""},
        ("/save https://disk.top/s/8d2f3a", "/link disktop"),
    ),
    "TMDB": ({"tmdb_token": ""}, ("/search Dune", "Dune")),
    "linkcheck": (
        {"linkcheck_api_key": ""},
        ("/check https://pan.quark.cn/s/alive0001",),
    ),
}


@pytest.mark.parametrize("service", sorted(OFF))
async def test_a_service_that_is_off_says_so_and_breaks_nothing(
    start: Start, person: Person, say: Words, control: Control, journal: Journal, service: str
) -> None:
    unset, commands = OFF[service]
    await control.telegram("options", limits=False)
    name = say("service.linkcheck") if service == "linkcheck" else service
    async with start(clock=Hurried(), **unset):
        for command in commands:
            await person.send(command)
            card = await person.until(say("problem.service_off", service=name))
            assert card.find(say("button.close")) is not None
            assert card.find(say("button.retry")) is None
        await person.send("/start")
        await person.until(say.starts("start.first_step"))
        answer = await person.inline("Dune")
        assert answer.answered


@pytest.mark.parametrize("service", ["tmdb", "linkcheck"])
async def test_a_service_that_is_down_says_so(
    start: Start, person: Person, say: Words, control: Control, service: str
) -> None:
    closed: dict[str, Any] = {f"{service}_url": f"http://127.0.0.1:{free_port()}"}
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), **closed):
        if service == "tmdb":
            await person.send("Dune")
            card = await person.until(say("problem.unreachable.refused", service="TMDB"), timeout=20)
        else:
            await person.send("https://pan.quark.cn/s/alive0001")
            card = await person.until(say("check.reason.service_down"), timeout=20)
        assert card.find(say("button.retry")) is not None


async def test_hdhive_and_disktop_going_down_after_linking_lose_nothing(
    start: Start, person: Person, say: Words, control: Control
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried()):
        await linked(person, "hdhive", "disktop")
    closed = {name: f"http://127.0.0.1:{free_port()}" for name in ("hdhive_url", "disktop_url")}
    async with start(clock=Hurried(), **closed):
        for command, name in (
            ("/checkin", "HDHive"),
            ("/unlock 0123456789abcdef0123456789abcdef", "HDHive"),
            ("/save https://disk.top/s/8d2f3a", "Disk.Top"),
        ):
            await person.send(command)
            card = await person.until(say("problem.unreachable.refused", service=name), timeout=20)
            assert card.find(say("button.retry")) is not None
        await person.send("/start")
        await person.until(say("account.unavailable"), timeout=20)
    async with start(clock=Hurried()):
        await person.press(card, say("button.retry"))
        again = await person.until(lambda message: message.find(say("button.save_all")) is not None)
        assert again.id == card.id, "a card outlives restarts"


async def test_slow_services_show_that_something_is_under_way(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, box: Sandbox
) -> None:
    await linked(person, "hdhive", "disktop")
    await control.fault("tmdb", "/3/search/multi", "delay", seconds=1.5)
    await journal.forget()
    await person.send(ways.TITLE[say.language])
    await person.until(ways.YEAR)
    assert await journal.calls("telegram", path="*/sendChatAction")
    card = await ways.asked(person, say, ways.resource(box, "disktop", 3).slug)
    await control.fault("hdhive", "/api/open/resources/unlock", "delay", seconds=1.5)
    pressed = await person.press(card, say("button.confirm"))
    assert pressed.seconds < 1.4
    assert pressed.text == say("card.working")
    await person.until(say("unlock.working"))
    opened = await person.until(lambda message: message.find(say("button.save")) is not None)
    await person.press(opened, say("button.save"))
    listed = await person.until(lambda message: message.find(say("button.save_all")) is not None)
    await control.fault("disktop", "*/transfer", "delay", seconds=1.5)
    await person.press(listed, say("button.save_all"))
    await person.until(say("save.working"))
    await person.until(say.starts("save.done"))
