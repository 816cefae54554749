"""ACGBT's client: signatures, pace, errors, and what is read tolerantly."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from clients.acgbt import models, readings
from clients.acgbt.client import ACGBT
from clients.acgbt.errors import error_for
from clients.acgbt.pace import CALLS, PATIENCE_SECONDS, Pace
from clients.acgbt.pictures import allowed_avatar, kind_of
from clients.acgbt.signing import headers_for, signature
from clients.credentials import ApiKey, Bearer
from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.reply import Reply
from tests.clients.scripts import Connect, Server, answer, html, reset

KEY = ApiKey("ak_0123456789abcdef0123456789abcdef", "s3cr3t")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


class Wait:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


Open = Callable[..., ACGBT]


@pytest.fixture
async def opened(connect: Connect, server: Server) -> AsyncIterator[Open]:
    """Make clients of the scripted server; all are closed at the end."""
    made: list[ACGBT] = []

    def build(**more: Any) -> ACGBT:
        made.append(ACGBT(connect("acgbt", f"{server.url}/api/v1"), **more))
        return made[-1]

    yield build
    for client in made:
        await client.aclose()


@pytest.fixture
def acgbt(opened: Open) -> ACGBT:
    return opened(now=lambda: 1_700_000_000.9)


def ok(data: Any = None, **more: Any) -> Any:
    return answer({"code": 0, "message": "success", "data": data, **more})


@pytest.mark.parametrize(
    ("key", "secret", "seconds", "expected"),
    [
        # Reckoned with `printf '1700000000ak_test' | openssl dgst -sha256 -hmac secret` and its like.
        ("ak_test", "secret", 1700000000, "2a5032bf51179781bb016e610ac93396b5d05a97dbec38a47afac04971d230b3"),
        ("ak_" + "x" * 32, "密钥", 1, "0e6367847676f71c341143851e8e19605c077fa19a0867567b7b8281386859cc"),
        ("ak_test", "", 1700000000, "c245f58e0fd887b08f9e5a2ff111f56a8f050f5721a4de109e63fc5ce132afd9"),
    ],
)
def test_signatures(key: str, secret: str, seconds: int, expected: str) -> None:
    assert signature(ApiKey(key, secret), seconds) == expected


def test_both_ways_to_sign_in() -> None:
    signed = headers_for(KEY, 1_700_000_000)
    proof = hmac.new(b"s3cr3t", b"1700000000" + KEY.key.encode(), hashlib.sha256).hexdigest()
    assert signed == {"x-api-key": KEY.key, "x-timestamp": "1700000000", "x-signature": proof}
    plain = headers_for(ApiKey(KEY.key, KEY.secret, signed=False), 1_700_000_000)
    assert plain == {"x-api-key": KEY.key, "x-api-secret": "s3cr3t"}


def test_secrets_are_not_shown() -> None:
    made = models.NewKey(api_key="ak_hidden", api_secret="hidden")
    assert "hidden" not in f"{made!r} {made.id} {KEY!r}"


async def test_a_signed_call(acgbt: ACGBT, server: Server) -> None:
    server.will(ok({"count": "3"}))
    assert await acgbt.unread(KEY) == 3
    assert server.last.target == "/api/v1/messages/unread-count"
    assert server.last.headers["x-signature"] == signature(KEY, 1_700_000_000)
    assert "x-api-secret" not in server.last.headers
    with pytest.raises(NotAuthorized):
        await acgbt.unread(Bearer("a token of another service"))
    assert len(server.requests) == 1


async def test_open_calls_hold_no_key(acgbt: ACGBT, server: Server) -> None:
    server.will(ok([]))
    assert await acgbt.categories(None) == ()
    assert not [name for name in server.last.headers if name.startswith("x-")]


async def test_a_clock_that_is_wrong_is_set_once(acgbt: ACGBT, server: Server) -> None:
    refused = {"code": 401, "message": "时间戳已过期", "timestamp": 1_700_009_000}
    server.will(answer(refused, 401), ok({"count": 1}), ok({"count": 2}))
    assert await acgbt.unread(KEY) == 1
    assert await acgbt.unread(KEY) == 2
    assert [r.headers["x-timestamp"] for r in server.requests] == ["1700000000", "1700009000", "1700009000"]
    server.will(answer(refused, 401))
    with pytest.raises(NotAuthorized):
        await acgbt.unread(KEY)
    assert len(server.requests) == 4


@pytest.mark.parametrize("told", [1_700_000_010, 1_000, None, "soon", 10**40])
async def test_a_refused_key_is_refused_at_once(acgbt: ACGBT, server: Server, told: Any) -> None:
    server.will(answer({"code": 401, "message": "签名错误", "timestamp": told}, 401))
    with pytest.raises(NotAuthorized) as refused:
        await acgbt.unread(KEY)
    assert (refused.value.refreshable, refused.value.message) == (False, "签名错误")
    assert len(server.requests) == 1


async def test_what_is_repeated_and_what_never(acgbt: ACGBT, server: Server) -> None:
    server.will(reset, ok({"count": 1}), reset, ok())
    assert await acgbt.unread(KEY) == 1
    await acgbt.mark_all_read(KEY)
    assert len(server.requests) == 4
    new = models.NewResource("t", 1)
    for call in (
        acgbt.publish(KEY, new),
        acgbt.comment(KEY, 1, "x"),
        acgbt.create_key(KEY, "n", ["read"], 60),
    ):
        server.will(reset)
        before = len(server.requests)
        with pytest.raises(ClientError) as failed:
            await call
        assert failed.value.doubtful
        assert len(server.requests) == before + 1


async def test_sixty_a_minute_are_kept_on_our_side(opened: Open, server: Server) -> None:
    wait = Wait()
    acgbt = opened(pace=Pace(clock=wait, sleep=wait.sleep))
    server.always(ok({"count": 0}))
    for _ in range(CALLS):
        await acgbt.unread(KEY)
    with pytest.raises(RateLimited) as limited:
        await acgbt.unread(KEY)
    assert (limited.value.retry_after, limited.value.scope) == (60.0, "user")
    # Another key has its own minute; a short wait is waited out.
    await acgbt.unread(ApiKey("ak_other", "s"))
    wait.now += 60 - PATIENCE_SECONDS + 1
    await acgbt.unread(KEY)
    assert wait.slept == [PATIENCE_SECONDS - 1]
    assert len(server.requests) == CALLS + 2


async def test_a_429_closes_the_door_for_its_key_only(opened: Open, server: Server) -> None:
    wait = Wait()
    acgbt = opened(pace=Pace(clock=wait, sleep=wait.sleep))
    server.will(answer({"code": 429, "message": "请求频率超限"}, 429, retry_after=33))
    for _ in range(2):
        with pytest.raises(RateLimited) as limited:
            await acgbt.unread(KEY)
        assert limited.value.retry_after == 33
    assert len(server.requests) == 1
    server.always(ok({"count": 0}))
    await acgbt.unread(ApiKey("ak_other", "s"))
    wait.now += 33
    await acgbt.unread(KEY)


async def test_the_pace_remembers_a_bounded_number_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.acgbt.pace.KEYS", 3)
    pace = Pace()
    for number in range(9):
        assert await pace.turn(f"key {number}") == 0
    assert len(pace._turns) == 3


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"code": 0}, type(None)),
        (201, {"code": 200, "data": {}}, type(None)),
        (200, {"data": []}, type(None)),
        (400, {"code": 400, "message": "x"}, Rejected),
        (200, {"code": 400, "message": "x"}, Rejected),
        (401, {"code": 401}, NotAuthorized),
        (200, {"code": "401"}, NotAuthorized),
        (403, {"code": 403}, Forbidden),
        (200, {"code": 403}, Forbidden),
        (404, {"code": 404}, NotFound),
        (200, {"code": 404}, NotFound),
        (404, {}, NotFound),
        (429, {}, RateLimited),
        (200, {"code": 429}, RateLimited),
        (500, {"code": 500}, UpstreamBroken),
        (200, {"code": 500}, UpstreamBroken),
        (502, "<html>", UpstreamBroken),
        (200, "<!DOCTYPE html>", UpstreamBroken),
        (422, {"code": 422}, Rejected),
        (200, {"code": -1, "message": "失败"}, Rejected),
        (400, {"code": "odd"}, Rejected),
    ],
)
def test_errors(status: int, body: Any, kind: type[ClientError]) -> None:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert type(error_for("acgbt", "op", Reply(status, {}, content))) is kind


@pytest.mark.parametrize("place", ["top", "data"])
def test_what_is_wrong_with_each_field_is_told(place: str) -> None:
    errors = {"title": "标题不能为空", "images": ["图片链接无效", "x"], "odd": 5}
    body = {"code": 400, "message": "标题不能为空"} | (
        {"errors": errors} if place == "top" else {"data": {"errors": errors}}
    )
    error = error_for("acgbt", "publish", Reply(400, {}, json.dumps(body).encode()))
    assert isinstance(error, Rejected)
    assert (error.message, error.fields) == (
        "标题不能为空",
        {"title": "标题不能为空", "images": "图片链接无效"},
    )


async def test_answers_of_many_shapes(acgbt: ACGBT, server: Server) -> None:
    server.will(
        ok({"items": [{"id": "7", "images": '["https://a.b/1.jpg"]', "size": "1.5 GB", "image_layout": 9}]}),
        ok([{"id": 1, "title": None, "file_size": 0, "created_at": "2024-01-01 12:00:00"}]),
        ok({"list": [{"id": 1, "images": None}], "total": "41", "page": 2, "page_size": 20}),
        ok({"items": [], "pagination": {"total": 100, "page": 3, "page_size": 20, "total_pages": 5}}),
        ok({"items": [{"title": "no id"}]}),
        ok("nothing"),
    )
    first = await acgbt.resources(None)
    item = first.items[0]
    assert (item.id, item.images, item.size, item.image_layout) == (7, ("https://a.b/1.jpg",), 1610612736, 1)
    assert (first.total, first.page, first.total_pages) == (1, 1, 1)
    second = await acgbt.search(None, "葬送 &x", page=2, page_size=5)
    assert server.last.target == "/api/v1/search?q=%E8%91%AC%E9%80%81+%26x&page=2&page_size=5"
    assert (second.total, second.page, second.items[0].size) == (6, 2, None)
    assert second.items[0].created_at == 1704081600
    third = await acgbt.resources(KEY, page=2, category_id=3, order_by="seeders", order_dir="desc")
    assert (third.total, third.total_pages) == (41, 3)
    assert "category_id=3&order_by=seeders&order_dir=desc" in server.last.target
    assert (await acgbt.resources(None, page=3)).total_pages == 5
    for _ in range(2):
        with pytest.raises(BadResponse):
            await acgbt.resources(None)


async def test_categories_flat_or_as_a_tree(acgbt: ACGBT, server: Server) -> None:
    tree = [
        {
            "id": 1,
            "name": "动画",
            "parent_id": 0,
            "children": [{"id": 2, "name": "番剧", "resource_count": "5"}],
        }
    ]
    server.will(ok(tree), ok({"items": [{"id": 3, "name": "x"}]}))
    parent, child = await acgbt.categories(None)
    assert (parent.parent_id, child.parent_id, child.resource_count) == (None, 1, 5)
    assert [one.id for one in await acgbt.categories(None)] == [3]


async def test_answers_that_tell_little(acgbt: ACGBT, server: Server) -> None:
    server.will(
        ok({"resource_id": 9}),
        ok(),
        ok({"id": 5}),
        ok(),
        ok("https://a.b/c.png"),
        ok({"permissions": "read,publish", "api_key": "k", "api_secret": "s"}),
    )
    assert (await acgbt.publish(KEY, models.NewResource("t", 1))).id == 9
    assert (await acgbt.publish(KEY, models.NewResource("t", 1))).id is None
    told = await acgbt.comment(KEY, 1, "hello", 4)
    assert (told.id, told.content, told.parent_id) == (5, "hello", 4)
    assert await acgbt.set_avatar(KEY, "https://x.y/z.png") == "https://x.y/z.png"
    assert await acgbt.set_avatar(KEY, "https://x.y/z.png") == "https://a.b/c.png"
    assert (await acgbt.create_key(KEY, "n", ["read", "publish"], 60)).permissions == ("read", "publish")


def test_only_what_was_given_is_published() -> None:
    assert models.NewResource("t", 1).body() == {"title": "t", "category_id": 1, "image_layout": 1}
    whole = models.NewResource("t", 1, "d", ("https://a.b/1.png",), 2, None, "magnet:?x", None, 5)
    assert whole.body() == {
        "title": "t",
        "category_id": 1,
        "image_layout": 2,
        "description": "d",
        "images": ["https://a.b/1.png"],
        "magnet_link": "magnet:?x",
        "file_size": 5,
    }


def test_kinds_of_pictures() -> None:
    assert kind_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert kind_of(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    assert kind_of(b"GIF89a") == "image/gif"
    assert kind_of(b"<svg/>") is kind_of(b"") is None
    assert allowed_avatar("acgbt", PNG) == "image/png"


@pytest.mark.parametrize(
    ("data", "code"),
    [(PNG + b"\0" * 3 * 1024 * 1024, "avatar_size"), (b"BM bitmap", "avatar_type"), (b"", "avatar_type")],
)
async def test_a_bad_avatar_is_refused_before_it_is_sent(
    acgbt: ACGBT, server: Server, data: bytes, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        await acgbt.upload_avatar(KEY, "me.png", data, "image/png")
    assert refused.value.code == code
    assert server.requests == []


async def test_an_avatar_goes_as_a_form(acgbt: ACGBT, server: Server) -> None:
    server.will(ok({"avatar": "https://s/a.png", "url": "/uploads/a.png"}))
    assert await acgbt.upload_avatar(KEY, 'my "face".png', PNG, "image/png") == "https://s/a.png"
    assert server.last.headers["content-type"].startswith("multipart/form-data; boundary=")
    head, _, rest = server.last.body.partition(b"\r\n\r\n")
    assert b'name="avatar"; filename="my %22face%22.png"' in head
    assert b"Content-Type: image/png" in head
    assert rest.startswith(PNG)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5368709120", 5368709120),
        (5368709120, 5368709120),
        ("4.5GB", 4831838208),
        ("700 MiB", 734003200),
        ("0", None),
        ("unknown", None),
        (None, None),
        (1e400, None),
    ],
)
def test_sizes(value: object, expected: int | None) -> None:
    assert readings.size(value) == expected


def test_links_of_the_site(connect: Connect) -> None:
    acgbt = ACGBT(connect("acgbt", "https://bj2.example/api/v1"))
    assert acgbt.link("/uploads/torrents/a b.torrent") == "https://bj2.example/uploads/torrents/a%20b.torrent"
    assert acgbt.link("https://x.y/图.png") == "https://x.y/%E5%9B%BE.png"
    assert acgbt.link("//x.y/z.png") == "https://x.y/z.png"
    for odd in (
        "",
        " / ",
        "ftp://x/y",
        "javascript://x/%0aalert(1)",
        "https://",
        "https://u:p@x/y",
        "http://[x",
    ):
        assert acgbt.link(odd) is None


async def test_files_of_the_site(acgbt: ACGBT, server: Server) -> None:
    server.will(answer(body=b"d4:infoe"), answer({}, 404), html(), answer(body=b"x" * (5 * 1024 * 1024 + 1)))
    assert await acgbt.file("/uploads/a.torrent") == b"d4:infoe"
    assert server.last.target == "/uploads/a.torrent"
    assert "x-api-key" not in server.last.headers
    for kind in (NotFound, UpstreamBroken, BadResponse):
        with pytest.raises(kind):
            await acgbt.file("/uploads/a.torrent")
    # Without a fetcher nothing is read from elsewhere, and paths cannot climb.
    with pytest.raises(NotFound):
        await acgbt.file("https://elsewhere.example/a.torrent")
    server.will(answer(body=b"y"))
    assert await acgbt.file("/uploads/../../../a.torrent") == b"y"
    assert server.last.target == "/a.torrent"
