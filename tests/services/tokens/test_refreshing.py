"""Refreshes under crashes, cancels, slow holders and cool-downs."""

import asyncio
import gc
from typing import Any

import pytest

from clients.errors import RateLimited, UpstreamBroken
from services.cooldowns import Cooldowns
from services.errors import LinkLost, NotLinked
from services.refreshing import LEASE_SECONDS
from storage import links
from tests.services.tokens.refreshes import (
    HDHIVE,
    Scripted,
    crashed,
    grant,
    inheriting,
    linked,
    overtake,
    quota,
    refreshes,
    refusing,
    stored,
    tokens,
)


async def test_a_crash_in_a_refresh_costs_a_lease_not_the_link(house, build):
    await crashed(house, "refresh.leased")
    other = build()
    waiting = asyncio.create_task(quota(other))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    house.clock.advance(LEASE_SECONDS)
    await waiting
    assert await refreshes(house) == 1


async def test_a_lost_answer_within_the_grace_period_loses_nothing(house, build):
    house.box.world.options.change({"hdhive_refresh": "grace", "hdhive_grace_seconds": 600.0})
    await crashed(house, "refresh.granted")
    house.clock.advance(LEASE_SECONDS)
    await inheriting(house, quota(build()))
    assert (await stored(house)).state == "active"


async def test_a_lost_answer_without_grace_is_found_and_told_once(house, build):
    await crashed(house, "refresh.granted")
    house.clock.advance(LEASE_SECONDS)
    for _ in range(2):
        with pytest.raises(LinkLost):
            await inheriting(house, quota(build()))
    assert len(await house.jobs("notice")) == 1


async def test_a_cancelled_caller_does_not_stop_the_refresh(house):
    await house.link()
    house.clock.advance(7201)
    reached, go = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await go.wait()

    house.steps.at["refresh.granted"] = wait
    caller = asyncio.create_task(quota(house))
    await reached.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go.set()
    await house.services.close()
    assert (await stored(house)).version == 2
    await quota(house)
    assert await refreshes(house) == 1


async def test_a_failed_refresh_that_nobody_waits_for_is_quiet(house):
    await linked(house)
    go = asyncio.Event()

    async def wait() -> UpstreamBroken:
        await go.wait()
        return UpstreamBroken("hdhive", "refresh", 500)

    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    mine = tokens(house, Scripted(wait))
    caller = asyncio.create_task(mine.call(1001, HDHIVE, refusing()))
    await asyncio.sleep(0.1)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    go.set()
    await mine.landed()
    del mine, caller
    gc.collect()
    assert told == [], "an exception that nobody took is told of when its task goes"


async def test_unlinked_during_a_refresh_the_new_grant_is_revoked(house):
    await house.link()
    house.clock.advance(7201)

    async def unlink() -> None:
        await house.services.db.write(lambda tx: links.delete(tx, 1001, "hdhive"))

    house.steps.at["refresh.granted"] = unlink
    with pytest.raises(NotLinked):
        await quota(house)
    assert await house.work(kinds=["link.revoke"]) == ["link.revoke"]
    assert len(await house.calls("hdhive", "POST", "/revoke")) == 1


async def test_a_holder_that_slept_through_its_lease_still_keeps_its_tokens(house):
    link = await linked(house, expires_at=1.0)

    async def overtaken(step: str) -> None:
        if step == "refresh.granted":
            now = house.clock.now()

            async def other(tx: Any) -> None:
                await links.release_lease(tx, link, "me")
                await links.take_lease(tx, link, "other", now, 0.5)

            await house.services.db.write(other)

    mine = tokens(house, Scripted(grant("a2", "r2")), holder="me", reached=overtaken)
    assert await mine.call(1001, HDHIVE, refusing("a2")) == "a2"
    assert (await stored(house)).refresh_token == "r2"


async def test_a_holder_that_was_overtaken_uses_what_the_other_wrote(house):
    link = await linked(house, expires_at=1.0)

    async def overtaken(step: str) -> None:
        if step == "refresh.granted":
            await overtake(house, link, "a3", "r3")

    mine = tokens(house, Scripted(grant("a2", "r2")), holder="me", reached=overtaken)
    assert await mine.call(1001, HDHIVE, refusing("a3")) == "a3"
    assert (await stored(house)).refresh_token == "r3"
    # Nobody refreshes any more, so nobody else is held up.
    assert await house.services.db.read(links.refreshing) == []


@pytest.mark.parametrize(
    ("scope", "others"), [("user", True), (None, True), ("app", False), ("global", False), ("USER", True)]
)
async def test_a_cool_down_stops_calls_of_its_scope_at_once(house, build, scope, others):
    await linked(house)
    provider = Scripted()
    asked = []

    async def work(token: str) -> str:
        asked.append(token)
        if len(asked) == 1:
            raise RateLimited("hdhive", "quota", 40.0, scope, "OPENAPI_COOLDOWN")
        return token

    with pytest.raises(RateLimited):
        await tokens(house, provider).call(1001, HDHIVE, work)
    with pytest.raises(RateLimited) as caught:
        await tokens(build(), provider).call(1001, HDHIVE, work)
    assert 35 < caught.value.retry_after <= 40
    assert len(asked) == 1
    db, other = house.services.db, Cooldowns(house.services.db, house.clock)
    if others:
        await db.read(lambda tx: other.check(tx, "hdhive", 1002))
    else:
        with pytest.raises(RateLimited):
            await db.read(lambda tx: other.check(tx, "hdhive", 1002))
    await db.read(lambda tx: other.check(tx, "disktop", 1001))
    house.clock.advance(41)
    assert await tokens(house, provider).call(1001, HDHIVE, work) == "a1"


async def test_a_start_looks_after_refreshes_that_a_killed_process_left(house, build):
    await crashed(house, "refresh.granted")
    for _ in range(2):
        await build().services.resume()
    assert await house.work(kinds=["link.resume"]) == ["link.resume"]
    assert (await stored(house)).state == "lost"
    assert len(await house.jobs("notice")) == 1


async def test_a_start_waits_for_a_service_that_cannot_refresh_just_now(house, build):
    await crashed(house, "refresh.leased")
    other = build()
    await other.services.resume()
    house.fault("hdhive", "*/oauth/*", "status", status=500)
    house.steps.crash_at = None
    assert await house.work(kinds=["link.resume"]) == ["link.resume", "link.resume"]
    assert (await stored(house)).version == 2


async def test_a_start_leaves_alone_what_was_refreshed_meanwhile(house, build):
    await house.link()
    house.clock.advance(7201)

    async def restarted() -> None:
        await build().services.resume()

    house.steps.at["refresh.granted"] = restarted
    await quota(house)
    assert await house.work(kinds=["link.resume"]) == ["link.resume"]
    assert await refreshes(house) == 1
