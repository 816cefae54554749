"""Check-ins that run themselves, on a real database, against the sandbox, by a clock that is moved."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.beijing import day_of, start_of
from services.checkins.plan import LAST_CALL_SECONDS, Plan, share_of
from services.checkins.runs import LINKED_AGAIN_SECONDS
from services.names import Service
from storage import checkins, jobs, users
from tests.services.checkins.checkindays import *  # noqa: F403
from tests.services.checkins.checkindays import SPREAD, XIAOYU, at_beijing, live, notices, posts, row
from tests.services.conftest import House
from tests.services.jobs import living


async def test_it_runs_at_its_time_every_day(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    slot = start_of(today) + 8.5 * 3600 + share_of(XIAOYU) * SPREAD
    history = await linked.services.checkins.history(XIAOYU)
    assert history.next_at == pytest.approx(slot)
    await live(linked, slot - linked.clock.now() - 60)
    assert posts(linked) == 0
    await live(linked, 3 * 86400 + 120)
    done = [await row(linked, today + timedelta(days=n)) for n in range(4)]
    assert [one and one.state for one in done] == ["done", "done", "done", "done"]
    assert all(one and one.gained and one.points and one.automatic for one in done)
    assert posts(linked) == 4
    assert (await linked.services.checkins.history(XIAOYU)).streak == 4
    assert [notice["state"] for notice in await notices(linked)] == ["done"] * 4


async def test_a_press_of_the_same_day_counts(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    pressed = await linked.services.checkins.check_in(XIAOYU)
    assert pressed.checked_in
    await live(linked, 12 * 3600)
    one = await row(linked, today)
    assert one is not None
    assert (one.state, one.gained, one.automatic) == ("done", pressed.gained, False)
    assert posts(linked) == 1
    assert await notices(linked) == []


async def test_faults_are_waited_out_longer_and_longer(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    linked.fault("hdhive", "*/checkin", "status", status=502, times=5)
    await live(linked, 12 * 3600)
    times = [e.at for e in linked.box.world.journal.entries if e.path.endswith("/checkin")]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 6
    assert all(later > earlier for earlier, later in pairwise(waits)), waits
    one = await row(linked, today)
    assert one is not None
    assert (one.state, one.tries) == ("done", 6)
    assert [notice["state"] for notice in await notices(linked)] == ["done"]


async def test_faults_to_the_end_of_the_day_are_told(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="20:00", notices="failures")
    linked.fault("hdhive", "*/checkin", "status", status=503, times=0)
    await live(linked, 25 * 3600)
    one = await row(linked, today)
    assert one is not None
    assert (one.state, one.reason) == ("missed", "UpstreamBroken")
    assert [notice["state"] for notice in await notices(linked)] == ["missed"]
    last = [e.at for e in linked.box.world.journal.entries if e.path.endswith("/checkin")][-1]
    assert last <= start_of(today + timedelta(days=1)) - LAST_CALL_SECONDS


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [
        ("VIP_REQUIRED", 403, "premium"),
        ("USER_LEVEL_REQUIRED", 403, "premium"),
        ("USER_SCOPE_NOT_ALLOWED", 403, "lost"),
        ("RISK_BLOCKED", 403, "refused"),
        ("ENDPOINT_DISABLED", 403, "refused"),
    ],
)
async def test_a_clear_answer_is_not_asked_for_again(
    linked: House, code: str, status: int, state: str
) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    body = f'{{"success": false, "code": "{code}", "message": "no"}}'
    linked.fault("hdhive", "*/checkin", "status", status=status, body=body, times=0)
    await live(linked, 3 * 86400 - 7200)
    ends = [await row(linked, today + timedelta(days=n)) for n in range(3)]
    assert [one and one.state for one in ends] == [state] * 3
    # Once a day, and told on the first one only: nothing has changed since.
    assert posts(linked) == 3
    assert [notice["state"] for notice in await notices(linked)] == [state]


async def test_a_lost_grant_is_told_by_who_finds_it(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    linked.box.world.expire("hdhive", XIAOYU, "grant")
    await live(linked, 86400 + 12 * 3600)
    first = await row(linked, today)
    assert first is not None
    assert first.state == "lost"
    assert [notice["kind"] for notice in await notices(linked)] == ["link_lost"]
    # Linked again, the same day's works.
    before = posts(linked)
    await linked.link(XIAOYU)
    await live(linked, 2 * 3600 + LINKED_AGAIN_SECONDS)
    assert (await linked.services.checkins.history(XIAOYU)).rows[-1].state == "done"
    assert posts(linked) == before + 1


async def test_what_was_missed_runs_on_return(linked: House) -> None:
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    await at_beijing(linked, 19.0)
    back = linked.clock.now()
    await live(linked, 3700)
    one = await row(linked, today)
    assert one is not None
    assert one.state == "done"
    # Not at once: everybody comes back at the same moment.
    assert one.updated_at == pytest.approx(back + share_of(XIAOYU) * SPREAD, abs=5)


@pytest.mark.parametrize(
    "step", ["checkin.claimed", "checkin.sending", "checkin.answered", "checkin.written"]
)
async def test_a_crash_sends_nothing_twice(linked: House, step: str) -> None:
    """A service that would count a second one: reading back keeps us from it."""
    linked.box.world.options.change({"hdhive_checkin_repeats": True})
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    await at_beijing(linked, 9.9)
    linked.steps.crash_at = step
    with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever the runner makes of a crash
        await asyncio.wait_for(living.until_crash(linked, linked.services.checkins.jobs()), 10)
    linked.steps.crash_at = None
    linked.clock.advance(31)
    await live(linked, 7200)
    one = await row(linked, today)
    assert one is not None
    assert one.state == "done"
    assert posts(linked) == 1
    assert [notice["state"] for notice in await notices(linked)] == ["done"]


async def test_a_change_of_mind_moves_the_next_one(linked: House) -> None:
    people = linked.services.people
    await people.change(XIAOYU, checkin_at="08:30")
    await people.change(XIAOYU, checkin_at="20:00")
    today = day_of(linked.clock.now())
    history = await linked.services.checkins.history(XIAOYU)
    assert history.next_at == pytest.approx(start_of(today) + 20 * 3600 + share_of(XIAOYU) * SPREAD)
    # 20:00 in New York is the next morning in Beijing.
    await people.change(XIAOYU, timezone="America/New_York")
    await live(linked, 86400)
    assert posts(linked) == 1
    await people.change(XIAOYU, checkin_at=None)
    assert (await linked.services.checkins.history(XIAOYU)).next_at is None
    await live(linked, 3 * 86400)
    assert posts(linked) == 1


async def test_two_people_of_one_account_check_in_once(linked: House) -> None:
    """Both Telegram users have linked the same HDHive account."""
    other = 1002
    await linked.services.people.arrive(other, "en", "Ben")
    await linked.link(other, Service.HDHIVE, XIAOYU)
    await linked.services.people.change(XIAOYU, checkin_at="08:30")
    await linked.services.people.change(other, checkin_at="09:00")
    today = day_of(linked.clock.now())
    await live(linked, 14 * 3600)
    assert posts(linked) == 1
    first, second = await row(linked, today), await row(linked, today, other)
    assert first is not None
    assert first == second


async def test_a_missing_job_is_planned_at_the_start(linked: House) -> None:
    await linked.services.people.change(XIAOYU, checkin_at="08:30", notices="weekly")
    for kind in linked.services.checkins.jobs():
        await linked.services.db.write(lambda tx, kind=kind: jobs.cancel(tx, kind, str(XIAOYU)))
    await linked.services.resume()
    assert len(await linked.jobs("checkin.auto")) == len(await linked.jobs("checkin.digest")) == 1
    await linked.services.resume()
    assert len(await linked.jobs("checkin.auto")) == 1


async def test_a_week_is_told_on_monday(linked: House) -> None:
    # From a Wednesday on, whatever today is.
    await at_beijing(linked, 1.5, days=(2 - day_of(linked.clock.now()).weekday()) % 7)
    await linked.services.people.change(XIAOYU, checkin_at="08:30", notices="weekly")
    await live(linked, 15 * 86400)
    told = await notices(linked)
    assert [notice["kind"] for notice in told] == ["checkin_week"] * 2
    await linked.services.people.change(XIAOYU, notices="failures")
    await live(linked, 8 * 86400)
    assert len(await notices(linked)) == 2


ZONES = ("Asia/Shanghai", "America/New_York", "Europe/London", "UTC", "UTC+05:45", "Pacific/Kiritimati")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("clock", ["00:00", "00:01", "08:30", "11:59", "16:00", "23:59"])
def test_every_beijing_day_has_one_moment(zone: str, clock: str) -> None:
    for user in range(20):
        plan = Plan(user, clock, zone, SPREAD)
        for n in range(400):
            day = date(2026, 1, 1) + timedelta(days=n)
            assert start_of(day) + 60 <= plan.slot(day) <= start_of(day) + 86400 - LAST_CALL_SECONDS * 2


def test_ten_thousand_accounts_do_not_fire_in_one_minute() -> None:
    day = date(2026, 3, 3)
    minutes = Counter(
        int(Plan(user, "08:30", "Asia/Shanghai", SPREAD).slot(day) // 60) for user in range(10_000)
    )
    assert len(minutes) >= 60
    assert max(minutes.values()) < 250


async def test_the_user_is_kept(linked: House) -> None:
    assert await linked.services.db.read(lambda tx: users.get(tx, XIAOYU)) is not None
    assert await linked.services.db.read(lambda tx: checkins.before(tx, XIAOYU, "2000-01-01")) is None
