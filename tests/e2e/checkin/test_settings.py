"""Check-ins chosen on the card of /settings: what is chosen there is what HDHive is asked."""

import pytest

from tests.driver import Journal, Person
from tests.e2e.checkin.mornings import *  # noqa: F403
from tests.e2e.checkin.mornings import CHECKIN, MORNING, Mornings
from tests.e2e.settings.test_settings import opened
from tests.e2e.words import Words


async def sent(journal: Journal) -> list[object]:
    return [call.json for call in await journal.calls("hdhive", "POST", CHECKIN)]


async def test_time_and_mode_are_what_the_day_brings(
    mornings: Mornings, person: Person, say: Words, journal: Journal
) -> None:
    card = await opened(person, say, "checkin")
    assert say("settings.line.checkin_off") in card.text
    await person.press(card, "08:30")
    card = await person.until(say("settings.line.checkin", time="08:30"))
    assert card.find("✓ 08:30") is not None
    assert card.find(f"✓ {say('settings.checkin.normal')}") is not None
    await person.press(card, say("settings.checkin.lucky"))
    card = await person.until(say("settings.line.checkin_lucky", time="08:30"))
    assert card.find(f"✓ {say('settings.checkin.lucky')}") is not None
    await journal.forget()
    await mornings.to(MORNING)
    await person.until(lambda m: m.find(say("button.checkin_history")) is not None and m.id > card.id)
    assert await sent(journal) == [{"is_gambler": True}]
    await person.press(card, say("settings.checkin.normal"))
    card = await person.until(say("settings.line.checkin", time="08:30"))
    await mornings.to(MORNING, days=1)
    assert await sent(journal) == [{"is_gambler": True}, {"is_gambler": False}]
    await person.press(card, say("settings.off"))
    card = await person.until(say("settings.line.checkin_off"))
    assert card.find(f"✓ {say('settings.off')}") is not None
    await mornings.to(MORNING, days=1)
    assert len(await sent(journal)) == 2, "switched off, nobody is asked"


async def test_another_time_is_typed(
    mornings: Mornings, person: Person, say: Words, journal: Journal
) -> None:
    card = await opened(person, say, "checkin")
    await person.press(card, say("settings.checkin.time_button"))
    await person.until(say("settings.checkin.time_ask"))
    await person.send("25:00")
    await person.until(say("settings.checkin.time_bad"))
    # The question stands: the next words answer it.
    await person.send("7点45")
    await person.until(say("settings.line.checkin", time="07:45"))
    await journal.forget()
    await mornings.to(7.7)
    assert await sent(journal) == []
    await mornings.to(7.77)
    assert await sent(journal) == [{"is_gambler": False}]


@pytest.mark.parametrize("words", ["soon", "24:00", "8:61"])
async def test_a_command_with_no_time_says_so_and_keeps_what_holds(
    mornings: Mornings, person: Person, say: Words, journal: Journal, words: str
) -> None:
    await person.send("/checkin auto 8:30")
    await person.until(say("settings.line.checkin", time="08:30"))
    await person.send(f"/checkin auto {words}")
    told = await person.until(say("settings.checkin.time_bad"))
    assert say("settings.line.checkin", time="08:30") in told.text
    await person.press(told, "12:30")
    card = await person.until(say("settings.line.checkin", time="12:30"))
    assert say("settings.checkin.time_bad") not in card.text
    assert card.id == told.id
    await journal.forget()
    await mornings.to(MORNING)
    assert await sent(journal) == []
    await mornings.to(12.52)
    assert await sent(journal) == [{"is_gambler": False}]
