"""What HDHive allows is kept: cool-downs of each scope, quotas, and an even pace."""

import pytest

from clients.hdhive.models import Quota
from services.beijing import day_of, end_of
from services.subscriptions import pace
from services.subscriptions.pace import PollPace
from services.subscriptions.turns import in_turn
from storage import cooldowns
from tests.services.checkins.checkindays import at_beijing
from tests.services.conftest import House
from tests.services.subscriptions.following import (
    BEN,
    DARK,
    INTERVAL,
    PATH,
    XIAOYU,
    follow,
    live,
    looks,
    new,
    settle,
    told,
)


async def test_one_who_must_wait_is_passed_over(house: House) -> None:
    for user in (XIAOYU, BEN):
        await house.link(user)
        await follow(house, user)
    until = house.clock.now() + 10 * INTERVAL
    await house.services.db.write(lambda tx: cooldowns.set(tx, "hdhive", f"user:{BEN}", until))
    new(house)
    await live(house, 2 * INTERVAL)
    assert len(await told(house)) == 2


async def test_a_refusal_of_one_follower_moves_on_to_the_next(house: House) -> None:
    for user in (XIAOYU, BEN):
        await house.link(user)
        await follow(house, user)
    body = {
        "success": False,
        "code": "RATE_LIMIT_EXCEEDED",
        "limit_scope": "user",
        "retry_after_seconds": 4000,
    }
    house.fault("hdhive", f"*/{PATH}", "status", status=429, body=body)
    new(house)
    await live(house)
    assert len(await told(house)) == 2
    house.box.world.expire("hdhive", XIAOYU, "grant")
    await live(house, 3 * INTERVAL)
    before = (await looks(house))[PATH]
    await live(house, INTERVAL)
    assert (await looks(house))[PATH] <= before + 1


@pytest.mark.parametrize("scope", ["app", "global"])
async def test_when_everybody_must_wait_nobody_asks(house: House, scope: str) -> None:
    await house.link(XIAOYU)
    await follow(house)
    await follow(house, key=DARK)
    body = {
        "success": False,
        "code": "RATE_LIMIT_EXCEEDED",
        "limit_scope": scope,
        "retry_after_seconds": 3600,
    }
    house.fault("hdhive", "*/resources/*", "status", status=429, body=body)
    new(house)
    started = house.clock.now()
    before = sum((await looks(house)).values())
    await live(house)
    asked = sum((await looks(house)).values()) - before
    assert 1 <= asked <= 2, "those under way when it was said, and none after"
    await live(house, 3600 - (house.clock.now() - started) - 5)
    assert sum((await looks(house)).values()) - before == asked
    await live(house, 2 * INTERVAL)
    assert len(await told(house)) == 1


async def test_when_hdhive_is_down_it_is_left_alone(house: House) -> None:
    await house.link(XIAOYU)
    for number in range(6):
        await follow(house, key=("movie", 900 + number))
    house.fault("hdhive", "*/resources/*", "status", status=503, times=0)
    house.clock.advance(INTERVAL)
    await settle(house)
    before = len(await house.calls("hdhive", "GET"))
    await settle(house)
    house.clock.advance(30.0)
    await settle(house)
    assert len(await house.calls("hdhive", "GET")) == before
    house.box.world.faults.clear()
    await live(house, 2 * INTERVAL)
    assert min((await looks(house)).values()) >= 2


async def test_a_quota_is_shared_with_people(house: House) -> None:
    # With most of a day before it, whatever the hour is.
    await at_beijing(house, 1.0)
    await house.link(XIAOYU)
    await follow(house)
    # Of 60 calls that are left of the day only half are ours, spread over what is left of it.
    used = len(await house.calls("hdhive", "GET"))
    house.box.world.options.extra["hdhive_endpoint_limit"] = used + 60
    before = (await looks(house))[PATH]
    await live(house, 6 * 3600)
    asked = (await looks(house))[PATH] - before
    assert 1 <= asked <= 12
    assert not await house.services.subscriptions._rounds._cooldowns.for_everybody("hdhive")


@pytest.mark.parametrize(
    ("told_reset", "remaining", "rate"),
    [
        (None, None, None),
        (None, -1, None),
        (1_000_000 + 1000, 200, 0.1),
        ((1_000_000_000 + 1000) * 1000, 200, None),
        (1_000_000 + 1000, 0, 0.0),
    ],
)
def test_what_a_quota_leaves_us(told_reset: int | None, remaining: int | None, rate: float | None) -> None:
    now = 1_000_000.0
    got = pace._allowed(Quota(daily_reset=told_reset, endpoint_remaining=remaining), now)
    if rate is None and remaining in (None, -1):
        assert got is None
    elif rate is None:
        assert got == pytest.approx(100 / (end_of(day_of(now)) - now))
    else:
        assert got == pytest.approx(rate)


def test_the_pace_is_even() -> None:
    assert PollPace().rate(10) == 4.0
    assert PollPace().rate(10_000) == pytest.approx(10_000 * 1.15 / 900)


def test_turns() -> None:
    assert in_turn((3, 1, 2), None) == (1, 2, 3)
    assert in_turn((3, 1, 2), 1) == (2, 3, 1)
    assert in_turn((3, 1, 2), 3) == (1, 2, 3)
    assert in_turn((1, 5), 4) == (5, 1)
    assert in_turn((), 4) == ()
