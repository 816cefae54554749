"""Every documented call of ACGBT through the stand-in, in both ways to sign in, as it goes over the wire."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from clients.acgbt.client import ACGBT
from clients.acgbt.models import MessageKind, NewResource
from clients.credentials import ApiKey
from clients.errors import (
    ClientError,
    Forbidden,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamBroken,
)
from clients.fetch.fetcher import Fetcher
from clients.transport import Timeouts, Transport
from sandbox.journal import Entry
from sandbox.server import Sandbox

XIAOYU, BEN, LAOCHEN = 1001, 1002, 1003
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
MAGNET = "magnet:?xt=urn:btih:" + "ab" * 20


def client(box: Sandbox, timeout: Timeouts) -> ACGBT:
    way = Transport("acgbt", box.settings(8080)["ACGBT_URL"], timeout=timeout, backoff=0.001)
    return ACGBT(way, fetcher=Fetcher(allowed_hosts=frozenset({f"127.0.0.1:{box.port}"})))


@pytest.fixture
async def acgbt(box: Sandbox) -> AsyncIterator[ACGBT]:
    made = client(box, Timeouts())
    yield made
    await made.aclose()


@pytest.fixture
async def hurried(box: Sandbox) -> AsyncIterator[ACGBT]:
    made = client(box, Timeouts(2, 0.5, 1.5))
    yield made
    await made.aclose()


def key_of(box: Sandbox, person: int, *, signed: bool = True) -> ApiKey:
    own = box.world.acgbt.main_key(person)
    return ApiKey(own.key, own.secret, signed)


def last(box: Sandbox) -> Entry:
    return box.world.journal.entries[-1]


def assert_proved(entry: Entry, key: ApiKey) -> None:
    """The headers are those of the document, and a signed call does not hold the secret."""
    headers = entry.headers
    assert headers["x-api-key"] == key.key
    if not key.signed:
        assert headers["x-api-secret"] == key.secret
        assert "x-signature" not in headers
        return
    told = (headers["x-timestamp"] + key.key).encode()
    assert headers["x-signature"] == hmac.new(key.secret.encode(), told, hashlib.sha256).hexdigest()
    assert key.secret not in f"{headers} {entry.body} {entry.query}"


Work = Callable[[ACGBT, ApiKey], Awaitable[Any]]
CALLS: list[tuple[str, str, Work]] = [
    (
        "GET",
        "/resources",
        lambda c, k: c.resources(k, page=2, page_size=5, order_by="title", order_dir="asc"),
    ),
    ("GET", "/resources/1", lambda c, k: c.resource(k, 1)),
    ("GET", "/categories", lambda c, k: c.categories(k)),
    ("GET", "/search", lambda c, k: c.search(k, "沙丘")),
    ("GET", "/resources/1/comments", lambda c, k: c.comments(k, 1, page=2)),
    ("POST", "/publish", lambda c, k: c.publish(k, NewResource("标题", 2, magnet_link=MAGNET))),
    ("POST", "/comments", lambda c, k: c.comment(k, 1, "你好", 1)),
    ("DELETE", "/comments/3", lambda c, k: c.delete_comment(k, 3)),
    ("GET", "/user/profile", lambda c, k: c.profile(k)),
    ("POST", "/user/avatar", lambda c, k: c.set_avatar(k, "https://example.com/a.png")),
    ("POST", "/user/avatar/upload", lambda c, k: c.upload_avatar(k, "a.png", PNG, "image/png")),
    ("GET", "/user/keys", lambda c, k: c.keys(k)),
    ("POST", "/user/keys", lambda c, k: c.create_key(k, "我的新密钥", ["read", "publish"], 60)),
    ("GET", "/messages", lambda c, k: c.messages(k, type=MessageKind.SYSTEM)),
    ("GET", "/messages/unread-count", lambda c, k: c.unread(k)),
    ("GET", "/messages/1", lambda c, k: c.message(k, 1)),
    ("POST", "/messages/1/read", lambda c, k: c.mark_read(k, 1)),
    ("POST", "/messages/read-all", lambda c, k: c.mark_all_read(k)),
]


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "plain"])
@pytest.mark.parametrize(("method", "path", "work"), CALLS, ids=[f"{m} {p}" for m, p, _ in CALLS])
async def test_every_call_in_both_ways(
    box: Sandbox, acgbt: ACGBT, method: str, path: str, work: Work, signed: bool
) -> None:
    key = key_of(box, XIAOYU, signed=signed)
    await work(acgbt, key)
    entry = last(box)
    assert (entry.method, entry.path, entry.status) == (method, f"/api/v1{path}", 200)
    assert_proved(entry, key)


async def test_open_calls_without_a_key(box: Sandbox, acgbt: ACGBT) -> None:
    assert (await acgbt.info()).version == "1.2"
    assert last(box).path in ("/api/v1", "/api/v1/")
    page = await acgbt.resources(None, page_size=3, category_id=1, order_by="seeders", order_dir="desc")
    seeders = [one.seeders for one in page.items]
    assert seeders == sorted(seeders, reverse=True)
    assert {one.category_id for one in page.items} <= {1, 2, 3}
    found = await acgbt.search(None, "Dune")
    assert found.total >= 1
    parents = {one.id: one for one in await acgbt.categories(None)}
    assert parents[1].resource_count == page.total == parents[2].resource_count + parents[3].resource_count
    assert (await acgbt.comments(None, 1)).total > 20
    assert "x-api-key" not in last(box).headers


async def test_what_is_published_is_found_again(box: Sandbox, acgbt: ACGBT) -> None:
    new = NewResource(
        title="测试资源 A&B",
        category_id=3,
        description="**简介**",
        images=("https://example.com/1.jpg", "https://example.com/2.jpg"),
        image_layout=2,
        magnet_link=MAGNET,
        file_size=5368709120,
    )
    made = await acgbt.publish(key_of(box, LAOCHEN), new)
    found = await acgbt.resource(None, made.id or 0)
    assert (found.title, found.description, found.images, found.image_layout) == (
        new.title,
        new.description,
        new.images,
        2,
    )
    assert (found.magnet_link, found.size, found.author) == (MAGNET, 5368709120, "laochen_acg")
    assert [one.id for one in (await acgbt.search(None, "测试资源")).items] == [made.id]
    told = await acgbt.messages(key_of(box, LAOCHEN), type="personal")
    assert str(made.id) in told.items[0].content


async def test_files_are_real(box: Sandbox, acgbt: ACGBT) -> None:
    one = next(r for r in box.world.acgbt.resources.values() if r.torrent_file and r.images)
    resource = await acgbt.resource(None, one.id)
    assert (await acgbt.file(resource.torrent_file or "")).startswith(b"d8:announce")
    assert (await acgbt.file(resource.images[0])).startswith(b"\x89PNG")
    with pytest.raises(NotFound):
        await acgbt.file("/uploads/torrents/nothing.torrent")
    # Elsewhere is read by the way for addresses of other people's, and only there.
    assert len(await acgbt.file(f"{box.url}/files/a.torrent?size=5000")) == 5000
    box.world.faults.add(
        {
            "service": "acgbt",
            "kind": "redirect",
            "times": 2,
            "path": "/uploads/*",
            "location": f"{box.url}/files/b?size=77",
        }
    )
    assert len(await acgbt.file(resource.torrent_file or "")) == 77


async def test_messages_are_read_one_by_one_or_all(box: Sandbox, acgbt: ACGBT) -> None:
    key = key_of(box, BEN)
    page = await acgbt.messages(key)
    assert {one.type for one in page.items} == {
        MessageKind.SYSTEM,
        MessageKind.ACTIVITY,
        MessageKind.PERSONAL,
    }
    assert await acgbt.unread(key) == page.total == 4
    assert (await acgbt.message(key, page.items[0].id)).is_read
    assert await acgbt.unread(key) == 3
    await acgbt.mark_read(key, page.items[1].id)
    await acgbt.mark_all_read(key)
    assert await acgbt.unread(key) == 0
    assert await acgbt.unread(key_of(box, LAOCHEN)) == 4


async def test_comments_are_written_answered_and_deleted(box: Sandbox, acgbt: ACGBT) -> None:
    key = key_of(box, BEN)
    first = await acgbt.comment(key, 2, "好")
    answer = await acgbt.comment(key_of(box, LAOCHEN), 2, "同意", first.id)
    assert (answer.parent_id, answer.username) == (first.id, "laochen_acg")
    with pytest.raises(Forbidden):
        await acgbt.delete_comment(key, answer.id)
    await acgbt.delete_comment(key_of(box, XIAOYU), answer.id)
    await acgbt.delete_comment(key, first.id)
    with pytest.raises(NotFound):
        await acgbt.delete_comment(key, first.id)


async def test_a_new_key_works(box: Sandbox, acgbt: ACGBT) -> None:
    made = await acgbt.create_key(key_of(box, BEN), "second", ["read"], 5)
    fresh = ApiKey(made.api_key, made.api_secret)
    assert (await acgbt.profile(fresh)).username == "ben_acg"
    assert {one.name for one in await acgbt.keys(fresh)} == {"sandbox", "second"}
    for _ in range(3):
        await acgbt.unread(fresh)
    with pytest.raises(RateLimited) as limited:
        await acgbt.unread(fresh)
    assert 0 < limited.value.retry_after <= 61


async def test_every_documented_error(box: Sandbox, acgbt: ACGBT) -> None:
    good, weak = key_of(box, XIAOYU), key_of(box, BEN)
    with pytest.raises(Rejected) as bad:
        await acgbt.publish(good, NewResource(" ", 99, magnet_link="magnet:?nonsense"))
    assert set(bad.value.fields) == {"title", "category_id", "magnet_link"}
    with pytest.raises(NotAuthorized):
        await acgbt.profile(ApiKey(good.key, "wrong"))
    with pytest.raises(NotAuthorized):
        await acgbt.profile(ApiKey(good.key, "wrong", signed=False))
    with pytest.raises(Forbidden) as refused:
        await acgbt.publish(weak, NewResource("t", 1, magnet_link=MAGNET))
    assert refused.value.message == "API 密钥没有 publish 权限"
    with pytest.raises(NotFound):
        await acgbt.resource(None, 999_999)
    box.world.acgbt.main_key(BEN).rate_limit = 1
    with pytest.raises(RateLimited):
        await acgbt.unread(weak)
    box.world.faults.add({"service": "acgbt", "kind": "status", "status": 500, "times": 0})
    with pytest.raises(UpstreamBroken):
        await acgbt.categories(None)


async def test_signatures_refused_and_clocks_that_differ(box: Sandbox, acgbt: ACGBT) -> None:
    box.world.options.acgbt_refuse_signatures = True
    with pytest.raises(NotAuthorized):
        await acgbt.profile(key_of(box, XIAOYU))
    assert (await acgbt.profile(key_of(box, XIAOYU, signed=False))).role == "admin"
    box.world.options.acgbt_refuse_signatures = False
    box.world.clock.advance(7200)
    assert (await acgbt.profile(key_of(box, XIAOYU))).role == "admin"
    box.world.clock.advance(-7200)
    assert (await acgbt.profile(key_of(box, XIAOYU))).role == "admin"


async def test_errors_on_http_200(box: Sandbox, acgbt: ACGBT) -> None:
    box.world.options.extra["acgbt_errors_as_200"] = True
    with pytest.raises(NotFound):
        await acgbt.resource(None, 999_999)
    with pytest.raises(NotAuthorized):
        await acgbt.profile(ApiKey("ak_nobody", "x"))


FAULTS: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("html", "reset", "reset_after", "truncate", "bad_json", "wrong_types")),
    *({"kind": "status", "status": status} for status in (401, 403, 404, 429, 500, 502)),
    {"kind": "redirect"},
    {"kind": "huge"},
    {"kind": "hang", "seconds": 2},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
async def test_every_fault_is_one_of_our_errors(box: Sandbox, hurried: ACGBT, fault: dict[str, Any]) -> None:
    box.world.faults.add({"service": "acgbt", "times": 0, **fault})
    for work in (
        hurried.publish(key_of(box, XIAOYU), NewResource("t", 1, magnet_link=MAGNET)),
        hurried.profile(key_of(box, XIAOYU)),
    ):
        with pytest.raises(ClientError) as caught:
            await work
        if fault["kind"] in ("reset", "reset_after", "truncate", "hang"):
            assert isinstance(caught.value, Unreachable)
            assert caught.value.doubtful
