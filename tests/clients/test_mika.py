"""Every call to Mika over a real socket, with a login's token and with a signed key."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from clients.credentials import ApiKey, Bearer, Credential
from clients.errors import BadResponse, NotAuthorized
from clients.mika.client import Mika
from clients.mika.models import TaskStatus, VideoChanges, VideoOrder
from tests.clients.scripts import Connect, Script, Server, answer

NOW = 1_704_067_200.5
LOGIN = Bearer("eyJ.tok.en")
KEY = ApiKey("ak_1", "s3cret")
VIDEO = {
    "id": "1",
    "title": "示例视频",
    "description": "视频描述",
    "cover": "/covers/1.jpg",
    "play_url": "/videos/1/index.m3u8",
    "duration": 3600,
    "resolution": "1080p",
    "file_size": 1073741824,
    "views": "1000",
    "category": {"id": 1, "name": "电影"},
    "tags": ["动作", "科幻"],
    "created_at": "2024-01-01 00:00:00",
}
TASK = {
    "id": 1,
    "video_id": 1,
    "status": "processing",
    "progress": 45,
    "started_at": "2024-01-01 10:00:00",
    "log": "转码日志...",
}
DAY = (date(2024, 1, 1), date(2024, 1, 31))
RANGE = "start_date=2024-01-01&end_date=2024-01-31"

Call = Callable[[Mika, Credential], Awaitable[Any]]
CALLS: list[tuple[str, Call, str, Any, Any]] = [
    ("GET", lambda m, w: m.profile(w), "/user/profile", None, {"id": 1}),
    (
        "PUT",
        lambda m, w: m.edit_profile(w, "新昵称", "/avatars/new.jpg"),
        "/user/profile",
        {"nickname": "新昵称", "avatar": "/avatars/new.jpg"},
        None,
    ),
    (
        "GET",
        lambda m, w: m.videos(
            w, page=2, size=10, category_id=1, keyword="a 词", status=1, order=VideoOrder.VIEWS
        ),
        "/videos?page=2&size=10&category_id=1&keyword=a+%E8%AF%8D&status=1&order=views",
        None,
        {"list": [VIDEO], "total": 100, "page": 2, "size": 10},
    ),
    ("GET", lambda m, w: m.video(w, 1), "/videos/1", None, VIDEO),
    (
        "PUT",
        lambda m, w: m.edit_video(w, 1, VideoChanges("新标题", "新描述", 2, ("动作", "冒险"))),
        "/videos/1",
        {"title": "新标题", "description": "新描述", "category_id": 2, "tags": ["动作", "冒险"]},
        VIDEO,
    ),
    ("DELETE", lambda m, w: m.delete_video(w, 1), "/videos/1", None, None),
    (
        "POST",
        lambda m, w: m.begin_upload(w, "video.mp4", 1073741824, "视频标题", 1),
        "/videos/upload/init",
        {"filename": "video.mp4", "filesize": 1073741824, "title": "视频标题", "category_id": 1},
        {"upload_id": "abc123", "chunk_size": 5242880, "total_chunks": 205},
    ),
    (
        "POST",
        lambda m, w: m.complete(w, "abc123"),
        "/videos/upload/complete",
        {"upload_id": "abc123"},
        {"video_id": "7"},
    ),
    ("GET", lambda m, w: m.categories(w), "/categories", None, []),
    (
        "POST",
        lambda m, w: m.create_category(w, "新分类", 0, 1),
        "/admin/categories",
        {"name": "新分类", "parent_id": 0, "sort": 1},
        None,
    ),
    (
        "PUT",
        lambda m, w: m.update_category(w, 3, "分类新名称", 2),
        "/admin/categories/3",
        {"name": "分类新名称", "sort": 2},
        None,
    ),
    ("DELETE", lambda m, w: m.delete_category(w, 3), "/admin/categories/3", None, None),
    (
        "GET",
        lambda m, w: m.tasks(w, status=TaskStatus.PENDING),
        "/admin/transcode/tasks?page=1&size=20&status=pending",
        None,
        {"list": [TASK], "total": 1},
    ),
    ("GET", lambda m, w: m.task(w, 1), "/admin/transcode/tasks/1", None, TASK),
    ("POST", lambda m, w: m.retry_task(w, 1), "/admin/transcode/tasks/1/retry", None, None),
    ("POST", lambda m, w: m.cancel_task(w, 1), "/admin/transcode/tasks/1/cancel", None, None),
    ("GET", lambda m, w: m.overview(w), "/admin/statistics/overview", None, {"total_videos": 1000}),
    ("GET", lambda m, w: m.video_statistics(w, *DAY), f"/admin/statistics/videos?{RANGE}", None, []),
    ("GET", lambda m, w: m.user_statistics(w, *DAY), f"/admin/statistics/users?{RANGE}", None, {"list": []}),
    ("GET", lambda m, w: m.settings(w), "/admin/settings", None, {"site_name": "米卡云转码"}),
    (
        "PUT",
        lambda m, w: m.update_settings(w, {"site_name": "新名"}),
        "/admin/settings",
        {"site_name": "新名"},
        None,
    ),
]


@pytest.fixture
async def mika(connect: Connect, server: Server) -> AsyncIterator[Mika]:
    made = Mika(connect("mika", f"{server.url}/api"), now=lambda: NOW)
    yield made
    await made.aclose()


def ok(data: Any = None) -> Script:
    return answer({"code": 0, "message": "success", "data": data})


@pytest.mark.parametrize(("method", "call", "target", "body", "data"), CALLS, ids=[c[2] for c in CALLS])
async def test_each_call_goes_out_as_documented_in_both_ways(
    mika: Mika, server: Server, method: str, call: Call, target: str, body: Any, data: Any
) -> None:
    server.will(ok(data), ok(data))
    await call(mika, LOGIN)
    assert (server.last.method, server.last.target) == (method, f"/api{target}")
    assert server.last.headers["authorization"] == f"Bearer {LOGIN.token}"
    assert (server.last.json if server.last.body else None) == body
    await call(mika, KEY)
    sent = server.last.headers
    assert (server.last.target, "authorization" in sent) == (f"/api{target}", False)
    assert (sent["x-api-key"], sent["x-timestamp"]) == ("ak_1", "1704067200")
    assert sent["x-sign"] == hashlib.sha256(b"ak_11704067200s3cret").hexdigest()
    assert b"s3cret" not in server.last.body


async def test_signing_in_and_registering_prove_nothing_yet(mika: Mika, server: Server) -> None:
    user = {"id": 1, "username": "admin", "nickname": "管理员", "avatar": "/avatars/1.jpg"}
    server.will(ok({"token": "eyJ", "expire": 1704153600, "user": user}), ok({"id": 2}), ok({"id": 3}))
    login = await mika.login("admin", "password123")
    assert server.last.target == "/api/auth/login"
    assert server.last.json == {"username": "admin", "password": "password123"}
    assert (login.token, login.expire) == ("eyJ", 1704153600.0)
    assert login.user is not None
    assert (login.user.nickname, "eyJ" in repr(login)) == ("管理员", False)
    await mika.register("newuser", "password123", "user@example.com", "ABC123")
    assert server.last.target == "/api/auth/register"
    assert server.last.json == {
        "username": "newuser",
        "password": "password123",
        "email": "user@example.com",
        "invite_code": "ABC123",
    }
    await mika.register("newuser", "password123", "user@example.com")
    assert "invite_code" not in server.last.json
    assert not any("authorization" in r.headers or "x-sign" in r.headers for r in server.requests)


async def test_the_account_and_a_video_are_read(mika: Mika, server: Server) -> None:
    account = {"id": 1, "vip_level": 2, "vip_expire": "2024-12-31", "points": "1000"}
    server.will(
        ok({**account, "created_at": "2024-01-01 00:00:00"}),
        ok({**account, "vip_expire": None, "created_at": 1704038400}),
        ok(VIDEO),
        ok({"id": 2, "category": [], "tags": None, "created_at": "soon", "duration": None}),
    )
    for vip_expire in (date(2024, 12, 31), None):
        profile = await mika.profile(LOGIN)
        assert (profile.points, profile.vip_level, profile.vip_expire) == (1000, 2, vip_expire)
        assert profile.created_at == 1704038400.0
    video = await mika.video(LOGIN, 1)
    assert (video.id, video.views, video.tags, video.created_at) == (1, 1000, ("动作", "科幻"), 1704038400.0)
    bare = await mika.video(LOGIN, 2)
    assert (bare.category, bare.tags, bare.created_at, bare.duration) == (None, (), None, 0)


async def test_the_tree_is_read_from_the_top(mika: Mika, server: Server) -> None:
    child = {"id": 2, "name": "动作片", "parent_id": 1, "sort": 1}
    server.will(ok([{"id": 1, "name": "电影", "parent_id": 0, "sort": 1, "children": [child]}]), ok(None))
    (film,) = await mika.categories()
    assert "authorization" not in server.last.headers
    assert [(one.id, one.parent_id) for one in film.walk()] == [(1, 0), (2, 1)]
    assert await mika.categories() == ()


async def test_tasks_and_statistics_are_read_in_the_shapes_that_are_seen(mika: Mika, server: Server) -> None:
    server.will(
        ok({**TASK, "status": "canceled"}),
        ok({**TASK, "status": "thinking", "progress": None}),
        ok([{"date": "2024-01-01", "count": "3", "view_count": 9}]),
        ok({"days": [{"day": "2024-01-02", "new_users": 4, "active": 30}]}),
    )
    assert ((await mika.task(LOGIN, 1)).status, TaskStatus.CANCELLED.over) == (TaskStatus.CANCELLED, True)
    odd = await mika.task(LOGIN, 1)
    assert (odd.status, odd.progress, odd.started_at) == (TaskStatus.UNKNOWN, 0, 1704074400.0)
    (videos,) = (await mika.video_statistics(LOGIN, *DAY)).days
    assert (videos.day, videos.new_videos, videos.views) == (date(2024, 1, 1), 3, 9)
    (users,) = (await mika.user_statistics(LOGIN, *DAY)).days
    assert (users.day, users.new_users, users.active_users) == (date(2024, 1, 2), 4, 30)


async def test_links_become_absolute_and_nothing_else_becomes_one(mika: Mika, server: Server) -> None:
    assert mika.link("/covers/1.jpg") == f"{server.url}/covers/1.jpg"
    assert mika.link("covers/1.jpg") == f"{server.url}/covers/1.jpg"
    assert mika.link("https://cdn.example/1.m3u8") == "https://cdn.example/1.m3u8"
    assert mika.link("//cdn.example/1.jpg") == "http://cdn.example/1.jpg"
    for nothing in (None, "", " ", "javascript:alert(1)", "file:///etc/passwd", "http://[", "/a\nb"):
        assert mika.link(nothing) is None


@pytest.mark.parametrize("who", [Bearer("täg"), ApiKey("k\r\nX: y", "s"), Bearer("a b\x00")])
async def test_what_fits_no_header_is_nobodys_credential(mika: Mika, server: Server, who: Credential) -> None:
    with pytest.raises(NotAuthorized) as refused:
        await mika.profile(who)
    assert (refused.value.code, refused.value.refreshable, server.requests) == ("unsendable", False, [])


@pytest.mark.parametrize(
    "data", [None, [], {"upload_id": "", "chunk_size": 5, "total_chunks": 1}, {"upload_id": "a"}]
)
async def test_an_upload_without_a_session_is_no_answer(mika: Mika, server: Server, data: Any) -> None:
    server.will(ok(data))
    with pytest.raises(BadResponse):
        await mika.begin_upload(LOGIN, "a.mp4", 5, "a", 1)
