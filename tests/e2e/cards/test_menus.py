"""The command menu speaks the language its person chose, over restarts, and goes when they are forgotten."""

import asyncio
from typing import Any

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.telegram.methods.about import commands_for
from storage import meta
from tests.conftest import Start
from tests.driver import Call, Control, Journal, Person
from tests.e2e.conftest import PEOPLE
from tests.e2e.hurried import Hurried
from tests.e2e.settings.test_privacy import forgotten
from tests.e2e.settings.test_settings import opened
from tests.e2e.words import Words

OTHER = {"zh": "en", "en": "zh"}


@pytest.fixture
def other(say: Words) -> Words:
    return Words(OTHER[say.language])


def seen(box: Sandbox, person: Person) -> dict[str, str]:
    """The menu that a person's app shows in the private chat."""
    code = box.world.people[person.id].language_code
    listed = commands_for(box.world.telegram, person.id, person.id, code)
    return {row["command"]: row["description"] for row in listed}


def speaks(box: Sandbox, person: Person, say: Words) -> bool:
    return all(words == say(f"command.{name}") for name, words in seen(box, person).items())


async def until(condition: Any, what: str) -> None:
    for _ in range(1200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(what)


@pytest.fixture
async def house(bot: House, journal: Journal) -> House:
    """The bot, whose menus are out."""
    for _ in range(1200):
        if len(await journal.calls("telegram", path="*/setMyShortDescription", since=0)) == 2:
            break
        await asyncio.sleep(0.05)
    return bot


async def choose(person: Person, before: Words, after: Words, choice: str) -> None:
    card = await opened(person, before, "language")
    await person.press(card, before(f"settings.language.{choice}"))
    await person.until(after("settings.language.about"))


def of_chat(calls: list[Call], person: Person) -> list[Call]:
    """Those that are about one private chat."""
    return [call for call in calls if str(person.id) in call.form.get("scope", "")]


async def test_it_follows_the_choice_and_goes_when_it_is_none_any_more(
    house: House, person: Person, say: Words, other: Words, box: Sandbox, journal: Journal
) -> None:
    everybodys = set(seen(box, person))
    assert everybodys
    assert speaks(box, person, say)
    await choose(person, say, other, other.language)
    await until(lambda: speaks(box, person, other), "the menu speaks the chosen language")
    assert set(seen(box, person)) == everybodys
    (told,) = of_chat(await journal.calls("telegram", path="*/setMyCommands", since=0), person)
    assert "language_code" not in told.form, "whatever the app speaks"
    await choose(person, other, say, say.language)
    await until(lambda: speaks(box, person, say), "the menu is everybody's again")
    assert len(of_chat(await journal.calls("telegram", path="*/deleteMyCommands", since=0), person)) == 1
    assert not own(box, person)


def own(box: Sandbox, person: Person) -> list[tuple[str, str]]:
    """What Telegram keeps for the private chat of a person."""
    return [key for key in box.world.telegram.profile.commands if str(person.id) in key[0]]


async def test_an_app_that_speaks_another_language_by_now(
    house: House, person: Person, say: Words, other: Words, box: Sandbox
) -> None:
    await choose(person, say, say, say.language)
    await house.jobs.idle()
    assert not own(box, person)
    box.world.telegram.people[person.id].language_code = other.language
    await person.send("/help")
    await person.until(say.starts("help.title"))
    await until(lambda: bool(own(box, person)), "the choice counts, not the app")
    listed = commands_for(box.world.telegram, person.id, person.id, other.language)
    assert all(row["description"] == say(f"command.{row['command']}") for row in listed)


async def test_nothing_stays_after_forget(
    house: House, person: Person, say: Words, other: Words, box: Sandbox
) -> None:
    await choose(person, say, other, other.language)
    await until(lambda: bool(own(box, person)), "a menu of one's own")
    await forgotten(person, other)
    await until(lambda: not own(box, person), "it is gone")
    assert speaks(box, person, say)


async def test_over_a_restart_and_with_telegram_down(
    start: Start,
    person: Person,
    say: Words,
    other: Words,
    box: Sandbox,
    control: Control,
    clock: Hurried,
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=clock) as first:
        await until(lambda: bool(seen(box, person)), "the menus are out")
        await control.fault("telegram", "*/setMyCommands", "status", status=502, times=0)
        await choose(person, say, other, other.language)
        await first.jobs.idle()
    assert not own(box, person)
    await control.mend()
    clock.forward(60)
    async with start(clock=clock) as second:
        await until(lambda: speaks(box, person, other), "it is told after the restart")
        await second.db.write(lambda tx: meta.put(tx, "menus", "of another version"))
    box.world.telegram.profile.commands.clear()
    async with start(clock=clock):
        await until(lambda: bool(own(box, person)), "a version with other commands tells it anew")
        await until(lambda: speaks(box, person, other), "in the chosen language")


async def test_an_operator_keeps_the_operators_commands(
    start: Start,
    person: Person,
    say: Words,
    other: Words,
    box: Sandbox,
    control: Control,
    language: str,
) -> None:
    await control.telegram("options", limits=False)
    await person.send("/start")
    async with start(clock=Hurried(), admin_ids=str(PEOPLE[language])):
        await until(lambda: "admin" in seen(box, person), "an operator's menu")
        assert speaks(box, person, say)
        await choose(person, say, other, other.language)
        await until(lambda: speaks(box, person, other), "in the chosen language")
        assert "admin" in seen(box, person)
        await choose(person, other, say, "auto")
        await until(lambda: speaks(box, person, say), "in that of the app")
        assert "admin" in seen(box, person)
