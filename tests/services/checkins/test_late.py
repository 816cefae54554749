"""Days that ended while no process ran, or without an answer: each is told as what it was."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.beijing import day_of, end_of
from services.checkins.late import AGAIN_SECONDS, AWAY, UNKNOWN
from services.checkins.plan import share_of
from services.names import Service
from tests.services.checkins.checkindays import *  # noqa: F403
from tests.services.checkins.checkindays import SPREAD, XIAOYU, at_beijing, live, notices, posts, row
from tests.services.conftest import House

HOUR = 3600.0


async def tried(house: House, kind: str, **more: object) -> date:
    """Let a day's check-in meet a fault until its last call is all that is left, and end the process."""
    today = day_of(house.clock.now())
    await house.services.people.change(XIAOYU, checkin_at="20:00", notices="failures")
    house.fault("hdhive", "*/checkin", kind, times=0, **more)
    await live(house, end_of(today) - 600 - house.clock.now())
    one = await row(house, today)
    assert one is not None
    assert one.state == "later"
    return today


async def back(house: House, hour: float = 0.2) -> None:
    """Start again on the next day, HDHive well."""
    house.box.world.faults.clear()
    await at_beijing(house, hour)


async def state(house: House, day: date) -> tuple[str, str | None]:
    one = await row(house, day)
    assert one is not None
    assert one.next_at is None
    return one.state, one.reason


async def _silence(house: House) -> None:
    """Have HDHive tell nothing of its users any more."""
    house.fault("hdhive", "*/me", "status", status=503, times=0)


async def test_a_day_that_was_missed_is_told_on_return(linked: House) -> None:
    day = await tried(linked, "status", status=503)
    await back(linked)
    before = posts(linked)
    await live(linked, 2 * HOUR)
    assert await state(linked, day) == ("missed", "UpstreamBroken")
    assert [(one["state"], one["day"]) for one in await notices(linked)] == [("missed", day.isoformat())]
    assert posts(linked) == before
    await live(linked, 20 * HOUR)
    assert await state(linked, day + timedelta(days=1)) == ("done", None)
    assert posts(linked) == before + 1
    assert len(await notices(linked)) == 1


@pytest.mark.parametrize("hour", [0.2, 21.5])
async def test_one_that_counted_is_told_as_done(linked: House, hour: float) -> None:
    """The answer got lost, and the day ended before it could be read back."""
    linked.steps.at["checkin.sending"] = lambda: _silence(linked)
    day = await tried(linked, "reset_after")
    await back(linked, hour)
    await linked.services.people.change(XIAOYU, notices="all")
    await live(linked, 2 * HOUR)
    assert await state(linked, day) == ("done", None)
    told = [(one["state"], one["day"]) for one in await notices(linked)]
    assert told[0] == ("done", day.isoformat())
    assert (await linked.services.checkins.history(XIAOYU)).streak == len(told)


async def test_one_that_came_back_by_hand_on_the_site_counts(linked: House) -> None:
    day = await tried(linked, "status", status=401, body='{"code": "EXPIRED_API_KEY"}')
    linked.box.world.hdhive.checkins[XIAOYU, day.isoformat()] = 5
    await back(linked)
    await live(linked, 2 * HOUR)
    assert await state(linked, day) == ("already", None)
    assert await notices(linked) == []


async def test_what_a_later_one_hides_is_called_unknown(linked: House) -> None:
    day = await tried(linked, "reset", after=False)
    assert (one := await row(linked, day)) is not None
    assert one.sent
    await back(linked)
    linked.box.world.hdhive.checkins[XIAOYU, (day + timedelta(days=1)).isoformat()] = 5
    await live(linked, 2 * HOUR)
    assert await state(linked, day) == ("missed", UNKNOWN)
    assert [one["state"] for one in await notices(linked)] == ["missed"]


async def test_who_is_not_answered_asks_again_until_the_next_turn(linked: House) -> None:
    day = await tried(linked, "reset", after=False)
    linked.box.world.faults.clear()
    linked.fault("hdhive", "*/me", "status", status=503, times=0)
    await at_beijing(linked, 0.2)
    await live(linked, 19 * HOUR)
    assert (one := await row(linked, day)) is not None
    assert one.state == "later"
    asked = [e.at for e in linked.box.world.journal.entries if e.path.endswith("/me")]
    apart = [later - earlier for earlier, later in pairwise(asked)]
    assert sum(wait >= AGAIN_SECONDS * 0.7 for wait in apart) >= 10
    await live(linked, 4 * HOUR)
    assert await state(linked, day) == ("missed", UNKNOWN)
    assert await state(linked, day + timedelta(days=1)) == ("done", None)
    assert [one["state"] for one in await notices(linked)] == ["missed"]


async def test_a_lost_grant_ends_the_day_without_another_word(linked: House) -> None:
    day = await tried(linked, "status", status=503)
    await back(linked)
    linked.box.world.expire("hdhive", XIAOYU, "grant")
    await live(linked, 2 * HOUR)
    assert (await state(linked, day))[0] == "lost"
    assert [one["kind"] for one in await notices(linked)] == ["link_lost"]


async def test_days_without_any_process_are_missed_and_told_once(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30", notices="failures")
    await at_beijing(linked, 3.0, days=4)
    await live(linked, 2 * HOUR)
    gone = [today + timedelta(days=n) for n in range(4)]
    assert [await state(linked, day) for day in gone] == [("missed", AWAY)] * 4
    assert [one["day"] for one in await notices(linked)] == [gone[-1].isoformat()]
    await live(linked, 12 * HOUR)
    assert await state(linked, today + timedelta(days=4)) == ("done", None)
    assert posts(linked) == 1


async def test_who_comes_back_late_in_the_day_waits_for_one_turn_only(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    await at_beijing(linked, 12.0, days=1)
    back_at = linked.clock.now()
    await live(linked, 2 * HOUR)
    tomorrow = today + timedelta(days=1)
    assert [await state(linked, day) for day in (today, tomorrow)] == [("missed", AWAY), ("done", None)]
    assert (one := await row(linked, tomorrow)) is not None
    assert one.updated_at == pytest.approx(back_at + share_of(XIAOYU) * SPREAD, abs=5)


async def test_nobody_missed_a_day_without_an_account(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30", notices="failures")
    await linked.services.linking.unlink(XIAOYU, Service.HDHIVE)
    await at_beijing(linked, 3.0, days=2)
    await linked.link(XIAOYU)
    await live(linked, 12 * HOUR)
    assert [await row(linked, today + timedelta(days=n)) for n in range(2)] == [None, None]
    assert await state(linked, today + timedelta(days=2)) == ("done", None)
    assert await notices(linked) == []


async def test_in_the_last_minute_a_doubt_is_left_to_the_next_day(linked: House) -> None:
    day = await tried(linked, "reset", after=False)
    linked.box.world.faults.clear()
    await at_beijing(linked, 24 - 30 / HOUR)
    before = posts(linked)
    await live(linked, 10)
    assert (one := await row(linked, day)) is not None
    assert one.state == "later"
    await live(linked, 2 * HOUR)
    assert await state(linked, day) == ("missed", "Unreachable")
    assert posts(linked) == before
