"""Dates on cards: by the person's own clock, an offset included, and whatever moment a service names."""

import pytest

from bot.wiring import House
from handlers.linking.device import picture
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Person
from tests.e2e.drive.driveways import into, opened, put
from tests.e2e.words import Words

ENDLESS = 2**62


@pytest.fixture
async def offset(bot: House, person: Person) -> Person:
    """Somebody whose time zone is no place but an offset, as the settings take it."""
    await person.send("/start")
    await person.until(lambda message: bool(message.buttons))
    await bot.services.people.change(person.id, timezone="UTC+08:00")
    return person


async def test_the_end_of_an_account_is_told_by_an_offset(offset: Person, say: Words) -> None:
    await linked(offset, "hdhive")
    await offset.send("/accounts")
    card = await offset.until(say("accounts.title"))
    assert say.starts("account.expires").partition("{")[0] in card.text


async def test_a_file_without_a_name_goes_up_by_an_offset(offset: Person, say: Words, box: Sandbox) -> None:
    await linked(offset, "disktop")
    await offset.send_photo(picture("a picture") or b"")
    done = await offset.until(say.starts("upload.done").partition("<")[0].partition("{")[0], timeout=20)
    assert "20" in done.text, "named by its day"


async def test_a_link_that_never_ends_is_shown(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    put(box, person, "film.mkv", 9_000_000)
    card = await into(person, await opened(person), "film.mkv", "film.mkv")
    body = {"errno": 0, "data": {"url": "https://example.com/film.mkv", "expires_in": ENDLESS}}
    await control.fault("disktop", "/v1/files/*/download", "status", status=200, body=body, times=0)
    await person.press(card, say("button.download"))
    await person.until(lambda m: m.id == card.id and m.find(say("button.open_download")) is not None)
