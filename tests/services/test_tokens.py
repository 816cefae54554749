import asyncio
from typing import Any

import pytest

from clients.errors import NotAuthorized, RateLimited, Rejected, Unreachable, UpstreamBroken
from services.cooldowns import Cooldowns
from services.errors import LinkLost, NotLinked, ServiceOff
from services.names import Service
from services.tokens import LEASE_SECONDS, Tokens
from storage import links
from storage.database import Database
from storage.links import Link
from tests.services.conftest import Crash, House

HDHIVE, DISKTOP = Service.HDHIVE, Service.DISKTOP
REFRESHES = "/oauth/token"


async def quota(house: House, user_id: int = 1001) -> Any:
    return await house.services.tokens.call(user_id, HDHIVE, house.services.hdhive.quota)


async def space(house: House, user_id: int = 1001) -> Any:
    return await house.services.tokens.call(user_id, DISKTOP, house.services.disktop.quota)


async def stored(house: House, service: Service = HDHIVE, user_id: int = 1001) -> Link | None:
    return await house.services.db.read(lambda tx: links.get(tx, user_id, service))


async def refreshes(house: House, service: str = "hdhive") -> int:
    return len([c for c in await house.calls(service, "POST", REFRESHES) if "refresh_token" in c["body"]])


def expire(house: House, which: str = "access", service: str = "hdhive", person: int = 1001) -> Any:
    return house.web.post(
        "/control/tokens/expire", json={"service": service, "person": person, "which": which}
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


class Scripted:
    """A provider whose refreshes do what a test says."""

    service, scopes, pkce, revokes = HDHIVE, ("meta",), False, True

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def refresh(self, refresh_token: str) -> Any:
        self.asked.append(refresh_token)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = await answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer


def grant(access: str, refresh: str | None = None, expires_in: float | None = 7200) -> Any:
    from clients.oauth import TokenGrant

    return TokenGrant(access, refresh, expires_in)


def gone(*, refreshable: bool = False) -> NotAuthorized:
    return NotAuthorized("hdhive", "x", "CODE", None, refreshable=refreshable)


async def linked(house: House, **more: Any) -> Link:
    new = links.NewLink(1001, "hdhive", "a1", **{"refresh_token": "r1", **more})
    now = house.clock.now()
    return await house.services.db.write(lambda tx: links.save(tx, new, now))


def tokens(house: House, provider: Any, **more: Any) -> Tokens:
    return Tokens(house.services.db, house.clock, {"hdhive": provider}, **more)


def refusing(*accepted: str, refreshable: bool = True) -> Any:
    async def work(token: str) -> str:
        if token not in accepted:
            raise gone(refreshable=refreshable)
        return token

    return work


async def test_a_token_rotated_elsewhere_is_taken_over(house):
    link = await linked(house)
    provider = Scripted()

    async def rotate(token: str) -> str:
        if token == "a1":
            now = house.clock.now()

            async def other(tx: Any) -> None:
                await links.take_lease(tx, link.id, "other", now, 30)
                await links.refreshed(
                    tx,
                    link.id,
                    "other",
                    1,
                    access_token="a2",
                    refresh_token="r2",
                    expires_at=None,
                    refresh_expires_at=None,
                    scopes=None,
                    now=now,
                )

            await house.services.db.write(other)
            raise gone()
        return token

    assert await tokens(house, provider).call(1001, HDHIVE, rotate) == "a2"
    assert provider.asked == []


async def test_a_refused_refresh_re_reads_before_it_gives_up(house):
    link = await linked(house)

    async def rotated() -> NotAuthorized:
        now = house.clock.now()

        async def other(tx: Any) -> None:
            await links.release_lease(tx, link.id, "me")
            await links.take_lease(tx, link.id, "other", now, 30)
            await links.refreshed(
                tx,
                link.id,
                "other",
                1,
                access_token="a2",
                refresh_token="r2",
                expires_at=None,
                refresh_expires_at=None,
                scopes=None,
                now=now,
            )

        await house.services.db.write(other)
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


async def test_a_crash_in_a_refresh_costs_a_lease_not_the_link(house, build):
    await house.link()
    house.clock.advance(7201)
    house.steps.crash_at = "refresh.leased"
    with pytest.raises(Crash):
        await quota(house)
    other = build()
    waiting = asyncio.create_task(quota(other))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    house.clock.advance(LEASE_SECONDS)
    await waiting
    assert await refreshes(house) == 1


async def test_a_lost_answer_within_the_grace_period_loses_nothing(house, build):
    house.box.world.options.change({"hdhive_refresh": "grace", "hdhive_grace_seconds": 600.0})
    await house.link()
    house.clock.advance(7201)
    house.steps.crash_at = "refresh.granted"
    with pytest.raises(Crash):
        await quota(house)
    house.clock.advance(LEASE_SECONDS)
    await quota(build())
    assert (await stored(house)).state == "active"


async def test_a_lost_answer_without_grace_is_found_and_told_once(house, build):
    await house.link()
    house.clock.advance(7201)
    house.steps.crash_at = "refresh.granted"
    with pytest.raises(Crash):
        await quota(house)
    house.clock.advance(LEASE_SECONDS)
    for _ in range(2):
        with pytest.raises(LinkLost):
            await quota(build())
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

    mine = tokens(house, Scripted(wait))
    caller = asyncio.create_task(mine.call(1001, HDHIVE, refusing()))
    await asyncio.sleep(0.1)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    go.set()
    await mine.close()


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
    mine = tokens(house, Scripted(grant("a2", "r2")), holder="me")

    async def overtaken(step: str) -> None:
        if step == "refresh.granted":
            now = house.clock.now()

            async def other(tx: Any) -> None:
                await links.release_lease(tx, link.id, "me")
                await links.take_lease(tx, link.id, "other", now, 0.5)

            await house.services.db.write(other)

    mine._reached = overtaken
    assert await mine.call(1001, HDHIVE, refusing("a2")) == "a2"
    assert (await stored(house)).refresh_token == "r2"


async def test_a_holder_that_was_overtaken_uses_what_the_other_wrote(house):
    link = await linked(house, expires_at=1.0)
    mine = tokens(house, Scripted(grant("a2", "r2")), holder="me")

    async def overtaken(step: str) -> None:
        if step == "refresh.granted":
            now = house.clock.now()

            async def other(tx: Any) -> None:
                await links.release_lease(tx, link.id, "me")
                await links.take_lease(tx, link.id, "other", now, 30)
                await links.refreshed(
                    tx,
                    link.id,
                    "other",
                    1,
                    access_token="a3",
                    refresh_token="r3",
                    expires_at=None,
                    refresh_expires_at=None,
                    scopes=None,
                    now=now,
                )

            await house.services.db.write(other)

    mine._reached = overtaken
    assert await mine.call(1001, HDHIVE, refusing("a3")) == "a3"
    assert (await stored(house)).refresh_token == "r3"


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
    other = Cooldowns(house.services.db, house.clock)
    if others:
        await other.check("hdhive", 1002)
    else:
        with pytest.raises(RateLimited):
            await other.check("hdhive", 1002)
    await other.check("disktop", 1001)
    house.clock.advance(41)
    assert await tokens(house, provider).call(1001, HDHIVE, work) == "a1"


async def test_a_start_looks_after_refreshes_that_a_killed_process_left(house, build):
    await house.link()
    house.clock.advance(7201)
    house.steps.crash_at = "refresh.granted"
    with pytest.raises(Crash):
        await quota(house)
    for _ in range(2):
        await build().services.resume()
    assert await house.work(kinds=["link.resume"]) == ["link.resume"]
    assert (await stored(house)).state == "lost"
    assert len(await house.jobs("notice")) == 1


async def test_a_start_waits_for_a_service_that_cannot_refresh_just_now(house, build):
    await house.link()
    house.clock.advance(7201)
    house.steps.crash_at = "refresh.leased"
    with pytest.raises(Crash):
        await quota(house)
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
