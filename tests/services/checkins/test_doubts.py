"""Late days at their edges: good and bad ones together, other accounts, plans that change meanwhile."""

from datetime import date, timedelta

import pytest

from services.beijing import day_of
from services.checkins import runs as checkinruns
from services.checkins.late import AWAY, UNKNOWN, UNSEEN
from services.checkins.runs import AUTO
from services.names import Service
from storage import checkins, jobs
from tests.services.checkins.checkindays import *  # noqa: F403
from tests.services.checkins.checkindays import XIAOYU, at_beijing, live, notices, posts, row
from tests.services.checkins.test_late import HOUR, back, state, tried
from tests.services.conftest import House

OTHER = 1002


async def absent(house: House, days: int = 1, hour: float = 3.0) -> date:
    """Want a check-in every day, and let some days pass without any process; return the first."""
    day = day_of(house.clock.now())
    await house.services.people.change(XIAOYU, checkin_at="08:30", notices="failures")
    await at_beijing(house, hour, days=days)
    return day


def by_hand(house: House, day: date, person: int = XIAOYU) -> None:
    house.box.world.hdhive.checkins[person, day.isoformat()] = 5


async def told(house: House) -> list[str]:
    return [str(notice.get("state", notice["kind"])) for notice in await notices(house)]


async def test_a_missed_day_before_a_good_one_is_told(linked: House) -> None:
    day = await absent(linked, 2)
    by_hand(linked, day + timedelta(days=1))
    await live(linked, 2 * HOUR)
    assert [one["day"] for one in await notices(linked)] == [day.isoformat()]
    # Whether its person did it that day is hidden by the later one.
    assert await state(linked, day) == ("missed", UNSEEN)
    assert await state(linked, day + timedelta(days=1)) == ("already", None)


async def test_a_doubtful_day_before_a_good_one_is_told(linked: House) -> None:
    day = await tried(linked, "reset", after=False)
    linked.box.world.faults.clear()
    await at_beijing(linked, 3.0, days=2)
    by_hand(linked, day + timedelta(days=1))
    await live(linked, 2 * HOUR)
    assert await state(linked, day) == ("missed", UNKNOWN)
    assert await told(linked) == ["missed"]


@pytest.mark.parametrize("silent", [False, True])
async def test_what_nobody_can_tell_is_not_called_missed(linked: House, silent: bool) -> None:
    day = await absent(linked, hour=10.0)
    by_hand(linked, day)
    if silent:
        linked.fault("hdhive", "*/me", "status", status=503, times=0)
    else:
        by_hand(linked, day + timedelta(days=1))
    await live(linked, 2 * HOUR)
    assert await state(linked, day) == ("missed", UNSEEN)


async def change_the_time(house: House, _: pytest.MonkeyPatch) -> None:
    await house.services.people.change(XIAOYU, checkin_at="09:30")


async def lose_the_job(house: House, _: pytest.MonkeyPatch) -> None:
    """As when it was given up, and planned anew by the next start."""
    await house.services.db.write(lambda tx: jobs.cancel(tx, AUTO, str(XIAOYU)))
    await house.services.resume()


async def fail_once(_: House, patch: pytest.MonkeyPatch) -> None:
    look, failed = checkinruns.look, list[bool]()

    async def first_fails(*args: object) -> object:
        if not failed:
            failed.append(True)
            raise RuntimeError("the first run on return")
        return await look(*args)  # type: ignore[arg-type]

    patch.setattr(checkinruns, "look", first_fails)


@pytest.mark.parametrize("happens", [change_the_time, lose_the_job, fail_once])
async def test_days_are_told_though_the_job_changes(
    linked: House, monkeypatch: pytest.MonkeyPatch, happens: object
) -> None:
    await live(linked, 60.0)
    day = await absent(linked, 1)
    await live(linked, 12 * HOUR)
    await at_beijing(linked, 3.0, days=3)
    await happens(linked, monkeypatch)  # type: ignore[operator]
    before = posts(linked)
    await live(linked, 20 * HOUR)
    gone = [day + timedelta(days=n) for n in (2, 3)]
    assert [(await state(linked, one))[0] for one in gone] == ["missed"] * 2
    assert [one["day"] for one in await notices(linked)][-1] == gone[-1].isoformat()
    assert posts(linked) == before + 1


async def test_a_link_made_anew_before_the_turn_hides_nothing(linked: House) -> None:
    day = await absent(linked)
    # The first run has seen what there is to tell, and given everybody a turn.
    await live(linked, 1.0)
    await linked.link(XIAOYU)
    await live(linked, 20 * HOUR)
    assert await state(linked, day) == ("missed", AWAY)
    assert await told(linked) == ["missed"]


@pytest.mark.parametrize("counted", [False, True])
async def test_another_account_says_nothing_of_the_old_ones_day(linked: House, counted: bool) -> None:
    other = linked.box.world.people[OTHER]
    other.premium = other.forever_premium = True
    if counted:
        linked.steps.at["checkin.sending"] = lambda: _silence(linked)
    day = await tried(linked, "reset_after" if counted else "reset")
    one = await row(linked, day)
    assert one is not None
    await back(linked)
    await linked.services.linking.unlink(XIAOYU, Service.HDHIVE)
    await linked.link(XIAOYU, Service.HDHIVE, OTHER)
    if not counted:
        by_hand(linked, day, OTHER)
    await linked.services.people.change(XIAOYU, notices="all")
    await live(linked, 2 * HOUR)
    ended = await linked.services.db.read(lambda tx: checkins.get(tx, one.id))
    assert ended is not None
    assert (ended.state, ended.reason) == ("missed", UNKNOWN)


async def _silence(house: House) -> None:
    house.fault("hdhive", "*/me", "status", status=503, times=0)


async def test_who_unlinked_after_a_doubt_hears_of_both(linked: House) -> None:
    day = await tried(linked, "reset", after=False)
    await back(linked)
    await linked.services.linking.unlink(XIAOYU, Service.HDHIVE)
    await live(linked, 47 * HOUR)
    ended = await linked.services.db.read(lambda tx: checkins.before(tx, XIAOYU, "9999-12-31"))
    assert ended is not None
    assert await told(linked) == ["missed", "lost"]
    assert day < day_of(linked.clock.now())


async def test_an_account_that_may_not_is_not_said_to_have_missed(linked: House) -> None:
    person = linked.box.world.people[XIAOYU]
    person.premium = person.forever_premium = False
    today = day_of(linked.clock.now())
    await linked.services.people.change(XIAOYU, checkin_at="08:30", notices="failures")
    await live(linked, 20 * HOUR)
    await at_beijing(linked, 3.0, days=2)
    await live(linked, 44 * HOUR)
    assert (await state(linked, today + timedelta(days=1)))[0] == "premium"
    assert await told(linked) == ["premium"], "nothing has changed since"
