"""Refresh on the card of /admin asks the services anew, but not at every press."""

import pytest

from bot.web import health
from bot.wiring import House
from tests.conftest import Start
from tests.driver import Control, Journal, Message, Person
from tests.e2e.conftest import PEOPLE
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

ASKED = (("hdhive", "/api/open/ping"), ("acgbt", "/api/v1"))
LONG = 3600.0


@pytest.fixture
async def bot(
    start: Start, control: Control, clock: Hurried, language: str, monkeypatch: pytest.MonkeyPatch
) -> House:
    """An operator's bot; what it was told is old after an hour, so that a slow machine does the same."""
    monkeypatch.setattr(health, "ANEW_SECONDS", LONG)
    monkeypatch.setattr(health, "UPSTREAM_SECONDS", 10 * LONG)
    await control.telegram("options", limits=False)
    async with start(clock=clock, admin_ids=str(PEOPLE[language])) as house:
        yield house  # type: ignore[misc]


async def asked(journal: Journal) -> list[int]:
    return [len(await journal.calls(service, "GET", path)) for service, path in ASKED]


async def refreshed(person: Person, say: Words, clock: Hurried, card: Message) -> Message:
    """The card after a press on Refresh; within the same second it would not have changed."""
    clock.forward(1.0)
    await person.press(card, say("button.refresh"))
    return await person.until(say.starts("admin.title"))


async def known(person: Person, say: Words, clock: Hurried) -> Message:
    """The card once the services have answered."""
    card = await person.until(say.starts("admin.title"))
    while say("admin.asking") in card.text:
        card = await refreshed(person, say, clock, card)
    return card


async def test_refresh_asks_anew(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await person.send("/admin")
    card = await known(person, say, clock)
    assert say("admin.up", service="HDHive", state=say("admin.state.ok")) in card.text
    await journal.forget()
    await refreshed(person, say, clock, card)
    assert await asked(journal) == [0, 0], "it was asked a moment ago"
    await control.fault("hdhive", "/api/open/ping", "status", status=503, times=0)
    clock.forward(LONG + 1)
    await person.press(card, say("button.refresh"))
    await person.until(say("admin.down", service="HDHive", state=say("admin.state.broken")))
    pings, versions = await asked(journal)
    assert pings >= 1, "a fault is tried again"
    assert versions == 1
    await journal.forget()
    await refreshed(person, say, clock, card)
    assert await asked(journal) == [0, 0]
