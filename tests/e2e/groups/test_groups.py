"""In a group: titles and verdicts for all, everything personal behind a button into the private chat."""

import json
import re

import pytest

from bot.wiring import House
from handlers.texts import LANGUAGES, Texts
from sandbox.server import Sandbox
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, linked
from tests.driver import BotApi, Control, Journal, Message, Person
from tests.driver.browser import payload_of
from tests.e2e import ways
from tests.e2e.words import Words

LINKS = "https://pan.quark.cn/s/alive0001 提取码：ab12 https://pan.baidu.com/s/dead0002"


def commands_of(house: House, *, private: bool) -> set[str]:
    """The commands of the private chat, or those that groups may use as well."""
    table = house.application.routes.commands.values()
    return {command.name for command in table if command.private is private and not command.admin}


def secret_free(message: Message) -> None:
    """Nothing in a group message is anybody's own: no link but deep links, no code, no points, no name."""
    assert not re.search(r"https?://|disk\.top/s|pan\.|ab12|\d+ (points|积分)", message.text), message
    assert not message.links
    for button in message.buttons:
        assert button.copies is None
        assert button.url is None or "/t.me/linkhive_bot?start=" in button.url


async def group_card(person: Person, text: str, say: Words, wanted: str, **extra: object) -> Message:
    await person.send(text, GROUP, **extra)  # type: ignore[arg-type]
    card = await person.until(wanted, chat=GROUP)
    secret_free(card)
    return card


async def test_start_and_help_speak_to_the_group(bot: House, person: Person, say: Words) -> None:
    hello = await group_card(person, "/start", say, say("start.group"))
    assert payload_of(hello.button(say("button.private")).url or "") == "start"
    await group_card(person, "/help@linkhive_bot", say, say("help.title"))


async def test_a_title_card_in_the_group_leads_into_the_private_chat(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "hdhive")
    await journal.forget()
    listed = await group_card(person, f"/search {ways.TITLE[say.language]}", say, ways.YEAR)
    await person.press(listed, ways.number_of(listed, ways.YEAR), chat=GROUP)
    card = await person.until(say("resources.group"), chat=GROUP)
    secret_free(card)
    assert card.id == listed.id
    assert not await journal.calls("hdhive"), "nothing of anybody's account is asked for in a group"
    payload = payload_of(card.button(say("button.private")).url or "")
    assert payload == "t_movie_438631"
    await person.start(payload)
    await person.until(say("resource.points", points=3))


async def test_others_see_the_same_deep_link_but_press_nothing(bot: House, people: dict[int, Person]) -> None:
    owner, other = people[XIAOYU], people[BEN]
    await owner.send("/search@linkhive_bot 沙丘", GROUP)
    card = await owner.until(ways.YEAR, chat=GROUP)
    pressed = await other.press(card, ways.number_of(card, ways.YEAR), chat=GROUP)
    assert pressed.text == Words("en")("card.foreign")
    unchanged = await owner.settled(0.3, GROUP)
    assert unchanged[-1].text == card.text


async def test_links_of_a_message_are_checked_without_repeating_them(
    bot: House, people: dict[int, Person], journal: Journal
) -> None:
    asker, writer, say = people[BEN], people[LAOCHEN], Words("en")
    message = await writer.send(f"看看 {LINKS}", GROUP)
    await asker.send("/check", GROUP, reply_to=message)
    card = await asker.until(lambda m: "✅" in m.text and "❌" in m.text, chat=GROUP, timeout=20)
    secret_free(card)
    assert "Quark" in card.text
    assert card.find(say("button.copy_alive")) is None
    (made,) = await journal.calls("linkcheck", "POST", "/jobs")
    assert "ab12" in json.dumps(made.json), "the code goes to the checker, not to the group"


async def test_empty_commands_ask_nothing_in_a_group(bot: House, person: Person, say: Words) -> None:
    for command, words in (("/search", "search.ask_group"), ("/check", "check.ask_group")):
        await group_card(person, command, say, say(words))
        await person.send("Dune", GROUP)
    await group_card(person, "/check no link", say, say("check.none"))
    assert ways.YEAR not in str([message.text for message in await person.settled(0.3, GROUP)])


async def test_private_commands_answer_with_a_way_that_runs_them(
    bot: House, person: Person, say: Words, journal: Journal, control: Control
) -> None:
    await linked(person, "hdhive", "disktop")
    await journal.forget()
    expected = {
        "link": say("link.choose").splitlines()[0],
        "unlink": say("unlink.which"),
        "accounts": say("accounts.title"),
        "unlock": say("unlock.usage"),
        "checkin": say("checkin.done"),
        "save": say("save.ask_link"),
        "drive": "🗂",
        "settings": say("settings.title"),
        "usage": say("usage.title"),
    }
    names = commands_of(bot, private=True)
    assert {*expected, "shares", "upload"} <= names
    for name in sorted(names):
        # So much at once would be too much of one person.
        await control.advance(5)
        card = await group_card(person, f"/{name}", say, say("private.only"))
        payload = payload_of(card.button(say("button.private")).url or "")
        assert payload == f"go_{name}"
        await person.start(payload)
        words = expected.get(name, "")
        await person.until(lambda message, words=words: words in message.text)  # type: ignore[misc]
        await person.send("/cancel")
    groups = [
        call for call in await journal.calls("telegram", path="*/sendMessage") if str(GROUP) in call.body
    ]
    assert len(groups) == len(names)


async def test_arguments_come_along_into_the_private_chat(bot: House, person: Person, say: Words) -> None:
    card = await group_card(person, "/link hdhive", say, say("private.only"))
    payload = payload_of(card.button(say("button.private")).url or "")
    await person.start(payload)
    await person.until(say.starts("link.ready"))
    secret = await group_card(person, "/save https://disk.top/s/c0de12 1234", say, say("private.only"))
    assert payload_of(secret.button(say("button.private")).url or "") == "go_save"


async def test_commands_for_other_bots_and_plain_words_are_none_of_ours(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await journal.forget()
    for text in ("/search@other_bot Dune", "/nonsense", "/nonsense@other_bot", "Dune", LINKS):
        await person.send(text, GROUP)
    await group_card(person, "/nonsense@linkhive_bot", say, say("unknown.command", command="/nonsense"))
    assert len(await journal.calls("telegram", path="*/sendMessage")) == 1


@pytest.mark.parametrize(("title", "language"), [("看片 movies", "zh"), ("Movie nights", "en")])
async def test_who_writes_as_the_group_is_answered_in_the_language_of_its_title(
    bot: House, people: dict[int, Person], title: str, language: str
) -> None:
    admin, say = people[XIAOYU], Words(language)
    group = int((await admin.post("/app/groups", title=title, type="supergroup"))["id"])
    await admin.send("/help", group, anonymous=True)
    await admin.until(say("help.title"), chat=group)
    # Under their own name they read their own language.
    await admin.send("/help", group)
    await admin.until(Words("zh")("help.title"), chat=group)


async def test_a_deep_link_to_no_command_opens_the_panel(bot: House, person: Person, say: Words) -> None:
    await person.start("go_teleport_moon")
    await person.until(say.starts("start.hello"))


async def test_whoever_writes_as_the_group_presses_under_their_own_name(
    bot: House, people: dict[int, Person]
) -> None:
    admin, member, say = people[XIAOYU], people[BEN], Words("en")
    await admin.send("/search Dune", GROUP, anonymous=True)
    card = await admin.until(ways.YEAR, chat=GROUP)
    secret_free(card)
    pressed = await member.press(card, ways.number_of(card, ways.YEAR), chat=GROUP)
    assert pressed.text == say("card.foreign")
    await admin.press(card, ways.number_of(card, ways.YEAR), chat=GROUP)
    shown = await admin.until(lambda message: message.find("💬") is not None, chat=GROUP)
    assert shown.id == card.id


async def test_a_check_can_be_stopped_by_its_owner_only(
    bot: House, people: dict[int, Person], box: Sandbox
) -> None:
    owner, other, say = people[BEN], people[LAOCHEN], Words("en")
    box.world.options.linkcheck_seconds = 30.0
    await owner.send(f"/check {LINKS}", GROUP)
    card = await owner.until(lambda message: message.find(say("button.stop")) is not None, chat=GROUP)
    assert (await other.press(card, say("button.stop"), chat=GROUP)).text == Words("zh")("card.foreign")
    await owner.press(card, say("button.stop"), chat=GROUP)
    stopped = await owner.until(say("check.stopped", done=0, n=2), chat=GROUP)
    secret_free(stopped)


async def test_menus_per_scope_and_language(
    bot: House, box: Sandbox, journal: Journal, people: dict[int, Person]
) -> None:
    for _ in range(50):
        if len(await journal.calls("telegram", path="*/setMyShortDescription", since=0)) == len(LANGUAGES):
            break
        await people[BEN].settled(0.1)
    shared = commands_of(bot, private=False)
    assert {"start", "help", "cancel", "search", "check"} <= shared
    everything = commands_of(bot, private=True) | shared
    scopes = {"default": everything, "all_private_chats": everything, "all_group_chats": shared}
    async with BotApi(box.url, box.world.bot_token) as api:
        for code, language in (("", "en"), ("zh", "zh")):
            say = Texts.load().speaker(language)
            for scope, names in scopes.items():
                menu = await api("getMyCommands", scope={"type": scope}, language_code=code)
                assert {row["command"] for row in menu} == names
                assert all(row["description"] == say.label(f"command.{row['command']}") for row in menu)
