"""Tokens: fresh ones, refreshes, lost grants."""

import asyncio

import pytest

from clients.errors import NotAuthorized, RateLimited, Rejected, Unreachable, UpstreamBroken
from services.errors import LinkLost, NotLinked, ServiceOff
from storage.database import Database
from tests.services.tokens.refreshes import (
    DISKTOP,
    HDHIVE,
    Scripted,
    expire,
    gone,
    grant,
    linked,
    overtake,
    quota,
    refreshes,
    refusing,
    space,
    stored,
    tokens,
)


async def test_a_fresh_token_is_used_as_it_is(house):
    await house.link()
    await quota(house)
    assert await refreshes(house) == 0


async def test_without_a_link_nothing_goes_out(house, build):
    with pytest.raises(NotLinked):
        await quota(house)
    with pytest.raises(ServiceOff):
        await build(off=["hdhive"]).services.tokens.link(1001, HDHIVE)
    assert await house.calls("hdhive") == []


@pytest.mark.parametrize("service", [HDHIVE, DISKTOP])
async def test_a_token_near_its_end_is_refreshed_once_for_all(house, service):
    await house.link(1001, service)
    house.clock.advance(7200 - 30)
    ask = quota if service is HDHIVE else space
    await asyncio.gather(*(ask(house) for _ in range(40)))
    assert await refreshes(house, service) == 1
    link = await stored(house, service)
    assert (link.version, link.state) == (2, "active")


async def test_a_refused_token_is_refreshed_once_and_the_call_repeated(house):
    await house.link()
    await expire(house)
    await asyncio.gather(*(quota(house) for _ in range(20)))
    assert await refreshes(house) == 1


async def test_several_processes_refresh_once(build, sqlite_url, ring):
    houses, opened = [build()], []
    for _ in range(4):
        db = await Database.open(sqlite_url, ring)
        opened.append(db)
        houses.append(build(db=db))
    await houses[0].link()
    await houses[0].link(1001, DISKTOP)
    for round_ in range(1, 4):
        houses[0].clock.advance(7200)
        await asyncio.gather(*(ask(house) for house in houses for ask in (quota, space) for _ in range(5)))
        assert await refreshes(houses[0]) == round_
        assert await refreshes(houses[0], "disktop") == round_
    for db in opened:
        await db.close()


async def test_an_answer_without_a_new_refresh_token_keeps_the_old(house):
    house.box.world.options.change({"hdhive_refresh": "none"})
    old = await house.link()
    for _ in range(2):
        house.clock.advance(7200)
        await quota(house)
    link = await stored(house)
    assert (link.refresh_token, link.version) == (old.refresh_token, 3)


FAULTS = [
    ("status", {"status": 500}, UpstreamBroken),
    ("status", {"status": 502}, UpstreamBroken),
    ("html", {}, UpstreamBroken),
    ("reset", {}, Unreachable),
    ("retry_after", {"status": 429, "retry_after": 60}, RateLimited),
    ("bad_json", {}, Exception),
    ("truncate", {}, Exception),
    ("wrong_types", {}, Exception),
]


@pytest.mark.parametrize(("kind", "more", "error"), FAULTS)
async def test_faults_of_a_refresh_never_unlink(house, kind, more, error):
    # A spoiled answer may have rotated the token: only a service with a grace period forgives that.
    house.box.world.options.change({"hdhive_refresh": "grace", "hdhive_grace_seconds": 600.0})
    await house.link()
    house.clock.advance(7201)
    house.fault("hdhive", "*/oauth/*", kind, times=0, **more)
    with pytest.raises(error) as caught:
        await quota(house)
    assert not isinstance(caught.value, LinkLost)
    assert (await stored(house)).state == "active"
    assert await house.jobs("notice") == []
    house.box.world.faults.clear()
    house.clock.advance(61)
    await quota(house)


async def test_while_a_token_still_lasts_a_failed_refresh_harms_nobody(house):
    await house.link()
    house.clock.advance(7200 - 30)
    house.fault("hdhive", "*/oauth/*", "status", status=500, times=0)
    await quota(house)
    assert (await stored(house)).version == 1


@pytest.mark.parametrize("service", [HDHIVE, DISKTOP])
async def test_a_grant_that_is_gone_is_lost_once_and_told_once(house, service):
    await house.link(1001, service)
    await expire(house, "grant", service)
    ask = quota if service is HDHIVE else space
    answers = await asyncio.gather(*(ask(house) for _ in range(10)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {LinkLost}
    link = await stored(house, service)
    assert (link.state, link.access_token, link.refresh_token) == ("lost", "", None)
    (told,) = await house.jobs("notice")
    assert told.payload == {"user_id": 1001, "kind": "link_lost", "service": service}
    with pytest.raises(LinkLost):
        await ask(house)


async def test_a_dead_refresh_token_loses_the_link(house):
    await house.link()
    await expire(house, "refresh")
    await expire(house, "access")
    with pytest.raises(LinkLost):
        await quota(house)
    assert len(await house.jobs("notice")) == 1


async def test_a_token_rotated_elsewhere_is_taken_over(house):
    link = await linked(house)
    provider = Scripted()

    async def rotate(token: str) -> str:
        if token == "a1":
            await overtake(house, link, "a2", "r2")
            raise gone()
        return token

    assert await tokens(house, provider).call(1001, HDHIVE, rotate) == "a2"
    assert provider.asked == []


async def test_a_refused_refresh_re_reads_before_it_gives_up(house):
    link = await linked(house)

    async def rotated() -> NotAuthorized:
        await overtake(house, link, "a2", "r2")
        return gone()

    mine = tokens(house, Scripted(rotated), holder="me")
    assert await mine.call(1001, HDHIVE, refusing("a2")) == "a2"
    assert (await stored(house)).state == "active"


async def test_a_refresh_refused_as_refreshable_is_a_fault(house):
    await linked(house)
    with pytest.raises(NotAuthorized):
        await tokens(house, Scripted(gone(refreshable=True))).call(1001, HDHIVE, refusing())
    assert (await stored(house)).state == "active"


async def test_a_new_token_that_is_refused_as_stale_is_a_fault(house):
    await linked(house)
    mine = tokens(house, Scripted(grant("a2")))
    with pytest.raises(NotAuthorized):
        await mine.call(1001, HDHIVE, refusing())
    assert (await stored(house)).state == "active"


async def test_a_new_token_that_is_refused_as_gone_is_lost(house):
    await linked(house)

    async def work(token: str) -> None:
        raise gone(refreshable=token == "a1")

    with pytest.raises(LinkLost):
        await tokens(house, Scripted(grant("a2"))).call(1001, HDHIVE, work)
    assert (await stored(house)).state == "lost"


async def test_without_a_refresh_token_the_access_token_is_used_to_its_end(house):
    await linked(house, refresh_token=None, expires_at=1.0)
    mine = tokens(house, Scripted())
    assert await mine.call(1001, HDHIVE, refusing("a1")) == "a1"
    with pytest.raises(LinkLost):
        await mine.call(1001, HDHIVE, refusing())


async def test_without_expires_in_nothing_is_refreshed_ahead(house):
    await linked(house, expires_at=1.0)
    mine = tokens(house, Scripted(grant("a2", "r2", None)))
    assert await mine.call(1001, HDHIVE, refusing("a2")) == "a2"
    assert await mine.call(1001, HDHIVE, refusing("a2")) == "a2"


async def test_other_refusals_pass_through(house):
    await linked(house)

    async def work(token: str) -> None:
        raise Rejected("hdhive", "x", "INSUFFICIENT_POINTS")

    with pytest.raises(Rejected):
        await tokens(house, Scripted()).call(1001, HDHIVE, work)
