"""Disk.Top over a real socket: exact bytes out, every documented error in."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clients.disktop.client import DiskTop
from clients.disktop.errors import (
    DeviceDenied,
    DeviceExpired,
    DevicePending,
    DeviceSlowDown,
    Incomplete,
    code_of,
    error_for,
    message_of,
    oauth_error_for,
)
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
from clients.oauth import TokenGrant
from clients.reply import Reply
from tests.clients.scripts import Connect, Script, Server, answer, html, reset


@pytest.fixture
def disk(connect: Connect) -> DiskTop:
    return DiskTop(connect("disktop"), "my id", "s&cret")


def ok(data: Any = None, **more: Any) -> Script:
    return answer({"errno": 0, "errmsg": "ok", "data": data, **more})


TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": 7200, "scope": "user.read share.read"}
GRANT = TokenGrant("a", "r", 7200.0, None, ("user.read", "share.read"))


def test_the_consent_page(disk: DiskTop) -> None:
    url = disk.authorize_url("https://bot/cb", ["user.read", "share.read"], "st", "ch")
    assert urlsplit(url).path == "/oauth/authorize"
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["my id"],
        "redirect_uri": ["https://bot/cb"],
        "response_type": ["code"],
        "scope": ["user.read share.read"],
        "state": ["st"],
        "code_challenge": ["ch"],
        "code_challenge_method": ["S256"],
    }


async def test_oauth_calls_are_forms(disk: DiskTop, server: Server) -> None:
    device = {"device_code": "d", "user_code": "8KXH-Y8R", "verification_uri": "https://v", "interval": "5"}
    server.will(answer(TOKENS), answer(TOKENS), answer(device), ok(TOKENS))
    assert await disk.exchange_code("c+d", "https://bot/cb", "ver") == GRANT
    assert server.last.headers["content-type"] == "application/x-www-form-urlencoded"
    assert server.last.body == (
        b"grant_type=authorization_code&code=c%2Bd&redirect_uri=https%3A%2F%2Fbot%2Fcb&code_verifier=ver"
        b"&client_id=my+id&client_secret=s%26cret"
    )
    assert await disk.refresh("r") == GRANT
    assert server.last.target == "/oauth/token"
    assert (
        server.last.body == b"grant_type=refresh_token&refresh_token=r&client_id=my+id&client_secret=s%26cret"
    )
    code = await disk.device_code(["user.read", "files.app_data"])
    assert (server.last.target, server.last.body) == (
        "/oauth/device-code",
        b"client_id=my+id&scope=user.read+files.app_data",
    )
    assert (code.user_code, code.interval, code.expires_in) == ("8KXH-Y8R", 5, 600)
    assert await disk.poll_device("d") == GRANT
    assert (server.last.target, server.last.body) == ("/oauth/device-token", b"device_code=d&client_id=my+id")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("authorization_pending", DevicePending),
        ("slow_down", DeviceSlowDown),
        ("access_denied", DeviceDenied),
        ("expired_token", DeviceExpired),
        ("invalid_grant", Rejected),
        ("invalid_client", Misconfigured),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 429])
async def test_device_polls(
    disk: DiskTop, server: Server, word: str, kind: type[ClientError], status: int
) -> None:
    server.will(answer({"error": word}, status))
    with pytest.raises(RateLimited if status == 429 and word != "slow_down" else kind):
        await disk.poll_device("d")


@pytest.mark.parametrize(
    ("operation", "status", "body", "kind"),
    [
        ("refresh", 400, {"error": "invalid_grant"}, NotAuthorized),
        ("exchange_code", 400, {"error": "invalid_grant", "error_description": "used"}, Rejected),
        ("exchange_code", 401, {"error": "invalid_client"}, Misconfigured),
        ("exchange_code", 400, {"error": "Invalid_Redirect_Uri"}, Misconfigured),
        ("exchange_code", 400, {"error": "unsupported_response_type"}, Misconfigured),
        ("exchange_code", 400, {"error": "access_denied"}, Rejected),
        ("device_code", 400, {"error": "invalid_scope"}, Rejected),
        ("refresh", 200, {"errno": "invalid_grant"}, NotAuthorized),
        ("refresh", 401, {}, Rejected),
        ("refresh", 500, {"error": "oops"}, UpstreamBroken),
        ("refresh", 200, b"<html>", UpstreamBroken),
        ("refresh", 401, b"<html>", UpstreamBroken),
        ("refresh", 429, {}, RateLimited),
        ("refresh", 200, TOKENS, type(None)),
    ],
)
def test_oauth_errors(operation: str, status: int, body: Any, kind: type[ClientError]) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = oauth_error_for("disktop", operation, Reply(status, {}, content))
    assert type(error) is kind
    if isinstance(error, NotAuthorized):
        assert not error.refreshable


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, {"errno": "invalid_surl"}, NotFound, "invalid_surl"),
        (404, {"errno": 404, "error": "share_not_found"}, NotFound, "share_not_found"),
        (400, {"errno": 1, "errmsg": "file_not_found"}, NotFound, "file_not_found"),
        (403, {"errno": "PWD_required_or_wrong", "errmsg": "提取码错误"}, Rejected, "pwd_required_or_wrong"),
        (200, {"errno": "pwd_required_or_wrong"}, Rejected, "pwd_required_or_wrong"),
        (403, {"errno": "quota_exceeded"}, Rejected, "quota_exceeded"),
        (403, {"errno": "insufficient_scope"}, Forbidden, "insufficient_scope"),
        (403, {"errno": "premium_required"}, Forbidden, "premium_required"),
        (403, {}, Forbidden, None),
        (401, {}, NotAuthorized, None),
        (401, {"errno": 110, "errmsg": "token expired"}, NotAuthorized, "110"),
        (200, {"errno": 401}, NotAuthorized, "401"),
        (200, {"errno": "invalid_token"}, NotAuthorized, "invalid_token"),
        (200, {"errno": "404", "errmsg": "没有"}, NotFound, "404"),
        (200, {"errno": 31066}, Rejected, "31066"),
        (200, {"errno": -7}, Rejected, "-7"),
        (200, {"errno": 0, "error": "invalid_surl"}, NotFound, "invalid_surl"),
        (425, {"errno": 425, "errmsg": "incomplete: 1/2"}, Incomplete, "incomplete"),
        (400, b"", Rejected, None),
        (410, {}, NotFound, None),
        (200, {"errno": "rate_limited"}, RateLimited, "rate_limited"),
        (429, {"retry_after_seconds": 5}, RateLimited, None),
        (200, {"errno": 502}, UpstreamBroken, None),
        (500, {"errno": 500}, UpstreamBroken, None),
        (404, b"<html>", UpstreamBroken, None),
        (200, {"errno": 0}, type(None), None),
        (200, {"errno": "0"}, type(None), None),
        (200, {"data": {}}, type(None), None),
        (200, {"errno": None, "errmsg": "ok"}, type(None), None),
    ],
)
def test_business_errors(status: int, body: Any, kind: type[ClientError], code: str | None) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = error_for("disktop", "op", Reply(status, {}, content))
    assert type(error) is kind
    assert getattr(error, "code", None) == code
    if isinstance(error, NotAuthorized):
        assert error.refreshable


def test_words_and_texts_are_told_apart() -> None:
    assert code_of({"errno": True}) is None or code_of({"errno": True}) == "True"
    assert code_of({"errno": [], "error": {}, "errmsg": 5}) is None
    assert message_of({"errmsg": "提取码错误"}) == "提取码错误"
    assert message_of({"errmsg": "pwd_required_or_wrong"}) is None
    assert message_of({"error_description": "Bad code", "errmsg": "x"}) == "Bad code"


async def test_user_calls(disk: DiskTop, server: Server) -> None:
    server.will(
        ok({"uid": "17", "nickname": "jam", "is_vip": 0, "oauth": {"scopes": "user.read"}}),
        ok({"total_bytes": "10", "used_bytes": 4.0, "free_bytes": 6, "used_pct": "40"}),
        ok({"enabled": 1, "note": "n"}),
    )
    user = await disk.user_info("tok")
    assert (server.last.method, server.last.target) == ("GET", "/v1/user/info")
    assert server.last.headers["authorization"] == "Bearer tok"
    assert (user.uid, user.is_vip, user.oauth and user.oauth.scopes) == (17, False, ("user.read",))
    assert (await disk.quota("tok")).used_pct == 40.0
    assert (await disk.share_enable("tok")).enabled
    assert (server.last.method, server.last.target) == ("POST", "/v1/user/share-enable")


async def test_share_calls(disk: DiskTop, server: Server) -> None:
    file = {"id": "5", "name": "a.mp4", "size": "9", "is_dir": "0"}
    server.will(
        ok({"verified": True}),
        ok(),
        ok({"surl": "8d2f3a", "type": "1", "need_pwd": 1, "expire_time": None}),
        ok({"files": [file]}),
        ok({"files": None}),
        ok({"transferred": "1", "file_ids": ["7890"]}),
        ok({"stream_url": "https://s", "qualities": [{"name": "1080p", "url": "u"}]}),
        ok({"duration": 1800, "width": "1920"}),
        ok({"url": "https://d", "size": 3}),
        ok({"url": "https://d"}),
    )
    assert await disk.share_verify("tok", "8d2f3a", "12&4")
    assert (server.last.target, server.last.body) == ("/v1/share/8d2f3a/verify-pwd", b"pwd=12%264")
    assert await disk.share_verify("tok", "8d2f3a", "1234")
    info = await disk.share_info("tok", "a/../b")
    assert server.last.target == "/v1/share/a%2F..%2Fb/info"
    assert (info.type.name, info.need_pwd, info.expire_time) == ("FOLDER", True, 0)
    (shared,) = await disk.share_files("tok", "8d2f3a", "/电影 1", "1234")
    assert server.last.target == "/v1/share/8d2f3a/files?path=/%E7%94%B5%E5%BD%B1+1&pwd=1234"
    assert (shared.id, shared.size, shared.is_dir) == (5, 9, False)
    assert await disk.share_files("tok", "8d2f3a", pwd="") == ()
    assert server.last.target == "/v1/share/8d2f3a/files?path=/"
    done = await disk.share_transfer("tok", "8d2f3a", [1, 2], "/Saved", "1234")
    assert (server.last.method, server.last.target) == ("POST", "/v1/share/8d2f3a/transfer")
    assert server.last.body == b"file_ids[]=1&file_ids[]=2&dest_path=%2FSaved&pwd=1234"
    assert (done.transferred, done.file_ids) == (1, (7890,))
    assert (await disk.share_stream("tok", "8d2f3a", 5, "1234")).qualities[0].name == "1080p"
    assert server.last.target == "/v1/share/8d2f3a/stream?fid=5&pwd=1234"
    assert (await disk.share_video_meta("tok", "8d2f3a", 5)).width == 1920
    assert server.last.target == "/v1/share/8d2f3a/video-meta?fid=5"
    assert (await disk.share_download("tok", "8d2f3a", 5)).expires_in == 600
    await disk.share_download("tok", "8d2f3a", pwd="1234")
    assert server.last.target == "/v1/share/8d2f3a/download?pwd=1234"


async def test_folders(disk: DiskTop, server: Server) -> None:
    server.will(
        ok({"path": "/", "folders": [{"id": 1, "name": "d"}], "files": None, "total": "1"}),
        ok({"folder_id": 5920, "name": "Photos", "path": "/x/Photos"}),
    )
    listing = await disk.files("tok", "/", page=2, limit=20)
    assert server.last.target == "/v1/files?path=/&page=2&limit=20"
    assert (listing.folders[0].name, listing.files, listing.total) == ("d", (), 1)
    assert (await disk.make_folder("tok", "/", "新 folder")).folder_id == 5920
    assert server.last.body == b"parent_path=%2F&name=%E6%96%B0+folder"


@pytest.mark.parametrize(
    "script",
    [
        answer([]),
        answer(body=b"{"),
        answer(body=b""),
        ok(),
        ok([]),
        ok({"files": "x"}),
        ok({"files": [{"id": "x"}]}),
        ok({}),
    ],
)
async def test_nonsense_is_a_bad_response(disk: DiskTop, server: Server, script: Script) -> None:
    server.will(script)
    with pytest.raises(BadResponse):
        await disk.share_files("tok", "s")


async def test_only_reads_are_repeated(disk: DiskTop, server: Server) -> None:
    for script, kind in ((reset, Unreachable), (html(502), UpstreamBroken)):
        for work in (
            disk.share_transfer("tok", "s", [1]),
            disk.make_folder("tok", "/", "n"),
            disk.refresh("r"),
            disk.exchange_code("c", "u", "v"),
            disk.poll_device("d"),
        ):
            before = len(server.requests)
            server.will(script)
            with pytest.raises(kind):
                await work
            assert len(server.requests) == before + 1
    server.will(reset, html(502), ok({"total_bytes": 1}))
    assert (await disk.quota("tok")).total_bytes == 1
