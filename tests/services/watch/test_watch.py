"""Looking after linked accounts: what matters is told, once, by a clock that is moved over days."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from sandbox.hdhive.resources import week
from services.beijing import DAY_SECONDS
from services.names import Service
from services.notices import NOTICE
from services.watch.athdhive import week_end
from services.watch.turns import PERIOD_SECONDS, RETURN_SECONDS, next_turn
from services.watch.watching import LOOK
from storage.schema import watches
from tests.services.conftest import Builder, Crash, House
from tests.services.jobs import living
from tests.services.watch.watching import *  # noqa: F403
from tests.services.watch.watching import GIB, XIAOYU, calls, live, to_the_week, told


async def test_a_few_calls_a_day_and_nothing_to_tell(linked: House) -> None:
    await live(linked, 10 * DAY_SECONDS)
    assert await told(linked) == []
    # The first one was for linking.
    looks = calls(linked, "/me")[1:]
    assert 28 <= len(looks) <= 31
    assert all(abs(later - earlier - PERIOD_SECONDS) < 120 for earlier, later in pairwise(looks))
    assert 9 <= len(calls(linked, "/api/open/shares")) <= 11
    assert len(calls(linked, "/weekly-free-quota")) == 1
    assert sum(e.service == "hdhive" for e in linked.box.world.journal.entries) < 10 * 10


def test_no_two_accounts_have_the_same_minutes() -> None:
    minutes = Counter(int(next_turn(user, s, 1.8e9) // 60) for user in range(10_000) for s in Service)
    assert max(minutes.values()) < 250
    assert len(minutes) == PERIOD_SECONDS / 60 + 1 or len(minutes) == PERIOD_SECONDS / 60
    for now in (0.0, 1.8e9, 1.8e9 + 12345.6):
        assert now < next_turn(XIAOYU, "hdhive", now) <= now + PERIOD_SECONDS
    assert next_turn(XIAOYU, "hdhive", 0.0) != next_turn(XIAOYU, "disktop", 0.0)


async def test_points_that_fell_by_nobodys_doing_are_told_once(linked: House) -> None:
    person = linked.box.world.people[XIAOYU]
    await live(linked, DAY_SECONDS)
    person.points -= 30
    await live(linked, DAY_SECONDS)
    (notice,) = await told(linked)
    assert (notice["kind"], notice["lost"], notice["points"], notice["ours"]) == ("watch_points", 30, 90, 0)
    person.points += 500
    await live(linked, DAY_SECONDS)
    assert len(await told(linked)) == 1


async def test_what_our_own_books_explain_is_no_surprise(linked: House) -> None:
    await live(linked, DAY_SECONDS)
    slug = next(
        r.slug
        for r in linked.box.world.catalogue.resources.values()
        if r.unlock_points == 3 and r.owner.person is None and not r.is_official
    )
    outcome = await linked.services.unlocking.unlock(XIAOYU, slug, 3, None, linked.clock.now())
    assert outcome.state == "done"
    await linked.services.checkins.check_in(XIAOYU)
    await live(linked, DAY_SECONDS)
    await linked.services.watch.spent(XIAOYU, 1)
    linked.box.world.people[XIAOYU].points -= 1
    await live(linked, DAY_SECONDS)
    assert await told(linked) == []
    # Of 25 points that are gone, ours are three; what an earlier note explained explains nothing more.
    other = next(
        r.slug
        for r in linked.box.world.catalogue.resources.values()
        if r.unlock_points == 3 and r.owner.person is None and not r.is_official and r.slug != slug
    )
    await linked.services.unlocking.unlock(XIAOYU, other, 3, None, linked.clock.now())
    linked.box.world.people[XIAOYU].points -= 22
    await live(linked, DAY_SECONDS)
    (notice,) = await told(linked)
    assert (notice["lost"], notice["ours"]) == (22, 3)


async def test_without_premium_nobody_is_asked_again_and_again(linked: House) -> None:
    linked.box.world.people[XIAOYU].premium = False
    await live(linked, 5 * DAY_SECONDS)
    assert 5 <= len(calls(linked, "/me")) <= 6
    assert not calls(linked, "/weekly-free-quota")
    assert await told(linked) == []


async def test_free_unlocks_are_told_before_they_lapse(linked: House) -> None:
    linked.box.world.people[XIAOYU].forever_premium = True
    end = week_end(linked.clock.now())
    await live(linked, 14 * DAY_SECONDS)
    first, second = await told(linked, "watch_weekly")
    assert (first["remaining"], first["until"]) == (3, end)
    assert second["until"] == end + 7 * DAY_SECONDS
    assert len(calls(linked, "/weekly-free-quota")) == 2
    jobs_at = [job.run_at for job in await linked.jobs(NOTICE)]
    assert end - 30 * 3600 <= jobs_at[0] <= end - 20 * 3600


async def test_used_up_or_endless_free_unlocks_are_not_told(linked: House) -> None:
    linked.box.world.people[XIAOYU].forever_premium = True
    await to_the_week(linked, 0.5)
    linked.box.world.hdhive.free_used[(XIAOYU, week(linked.box.world))] = 3
    await live(linked, 6.5 * DAY_SECONDS)
    assert await told(linked) == []
    body = '{"success": true, "code": "200", "message": "ok", "data": {"remaining": -1, "limit": 3}}'
    linked.fault("hdhive", "*/weekly-free-quota", "status", status=200, body=body, times=0)
    await live(linked, 7 * DAY_SECONDS)
    assert await told(linked) == []


async def test_a_drive_that_fills_up_is_told_at_each_step(linked: House) -> None:
    drive = linked.box.world.people[XIAOYU]
    drive.disk_total = 100 * GIB
    drive.disk_used = 50 * GIB
    await linked.link(XIAOYU, Service.DISKTOP)
    await live(linked, DAY_SECONDS)
    for used in (92, 91, 89, 92):
        # Around the mark it is told once.
        drive.disk_used = used * GIB
        await live(linked, DAY_SECONDS)
    (nearly,) = await told(linked, "watch_full")
    assert (nearly["level"], nearly["free"], nearly["total"]) == (1, 8 * GIB, 100 * GIB)
    drive.disk_used = 100 * GIB
    await live(linked, DAY_SECONDS)
    assert [one["level"] for one in await told(linked, "watch_full")] == [1, 2]
    drive.disk_used = 20 * GIB
    await live(linked, DAY_SECONDS)
    drive.disk_used = 95 * GIB
    await live(linked, DAY_SECONDS)
    assert [one["level"] for one in await told(linked, "watch_full")] == [1, 2, 1]
    # A large drive is not nearly full at nine tenths.
    drive.disk_total, drive.disk_used = 1500 * GIB, 1400 * GIB
    await live(linked, DAY_SECONDS)
    assert len(await told(linked, "watch_full")) == 3


async def test_an_authorization_is_kept_alive_as_long_as_it_can_be(linked: House) -> None:
    await live(linked, 70 * DAY_SECONDS)
    assert await told(linked) == []


async def test_an_authorization_that_cannot_live_on_is_told_once_before_it_ends(linked: House) -> None:
    linked.box.world.options.change({"hdhive_refresh": "keep"})
    await live(linked, 29 * DAY_SECONDS)
    (notice,) = await told(linked)
    assert (notice["kind"], notice["service"]) == ("watch_expiring", "hdhive")
    (job,) = await linked.jobs(NOTICE)
    assert 2.5 * DAY_SECONDS < notice["until"] - job.run_at <= 3 * DAY_SECONDS
    # It ends: found by the next look, told once more, and never again.
    await live(linked, 10 * DAY_SECONDS)
    assert [one["kind"] for one in await told(linked)] == ["watch_expiring", "link_lost"]
    assert not await linked.jobs(LOOK)


async def test_a_lost_authorization_is_found_without_being_used(linked: House) -> None:
    linked.box.world.expire("hdhive", XIAOYU, "grant")
    await live(linked, DAY_SECONDS)
    assert [one["kind"] for one in await told(linked)] == ["link_lost"]
    before = len(linked.box.world.journal.entries)
    await live(linked, 5 * DAY_SECONDS)
    assert len(linked.box.world.journal.entries) == before
    # Linked again, its turns begin anew by themselves.
    await linked.link(XIAOYU)
    looked = len(calls(linked, "/me"))
    await live(linked, DAY_SECONDS)
    assert len(calls(linked, "/me")) > looked
    assert len(await told(linked)) == 1


async def test_faults_and_cool_downs_tell_nothing_and_lose_nothing(linked: House) -> None:
    await live(linked, DAY_SECONDS)
    linked.box.world.people[XIAOYU].points -= 10
    linked.fault("hdhive", "/api/open/*", "status", status=502, times=0)
    await live(linked, 2 * DAY_SECONDS)
    assert await told(linked) == []
    linked.box.world.faults.clear()
    linked.fault("hdhive", "*/me", "status", status=429, retry_after=7200)
    await live(linked, PERIOD_SECONDS)
    assert await told(linked) == []
    await live(linked, DAY_SECONDS)
    assert [one["lost"] for one in await told(linked)] == [10]


async def test_who_does_not_want_it_is_left_alone(linked: House) -> None:
    person = linked.box.world.people[XIAOYU]
    await live(linked, DAY_SECONDS)
    await linked.services.people.change(XIAOYU, watch=False)
    before = len(linked.box.world.journal.entries)
    person.points -= 50
    await live(linked, 3 * DAY_SECONDS)
    assert len(linked.box.world.journal.entries) == before
    # On again, it begins with what is.
    await linked.services.people.change(XIAOYU, watch=True)
    await live(linked, 2 * DAY_SECONDS)
    assert len(linked.box.world.journal.entries) > before
    assert await told(linked) == []
    person.points -= 5
    await live(linked, DAY_SECONDS)
    assert [one["lost"] for one in await told(linked)] == [5]


async def test_unlinked_accounts_leave_nothing_behind(linked: House) -> None:
    await live(linked, DAY_SECONDS)
    await linked.services.linking.unlink(XIAOYU, Service.HDHIVE)
    await live(linked, DAY_SECONDS)
    assert not await linked.jobs(LOOK)
    assert await linked.services.db.read(_rows) == 0


async def _rows(tx: Any) -> int:
    return int((await tx.conn.execute(select(func.count()).select_from(watches))).scalar_one())


async def test_missed_turns_are_made_up_for_one_after_another(linked: House) -> None:
    await live(linked, DAY_SECONDS)
    last = calls(linked, "/me")[-1]
    linked.clock.advance(5 * DAY_SECONDS)
    back = linked.clock.now()
    await live(linked, RETURN_SECONDS + 60)
    new = [at for at in calls(linked, "/me") if at > last]
    assert 1 <= len(new) <= 2
    assert all(at >= back + 60 for at in new)


@pytest.mark.parametrize("step", ["watch.looking", "watch.looked", "watch.planned"])
async def test_a_crash_tells_nothing_twice_and_loses_nothing(
    linked: House, build: Builder, step: str
) -> None:
    await live(linked, DAY_SECONDS)
    person = linked.box.world.people[XIAOYU]
    person.points -= 30
    linked.steps.crash_at = step
    with pytest.raises(Crash):
        await living.until_crash(linked, linked.services.watch.jobs())
    again = build()
    again.clock.advance(31)
    await again.services.resume()
    await live(again, 2 * DAY_SECONDS)
    assert [one["lost"] for one in await told(again)] == [30]
    assert len(await again.jobs(LOOK)) == 1
