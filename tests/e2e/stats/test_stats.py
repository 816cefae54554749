"""/stats: the site in numbers, and its days as pictures."""

from datetime import date, timedelta

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from services.beijing import day_of
from tests.driver import Control, Journal, Message, Person
from tests.e2e.videos.mikaways import joined, signed_in
from tests.e2e.words import Words

OVERVIEW, VIDEOS, USERS = (
    "/api/admin/statistics/overview",
    "/api/admin/statistics/videos",
    "/api/admin/statistics/users",
)
WAYS = {"zh": "login", "en": "key"}


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person, language: str) -> Account:
    return await joined(bot, box, person, WAYS[language])


async def opened(person: Person, say: Words) -> Message:
    await person.send("/stats")
    # The first picture of a process takes its time.
    return await person.until(lambda m: m.has_photo and say("stats.title") in m.text, 60)


def today(bot: House) -> date:
    return day_of(bot.services.clock.now())


async def test_the_overview_and_the_last_days_of_videos_as_a_picture(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, language: str, journal: Journal
) -> None:
    card = await opened(person, say)
    for path in (OVERVIEW, VIDEOS):
        assert signed_in((await journal.calls("mika", "GET", path))[-1], account) == WAYS[language]
    total = say("stats.totals", videos=len(box.world.mika.videos), users="", views="").split("·")[0].strip()
    assert total in card.text
    assert say("stats.storage", size="").strip() in card.text
    (asked,) = await journal.calls("mika", "GET", VIDEOS)
    first = today(bot) - timedelta(days=29)
    assert asked.query == {"start_date": first.isoformat(), "end_date": today(bot).isoformat()}


@pytest.mark.parametrize("days", ["7", "90"])
async def test_ranges_by_buttons(
    bot: House, person: Person, say: Words, account: Account, journal: Journal, days: str
) -> None:
    card = await opened(person, say)
    await person.press(card, say(f"stats.range.{days}"))
    other = await person.until(lambda m: f"● {say(f'stats.range.{days}')}" in [b.text for b in m.buttons])
    first = today(bot) - timedelta(days=int(days) - 1)
    assert (await journal.calls("mika", "GET", VIDEOS))[-1].query["start_date"] == first.isoformat()
    assert f"{first.isoformat()}" in other.text
    assert other.id == card.id
    assert other.file_id != card.file_id


async def test_users_over_this_month(
    bot: House, person: Person, say: Words, account: Account, language: str, journal: Journal
) -> None:
    card = await opened(person, say)
    await person.press(card, say("stats.kind.users"))
    users = await person.until(lambda m: f"● {say('stats.kind.users')}" in [b.text for b in m.buttons])
    await person.press(users, say("stats.range.month"))
    await person.until(lambda m: f"● {say('stats.range.month')}" in [b.text for b in m.buttons])
    asked = await journal.calls("mika", "GET", USERS)
    assert [signed_in(call, account) for call in asked] == [WAYS[language]] * 2
    first = today(bot).replace(day=1)
    assert asked[-1].query == {"start_date": first.isoformat(), "end_date": today(bot).isoformat()}


async def test_a_range_that_cannot_be_had_hides_no_totals(
    person: Person, say: Words, account: Account, control: Control
) -> None:
    await control.fault("mika", VIDEOS, "status", status=500, times=0)
    await person.send("/stats")
    told = await person.until(say("problem.broken", service=say("service.mika")))
    assert say("stats.title") in told.text
    await control.mend()
    await person.press(told, say("button.refresh"))
    await person.until(lambda m: m.has_photo, 60)


async def test_days_without_anything_are_words_only(
    person: Person, say: Words, account: Account, control: Control
) -> None:
    empty = {"code": 0, "message": "success", "data": {"list": []}}
    await control.fault("mika", VIDEOS, "status", status=200, body=empty)
    await person.send("/stats")
    told = await person.until(say("stats.title"))
    assert not told.has_photo
    assert told.find(say("stats.range.7")) is not None


async def test_who_may_not_is_told_so(person: Person, say: Words, account: Account) -> None:
    account.rights = "member"
    await person.send("/stats")
    await person.until(say("video.no_rights"))
