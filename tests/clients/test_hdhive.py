"""HDHive over a real socket: what goes out, and what each documented answer becomes."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    Misconfigured,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamBroken,
)
from clients.hdhive.client import HDHive
from clients.hdhive.errors import error_for
from clients.hdhive.models import PanType
from clients.hdhive.publishing import NewShare, ShareChanges
from clients.oauth import TokenGrant
from clients.reply import Reply
from tests.clients.scripts import Connect, Script, Server, answer, html, raw, reset


@pytest.fixture
def hive(connect: Connect) -> HDHive:
    return HDHive(connect("hdhive"), "app_1", "app-secret")


def ok(data: Any = None, **more: Any) -> Script:
    return answer({"success": True, "code": "200", "message": "success", "data": data, **more})


def refused(status: int, code: str, **more: Any) -> Script:
    body = {"success": False, "code": code, "message": "no", "description": "不行", **more}
    return answer(body, status)


def test_the_consent_page(hive: HDHive, server: Server) -> None:
    url = hive.authorize_url("https://bot.example/cb?x=1", ["query", "unlock"], "st&te")
    assert url.startswith(f"{server.url}/openapi/authorize?client_id=app_1&redirect_uri=https%3A%2F%2Fbot")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["app_1"],
        "redirect_uri": ["https://bot.example/cb?x=1"],
        "scope": ["query unlock"],
        "state": ["st&te"],
    }


TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": "3600", "scopes": ["query"]}


async def test_tokens(hive: HDHive, server: Server) -> None:
    server.will(ok(TOKENS), ok({"access_token": "b"}), answer(TOKENS), ok())
    assert await hive.exchange_code("c0de", "https://cb") == TokenGrant("a", "r", 3600.0, None, ("query",))
    assert server.last.target == "/api/public/openapi/oauth/token"
    assert server.last.headers["x-api-key"] == "app-secret"
    assert "authorization" not in server.last.headers
    assert server.last.json == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": "https://cb",
    }
    assert (await hive.refresh("r")).refresh_token is None
    assert server.last.json == {"grant_type": "refresh_token", "refresh_token": "r"}
    assert (await hive.refresh("r")).access_token == "a"
    await hive.revoke("r")
    assert (server.last.target, server.last.json) == (
        "/api/public/openapi/oauth/revoke",
        {"refresh_token": "r"},
    )


@pytest.mark.parametrize(
    "first",
    [
        refused(404, "404"),
        refused(405, "405"),
        html(404),
        raw(b"HTTP/1.1 404 X\r\ncontent-length: 9\r\n\r\nnot found"),
    ],
)
async def test_refresh_tries_the_other_endpoint(hive: HDHive, server: Server, first: Script) -> None:
    server.will(first, ok(TOKENS))
    assert (await hive.refresh("r")).access_token == "a"
    assert server.last.target == "/api/public/openapi/oauth/refresh"


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (refused(401, "OPENAPI_REAUTH_REQUIRED"), NotAuthorized),
        (refused(400, "INVALID_GRANT"), NotAuthorized),
        (refused(401, "INVALID_API_KEY"), Misconfigured),
        (html(502), UpstreamBroken),
        (html(200), UpstreamBroken),
        (refused(400, "400"), Rejected),
        (reset, Unreachable),
        (ok({"access_token": ""}), BadResponse),
    ],
)
async def test_refresh_is_never_sent_twice_otherwise(
    hive: HDHive, server: Server, first: Script, kind: type[ClientError]
) -> None:
    server.will(first)
    with pytest.raises(kind):
        await hive.refresh("r")
    assert len(server.requests) == 1


async def test_a_wrong_code_is_rejected(hive: HDHive, server: Server) -> None:
    server.will(refused(400, "INVALID_GRANT"))
    with pytest.raises(Rejected):
        await hive.exchange_code("c", "u")


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


def judge(status: int, body: Any, **headers: str) -> ClientError | None:

    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_for("hdhive", "op", Reply(status, headers, content))


@pytest.mark.parametrize(
    ("status", "code", "kind", "detail"),
    [
        (401, "MISSING_API_KEY", Misconfigured, None),
        (401, "INVALID_API_KEY", Misconfigured, None),
        (401, "DISABLED_API_KEY", Misconfigured, None),
        (401, "EXPIRED_API_KEY", Misconfigured, None),
        (403, "OPENAPI_USER_REQUIRED", Forbidden, "unlinked"),
        (401, "openapi_user_required", Forbidden, "unlinked"),
        (401, "OPENAPI_REFRESH_REQUIRED", NotAuthorized, True),
        (401, "OPENAPI_REAUTH_REQUIRED", NotAuthorized, False),
        (401, "Invalid_OpenAPI_User_Token", NotAuthorized, False),
        (401, "SOMETHING_NEW", NotAuthorized, True),
        (403, "SCOPE_NOT_ALLOWED", Forbidden, "app_scope"),
        (403, "USER_SCOPE_NOT_ALLOWED", Forbidden, "user_scope"),
        (403, "VIP_REQUIRED", Forbidden, "premium"),
        (403, "USER_LEVEL_REQUIRED", Forbidden, "level"),
        (403, "ENDPOINT_DISABLED", Forbidden, "disabled"),
        (403, "IP_NOT_ALLOWED", Forbidden, "ip"),
        (403, "RISK_BLOCKED", Forbidden, "risk"),
        (403, "403", Forbidden, "other"),
        (402, "INSUFFICIENT_POINTS", Rejected, None),
        (400, "400", Rejected, None),
        (404, "404", NotFound, None),
        (429, "RATE_LIMIT_EXCEEDED", RateLimited, None),
        (429, "ENDPOINT_QUOTA_EXCEEDED", RateLimited, None),
        (429, "GLOBAL_RATE_LIMIT_EXCEEDED", RateLimited, "global"),
        (429, "APP_RATE_LIMIT_EXCEEDED", RateLimited, "app"),
        (429, "user_rate_limit_exceeded", RateLimited, "user"),
        (429, "OPENAPI_COOLDOWN", RateLimited, None),
        (403, "OPENAPI_COOLDOWN", RateLimited, None),
        (500, "500", UpstreamBroken, None),
        (200, "404", NotFound, None),
        (200, "503", UpstreamBroken, None),
        (200, 401, NotAuthorized, True),
        (200, "INSUFFICIENT_POINTS", Rejected, None),
    ],
)
def test_every_code(status: int, code: object, kind: type[ClientError], detail: object) -> None:
    error = judge(status, {"success": False, "code": code, "message": "m", "description": "说明"})
    assert type(error) is kind
    known = [getattr(error, name, None) for name in ("reason", "refreshable", "scope")]
    assert next((one for one in known if one is not None), None) == detail
    assert getattr(error, "message", "说明") == "说明"


@pytest.mark.parametrize(
    ("body", "headers", "after", "scope"),
    [
        ({"code": "RATE_LIMIT_EXCEEDED"}, {}, 60, None),
        ({"retry_after_seconds": "9", "limit_scope": "USER"}, {}, 9, "user"),
        ({"data": {"retry_after_seconds": 5, "limit_scope": "app"}}, {"retry-after": "3"}, 3, "app"),
        ({"data": [], "limit_scope": "galaxy"}, {}, 60, None),
        (b"<html>slow down</html>", {"content-type": "text/html", "retry-after": "30"}, 30, None),
    ],
)
def test_how_long_to_wait(body: Any, headers: dict[str, str], after: float, scope: str | None) -> None:
    error = error_for(
        "hdhive",
        "op",
        Reply(429, headers, body if isinstance(body, bytes) else json.dumps(body).encode()),
    )
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.scope) == (after, scope)


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_a_page_is_no_answer_whatever_its_status(status: int) -> None:
    error = judge(status, b"<!doctype html>")
    assert isinstance(error, UpstreamBroken)
    assert (error.html, error.status) == (True, status)


def test_successes() -> None:
    assert judge(200, {"success": True, "code": "200"}) is None
    assert judge(200, {"success": True, "code": "RATE_LIMIT_EXCEEDED"}) is None
    assert judge(201, {}) is None
