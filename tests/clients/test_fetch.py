"""The guarded fetcher over real sockets: what it asks, what it reads, what it calls it."""

import asyncio

import pytest
from yarl import URL

from clients.errors import BadResponse, ClientError, RateLimited, Unreachable, UpstreamBroken
from clients.fetch import describing
from clients.fetch.errors import AddressRefused, SourceGone, TooLarge
from tests.clients.fetching import fetcher, file, read
from tests.clients.scripts import Script, Server, answer, chunks, hang, head, raw, reset


async def test_a_plain_file(server: Server) -> None:
    server.will(file(etag='"v1"', accept_ranges="bytes"))
    got, content = await read(fetcher(server), f"{server.url}/a%2Fb/电影.mp4?x=1+2&y=%20#part")
    assert content == b"0123456789"
    assert (got.name, got.size, got.mime, got.validator) == ("电影.mp4", 10, "video/mp4", '"v1"')
    assert (got.offset, got.resumable) == (0, True)
    assert server.last.target == "/a%2Fb/%E7%94%B5%E5%BD%B1.mp4?x=1+2&y=%20"
    assert server.last.headers["accept-encoding"] == "identity"
    assert "range" not in server.last.headers
    assert server.last.headers["host"] == server.url.removeprefix("http://")


async def test_the_rest_of_the_same_file(server: Server) -> None:
    server.will(file(b"6789", 206, content_range="bytes 6-9/10", etag='"v1"'))
    got, content = await read(fetcher(server), server.url, 6, '"v1"')
    assert (server.last.headers["range"], server.last.headers["if-range"]) == ("bytes=6-", '"v1"')
    assert (got.offset, got.size, content) == (6, 10, b"6789")
    server.will(raw(head(416, content_range="bytes */10", etag='"v1"', content_length=0), close=False))
    got, content = await read(fetcher(server), server.url, 10, '"v1"')
    assert (got.offset, got.size, content) == (10, 10, b"")


@pytest.mark.parametrize(
    "first",
    [
        file(b"6789", 206, content_range="bytes 6-9/10", etag='"v2"'),
        file(b"3456", 206, content_range="bytes 3-6/10", etag='"v1"'),
        file(b"6789", 206, etag='"v1"'),
        raw(head(416, content_range="bytes */4", etag='"v1"', content_length=0), close=False),
        raw(head(416, content_length=0), close=False),
    ],
)
async def test_another_file_is_read_from_its_start(server: Server, first: Script) -> None:
    server.will(first, file(b"abc", etag='"v2"'))
    got, content = await read(fetcher(server), server.url, 6, '"v1"')
    assert (got.offset, got.size, got.validator, content) == (0, 3, '"v2"', b"abc")
    assert "range" not in server.last.headers


async def test_sources_that_know_no_ranges(server: Server) -> None:
    server.will(file(etag='"v1"', accept_ranges="none"), file(), file(etag='W/"v1"'))
    got, content = await read(fetcher(server), server.url, 6, '"v1"')
    assert (got.offset, content, got.resumable) == (0, b"0123456789", False)
    for _ in range(2):
        got, content = await read(fetcher(server), server.url, 6)
        assert (got.offset, len(content), got.validator) == (0, 10, None)
        assert "range" not in server.last.headers


async def test_no_length(server: Server) -> None:
    server.will(chunks(b"abc", b"def"), raw(head(200) + b"until the end"))
    got, content = await read(fetcher(server), server.url)
    assert (got.size, content) == (None, b"abcdef")
    assert (await read(fetcher(server), server.url))[1] == b"until the end"


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer(status=404), SourceGone),
        (answer(status=403), SourceGone),
        (answer(status=410), SourceGone),
        (answer(status=416), SourceGone),
        (answer(status=500), UpstreamBroken),
        (raw(head(204)), UpstreamBroken),
        (raw(head(304)), UpstreamBroken),
        (answer(status=302), UpstreamBroken),
        (file(b"x", 206, content_range="bytes 5-5/10"), UpstreamBroken),
        (answer(status=429, retry_after=7), RateLimited),
        (reset, Unreachable),
        (hang, Unreachable),
        (raw(b"220 mail ready\r\n"), BadResponse),
        (raw(head(200, content_length=10) + b"cut"), Unreachable),
        (chunks(b"abc", end="cut"), Unreachable),
        (chunks(b"abc", end="hang"), Unreachable),
        (chunks(b"abc", end="ping"), Unreachable),
        (raw(head(200, content_length=1001)), TooLarge),
        (chunks(*[b"x" * 300] * 9), TooLarge),
        (file(content_encoding="gzip"), BadResponse),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20000 + b"\r\n\r\n"), BadResponse),
    ],
)
async def test_what_goes_wrong(server: Server, script: Script, kind: type[ClientError]) -> None:
    server.will(script)
    with pytest.raises(kind) as failure:
        await read(fetcher(server), f"{server.url}/secret?key=1")
    assert failure.value.service == "source"
    assert "secret" not in f"{failure.value!r} {failure.value}"
    assert failure.value.__cause__ is None


async def test_a_reader_that_pauses_is_not_a_slow_source(server: Server) -> None:
    server.will(chunks(b"a" * 10, b"b" * 10))
    async with fetcher(server).open(server.url) as got:
        content = b""
        async for block in got.blocks():
            content += block
            await asyncio.sleep(0.35)
    assert len(content) == 20


async def test_redirects_are_followed_by_hand(server: Server) -> None:
    server.will(answer(status=302, location="/next%2F?a=b%20c"), answer(status=307, location="?last"), file())
    got, _ = await read(fetcher(server), f"{server.url}/film.mp4", 0)
    assert [request.target for request in server.requests] == [
        "/film.mp4",
        "/next%2F?a=b%20c",
        "/next%2F?last",
    ]
    assert got.name == "film.mp4"
    server.always(answer(status=302, location="/again"))
    with pytest.raises(AddressRefused) as endless:
        await read(fetcher(server), server.url)
    assert endless.value.reason == "redirects"
    assert len(server.requests) == 3 + 6


@pytest.mark.parametrize(
    ("headers", "reached", "name"),
    [
        ({"Content-Disposition": 'attachment; filename="a b.mp4"'}, "http://x/y", "a b.mp4"),
        ({"Content-Disposition": "attachment; filename=a%20b.mp4"}, "http://x/y", "a b.mp4"),
        ({"Content-Disposition": r'inline; filename="q\"1\".mp4"'}, "http://x/y", "q_1_.mp4"),
        (
            {"Content-Disposition": "attachment; filename=x; filename*=UTF-8''%E7%94%B5.mp4"},
            "http://x/y",
            "电.mp4",
        ),
        ({"Content-Disposition": "attachment; filename*=nope''%E7; filename=p.mp4"}, "http://x/y", "p.mp4"),
        (
            {
                "Content-Disposition": "filename="
                + "电影.mkv".encode("gb18030").decode("utf-8", "surrogateescape")
            },
            "http://x/y",
            "电影.mkv",
        ),
        ({"Content-Disposition": 'attachment; filename="../../etc/passwd.txt"'}, "http://x/y", "passwd.txt"),
        ({"Content-Disposition": 'attachment; filename="C:\\\\x\\\\gpj\u202e.exe"'}, "http://x/y", "gpj.exe"),
        ({"Content-Disposition": 'attachment; filename=".."'}, "http://x/y.bin", "y.bin"),
        ({}, "http://x/%E7%94%B5%2Fa.mkv", "a.mkv"),
        ({"Content-Type": "video/mp4"}, "http://x/", "asked.mkv"),
        ({"Content-Type": "video/mp4"}, "http://x/watch", "asked.mkv"),
        ({}, "http://x/" + "a" * 400 + ".mkv", "a" * 196 + ".mkv"),
    ],
)
def test_names(headers: dict[str, str], reached: str, name: str) -> None:
    assert describing.name_of(headers, URL("http://x/asked.mkv"), URL(reached, encoded=True)) == name


def test_names_of_nothing() -> None:
    root = URL("http://x/")
    assert describing.name_of({}, root, root) == "file"
    assert describing.name_of({"Content-Type": "video/mp4; x=y"}, root, root) == "file.mp4"
    assert describing.kind_of({"Content-Type": "<b>"}) == "application/octet-stream"
    assert not describing.is_packed({"Content-Encoding": "gzip"}, "a.tar.gz")
