"""HDHive over a real socket: what goes out, what each documented answer becomes, what is never repeated."""

from typing import Any

import pytest

from clients.errors import BadResponse, ClientError, NotFound
from clients.hdhive.client import HDHive
from clients.hdhive.models import PanType
from clients.hdhive.publishing import NewShare, ShareChanges
from tests.clients.hdhiveways import *  # noqa: F403
from tests.clients.hdhiveways import ok, refused
from tests.clients.scripts import Script, Server, answer, raw, reset

RESOURCE = {"slug": "ab" * 16, "title": None, "pan_type": 115, "unlock_points": None, "user": {"id": "7"}}


async def test_reading_calls(hive: HDHive, server: Server) -> None:
    server.will(
        ok({"message": "pong", "api_key_id": "1", "name": "My App"}),
        ok({"daily_reset": 1, "endpoint_limit": None, "endpoint_remaining": None}),
        ok({"daily_stats": [{"date": "2026-04-01", "total_calls": "3"}], "summary": {"total_calls": 3}}),
        ok({"date": "2026-04-01", "total_calls": 4, "failed_calls": 1, "endpoint_stats": None}),
        ok([RESOURCE], meta={"total": 1}),
        ok(None),
        ok({**RESOURCE, "unlock_points": 5, "is_unlocked": 1}),
        ok({"id": 9, "nickname": "小雨", "is_vip": 1, "user_meta": {"points": "120"}}),
        ok({"limit": 3, "used": 1, "remaining": 2}),
        answer({"success": True, "limit": "3", "used": 1, "remaining": 2}),
    )
    assert (await hive.ping()).name == "My App"
    assert "authorization" not in server.last.headers
    assert (await hive.quota("tok")).endpoint_limit is None
    assert server.last.headers["authorization"] == "Bearer tok"
    usage = await hive.usage("tok", "2026-04-01", "2026-04-25")
    assert server.last.target == "/api/open/usage?start_date=2026-04-01&end_date=2026-04-25"
    assert usage.summary is not None
    assert (usage.daily_stats[0].calls, usage.summary.calls) == (3, 3)
    today = await hive.usage_today("tok")
    assert today.summary is not None
    assert (today.summary.calls, today.summary.failed, today.endpoint_stats) == (4, 1, ())
    (found,) = await hive.resources("tok", "movie", 550)
    assert server.last.target == "/api/open/resources/movie/550"
    assert (found.pan_type, found.unlock_points, found.user and found.user.id) == (PanType.P115, 0, 7)
    assert await hive.resources("tok", "tv", "1") == ()
    share = await hive.share("tok", "a/b")
    assert server.last.target == "/api/open/shares/a%2Fb"
    assert (share.price_for_user, share.is_unlocked) == (5, True)
    assert (await hive.me("tok")).points == 120
    assert (await hive.weekly_free_quota("tok")).remaining == 2
    assert (await hive.weekly_free_quota("tok")).limit == 3


async def test_acting_calls(hive: HDHive, server: Server) -> None:
    server.will(
        ok({"url": "https://p/s/1", "access_code": "x1", "full_url": "https://p/s/1?pwd=x1"}),
        ok({"url": None, "full_url": "https://p/s/2", "access_code": "", "already_owned": True}),
        ok({"checked_in": True, "points": 8, "message": "好"}),
        answer({"success": True, "message": "已签到", "checked_in": False}),
        ok({"website": "115", "base_link": "https://115.com/s/1", "access_code": "1234"}),
        ok({"slug": "s1", "url": "https://p/s/1"}),
        ok(),
        raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    )
    unlocked = await hive.unlock("tok", "s1")
    assert (server.last.method, server.last.target) == ("POST", "/api/open/resources/unlock")
    assert server.last.json == {"slug": "s1"}
    assert (unlocked.access_code, unlocked.full_url) == ("x1", "https://p/s/1?pwd=x1")
    owned = await hive.unlock("tok", "s2")
    assert (owned.url, owned.access_code, owned.already_owned) == ("https://p/s/2", None, True)
    done = await hive.checkin("tok", gambler=True)
    assert server.last.json == {"is_gambler": True}
    assert (done.checked_in, done.points, done.message) == (True, 8, "好")
    again = await hive.checkin("tok")
    assert (again.checked_in, again.message) == (False, "已签到")
    kind = await hive.check_resource("tok", "https://115.com/s/1 访问码:1234")
    assert (kind.pan_type, kind.access_code) == (PanType.P115, "1234")
    await hive.create_share(
        "tok", NewShare("https://p/s/1", tmdb_id="550", media_type="movie", unlock_points=0)
    )
    assert server.last.json == {
        "url": "https://p/s/1",
        "tmdb_id": "550",
        "media_type": "movie",
        "unlock_points": 0,
    }
    await hive.update_share("tok", "s1", ShareChanges(title="T", is_anonymous=False))
    assert (server.last.method, server.last.json) == ("PATCH", {"title": "T", "is_anonymous": False})
    await hive.delete_share("tok", "s1")
    assert (server.last.method, server.last.target) == ("DELETE", "/api/open/shares/s1")


@pytest.mark.parametrize("body", [None, {}, {"url": ""}, {"url": 5}, {"url": ["x"]}, "x"])
async def test_an_unlock_without_a_link_is_doubtful(hive: HDHive, server: Server, body: Any) -> None:
    server.will(ok(body))
    if body == {"url": 5}:
        assert (await hive.unlock("tok", "s")).url == "5"
        return
    with pytest.raises(BadResponse) as caught:
        await hive.unlock("tok", "s")
    assert caught.value.doubtful


async def test_own_shares_page_by_page(hive: HDHive, server: Server) -> None:
    page = [{"slug": f"s{n}"} for n in range(100)]
    server.will(ok(page, meta={"total": 130}), ok({"items": page[:30], "total": 130}))
    assert len([share async for share in hive.iter_my_shares("tok", 1000)]) == 130
    assert [r.target for r in server.requests] == [f"/api/open/shares?page={n}&page_size=100" for n in (1, 2)]
    server.will(ok(page), ok({"list": page}), ok([]), ok(page[:3]))
    assert len([share async for share in hive.iter_my_shares("tok", 150)]) == 150
    assert [share async for share in hive.iter_my_shares("tok", 5)] == []
    assert len([share async for share in hive.iter_my_shares("tok", 5)]) == 3
    server.will(
        ok({"shares": page[:2]}), ok(None), ok({"items": None}), ok({"page": 1}), answer({"success": True})
    )
    assert len((await hive.my_shares("tok")).shares) == 2
    assert (await hive.my_shares("tok")).shares == (await hive.my_shares("tok")).shares == ()
    for _ in range(2):
        with pytest.raises(BadResponse):
            await hive.my_shares("tok")


async def test_no_list_is_not_an_empty_list(hive: HDHive, server: Server) -> None:
    for script in (answer({"success": True}), ok({}), ok({"items": []}), raw(b"HTTP/1.1 204 X\r\n\r\n")):
        server.will(script)
        with pytest.raises(BadResponse):
            await hive.resources("tok", "movie", 1)


@pytest.mark.parametrize(
    "script",
    [
        answer(body=b"{"),
        answer([]),
        answer("x"),
        ok({"id": {}}),
        ok({"id": 1, "is_vip": "perhaps"}),
        ok({"id": 10**30}),
        ok([1]),
        ok(),
        answer(body=b""),
    ],
)
async def test_nonsense_is_a_bad_response(hive: HDHive, server: Server, script: Script) -> None:
    server.will(script)
    with pytest.raises(BadResponse):
        await hive.me("tok")


async def test_points_are_never_spent_by_a_repeat(hive: HDHive, server: Server) -> None:
    for script in (reset, refused(500, "500"), refused(429, "RATE_LIMIT_EXCEEDED", retry_after_seconds=0.01)):
        for work in (hive.unlock("tok", "s"), hive.checkin("tok"), hive.create_share("tok", NewShare("u"))):
            before = len(server.requests)
            server.will(script)
            with pytest.raises(ClientError):
                await work
            assert len(server.requests) == before + 1


async def test_a_slug_that_climbs_is_not_sent(hive: HDHive, server: Server) -> None:
    with pytest.raises(NotFound):
        await hive.share("tok", "..")
    assert server.requests == []
