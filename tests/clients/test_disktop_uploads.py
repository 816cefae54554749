"""Uploads over real sockets: what is sent, what comes back, where it is sent, and what is refused."""

from contextlib import suppress
from typing import Any

import pytest

from clients.disktop.client import DiskTop
from clients.disktop.errors import Incomplete
from clients.errors import BadResponse, NotFound, RateLimited, Rejected, Unreachable, UpstreamBroken
from tests.clients.diskuploads import *  # noqa: F403
from tests.clients.diskuploads import body, ok
from tests.clients.scripts import Connect, Server, answer, head, raw

MD5 = "5eb63bbbe01eeed093cb22bb8f5acdc3"


async def test_precreate(disk: DiskTop, server: Server) -> None:
    session = {"instant_upload": False, "upload_id": "a7", "endpoint": "https://up", "chunk_size": "5242880"}
    server.will(
        ok({**session, "total_parts": 20}),
        ok({"instant_upload": True, "file_id": 7266, "path": "/x/movie.mp4", "size": 104857600}),
        ok({"instant_upload": False, "upload_id": "a7"}),
        ok({**session, "chunk_size": 0}),
    )
    begun = await disk.precreate("tok", "/片 1", "movie.mp4", 104857600, MD5, "video/mp4")
    assert (server.last.method, server.last.target) == ("POST", "/v1/files/upload/precreate")
    assert server.last.headers["authorization"] == "Bearer tok"
    assert server.last.body == (
        b"parent_path=%2F%E7%89%87+1&name=movie.mp4&size=104857600&md5=5eb63bbbe01eeed093cb22bb8f5acdc3"
        b"&content_type=video%2Fmp4"
    )
    assert (begun.upload_id, begun.chunk_size, begun.total_parts, begun.expires_in) == (
        "a7",
        5242880,
        20,
        86400,
    )
    known = await disk.precreate("tok", "/", "movie.mp4", 104857600, MD5)
    assert (known.instant_upload, known.file_id, known.path) == (True, 7266, "/x/movie.mp4")
    for _ in range(2):
        with pytest.raises(BadResponse):
            await disk.precreate("tok", "/", "movie.mp4", 104857600, MD5)


async def test_a_part_is_streamed_with_its_length(disk: DiskTop, server: Server) -> None:
    server.will(ok({"part_seq": 3, "etag": "abc", "received_parts": "3", "total_parts": 20}), ok())
    blocks = [bytes([n]) * 70_000 for n in range(5)]
    got = await disk.send_chunk(f"{server.url}/up/", "a/7 x", 3, body(*blocks), 350_000)
    assert (server.last.method, server.last.target) == ("POST", "/up/u?upload_id=a/7+x&part_seq=3")
    assert server.last.headers["content-type"] == "application/octet-stream"
    assert server.last.headers["content-length"] == "350000"
    assert "transfer-encoding" not in server.last.headers
    assert "authorization" not in server.last.headers
    assert server.last.body == b"".join(blocks)
    assert (got.part_seq, got.etag, got.received_parts, got.total_parts) == (3, "abc", 3, 20)
    assert (await disk.send_chunk(server.url, "a7", 1, body(b"x"), 1)).etag is None


async def test_parts_complete_and_abort(disk: DiskTop, server: Server) -> None:
    parts = {"1": {"part_number": 1, "etag": "abc", "size": "5"}, "...": {}, "2": None}
    server.will(
        ok({"upload_id": "a7", "total_parts": 20, "received_parts": [1, "2"], "parts": parts}),
        ok({"total_parts": 1, "received_parts": None}),
        ok({"file_id": "7280", "path": "/x/m.mp4", "size": 5, "md5": MD5}),
        ok({"ok": True}),
    )
    have = await disk.parts(server.url, "a7")
    assert (server.last.method, server.last.target) == ("GET", "/u/a7/parts")
    assert (have.total_parts, have.received_parts, have.parts[1].size, have.parts[2].etag) == (
        20,
        (1, 2),
        5,
        None,
    )
    assert (await disk.parts(server.url, "../a7")).received_parts == ()
    assert server.last.target == "/u/..%2Fa7/parts"
    done = await disk.complete(server.url, "a7")
    assert (server.last.method, server.last.target, server.last.body) == ("POST", "/u/a7/complete", b"")
    assert (done.file_id, done.path, done.md5) == (7280, "/x/m.mp4", MD5)
    await disk.abort(server.url, "a7")
    assert (server.last.method, server.last.target) == ("POST", "/u/a7/abort")


@pytest.mark.parametrize(
    ("status", "told", "counts"),
    [
        (425, {"errno": 425, "errmsg": "incomplete: 18/20"}, (18, 20)),
        (425, {"errno": "incomplete", "errmsg": "incomplete: 18/20"}, (18, 20)),
        (200, {"errno": 425, "errmsg": "incomplete: 18/20"}, (18, 20)),
        (200, {"errno": "incomplete", "errmsg": "incomplete: 18/20"}, (18, 20)),
        (425, {}, (0, 0)),
    ],
)
async def test_missing_parts_are_counted(
    disk: DiskTop, server: Server, status: int, told: Any, counts: tuple[int, int]
) -> None:
    server.will(answer(told, status))
    with pytest.raises(Incomplete) as missing:
        await disk.complete(server.url, "a7")
    assert (missing.value.received, missing.value.total) == counts
    assert not missing.value.doubtful


@pytest.mark.parametrize(
    ("status", "told", "kind", "code"),
    [
        (404, {"errno": "upload_not_found"}, NotFound, "upload_not_found"),
        (404, {}, NotFound, "upload_not_found"),
        (200, {"errno": 404, "errmsg": "没有"}, NotFound, "upload_not_found"),
        (404, {"errno": "upload_expired"}, NotFound, "upload_expired"),
        (410, {}, NotFound, "upload_expired"),
        (200, {"errno": "upload_expired"}, NotFound, "upload_expired"),
        (403, {"errno": "quota_exceeded"}, Rejected, "quota_exceeded"),
        (507, {"errno": "insufficient_storage"}, Rejected, "insufficient_storage"),
        (502, {"errno": 502, "errmsg": "complete failed"}, UpstreamBroken, None),
        (200, {"errno": "complete_failed"}, UpstreamBroken, None),
        (429, {"retry_after_seconds": 30}, RateLimited, None),
    ],
)
async def test_refusals_at_the_endpoint(
    disk: DiskTop, server: Server, status: int, told: Any, kind: type[Exception], code: str | None
) -> None:
    for work in (
        lambda: disk.complete(server.url, "a7"),
        lambda: disk.send_chunk(server.url, "a7", 1, body(b"x"), 1),
    ):
        before = len(server.requests)
        server.will(answer(told, status))
        with pytest.raises(kind) as failure:
            await work()
        assert getattr(failure.value, "code", None) == code
        assert len(server.requests) == before + 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "up",
        "ftp://up",
        "http://up.example.com",
        "http://10.0.0.7:9000",
        "https://",
        "https://user:pw@up",
        "https://up:port",
        "https://up?x=1",
        "https://[::1",
    ],
)
async def test_unsafe_endpoints_are_refused(disk: DiskTop, server: Server, endpoint: str) -> None:
    with pytest.raises(BadResponse):
        await disk.parts(endpoint, "a7")
    assert not server.requests


async def test_plain_http_where_the_service_itself_is_plain(connect: Connect, server: Server) -> None:
    """An operator who set http:// for the service gets it for uploads at the same place."""
    home = server.url.replace("127.0.0.1", "localhost")
    disk = DiskTop(connect("disktop", url=home), "my id", "s&cret")
    server.will(ok({"received_parts": []}))
    assert (await disk.parts(home, "a7")).received_parts == ()
    await disk.aclose()


async def test_many_origins_are_not_all_kept(disk: DiskTop, server: Server) -> None:
    server.always(ok({"received_parts": [1]}))
    port = server.url.rpartition(":")[2]
    for last in range(1, 12):
        with suppress(Unreachable):  # the server listens at 127.0.0.1 only
            await disk.parts(f"http://127.0.0.{last}:{port}", "a7")
    assert len(disk._endpoints._origins) <= 4
    assert (await disk.parts(server.url, "a7")).received_parts == (1,)


async def test_redirects_are_not_followed(disk: DiskTop, server: Server) -> None:
    server.will(raw(head(302, location="http://127.0.0.1:1/", content_length=0), close=False))
    with pytest.raises(UpstreamBroken):
        await disk.send_chunk(server.url, "a7", 1, body(b"x"), 1)
