"""The server people upload from, in all its manners."""

import asyncio

import httpx
import pytest

from sandbox.server import Sandbox
from tests.driver import Control, Source, bytes_of, md5_of

SIZE = 300_000


@pytest.fixture
def source(box: Sandbox) -> Source:
    return Source(box.url)


async def test_a_file_is_always_the_same_and_has_ranges(source, web):
    url = source("片 1.mkv", SIZE, seed="a", filename="真名.mkv")
    whole = await web.get(url)
    assert (len(whole.content), whole.headers["content-type"]) == (SIZE, "video/x-matroska")
    assert whole.headers["content-disposition"] == "attachment; filename*=UTF-8''%E7%9C%9F%E5%90%8D.mkv"
    assert await md5_of(url) == source.md5(SIZE, "a") != source.md5(SIZE, "b")
    assert await bytes_of(url, Range="bytes=99-299000") == whole.content[99:299_001]
    kept = {"Range": "bytes=10-", "If-Range": whole.headers["etag"]}
    assert (await web.get(url, headers=kept)).status_code == 206
    assert (await web.get(url, headers=kept | {"If-Range": '"other"'})).status_code == 200
    assert (await web.head(url)).headers["content-length"] == str(SIZE)


async def test_without_ranges_and_without_length(source, web):
    plain = await web.get(source("a", SIZE, mode="noranges"), headers={"Range": "bytes=5-"})
    assert (plain.status_code, len(plain.content)) == (200, SIZE)
    assert "accept-ranges" not in plain.headers
    unmeasured = await web.get(source("a", SIZE, mode="nolength"))
    assert "content-length" not in unmeasured.headers
    assert unmeasured.content == plain.content


async def test_a_download_is_cut_and_goes_on(source, web):
    url = source("a", SIZE, mode="cut", at=100_000)
    got = bytearray()

    async def collect():
        async for block in reply.aiter_raw():
            got.extend(block)

    async with web.stream("GET", url) as reply:
        with pytest.raises(httpx.RemoteProtocolError):
            await collect()
    assert len(got) == 100_000
    rest = await web.get(url, headers={"Range": f"bytes={len(got)}-", "If-Range": reply.headers["etag"]})
    assert rest.status_code == 206
    assert got + rest.content == await bytes_of(source("a", SIZE))


async def test_a_file_that_changed_cannot_go_on(source, web):
    url = source("a", SIZE, mode="changed", at=1000)
    with pytest.raises(httpx.RemoteProtocolError):
        await web.get(url)
    first = (await web.head(source("a", SIZE))).headers["etag"]
    again = await web.get(url, headers={"Range": "bytes=1000-", "If-Range": first})
    assert (again.status_code, len(again.content)) == (200, SIZE)
    assert again.content != await bytes_of(source("a", SIZE))


async def test_redirects_slow_and_endless_ones(source, web):
    turned = await web.get(source("a", 10, mode="redirect", times=2))
    assert turned.status_code == 302
    assert len(await bytes_of(source("a", 10, mode="redirect", times=2))) == 10
    away = await web.get(source("a", 10, mode="redirect", to="http://10.0.0.1/"))
    assert away.headers["location"] == "http://10.0.0.1/"
    began = asyncio.get_running_loop().time()
    await bytes_of(source("a", 30_000, mode="slow", rate=100_000))
    assert asyncio.get_running_loop().time() - began > 0.15
    got = 0
    async with web.stream("GET", source("a", 1, mode="endless")) as reply:
        async for block in reply.aiter_raw():
            got += len(block)
            if got > 3_000_000:
                break
    assert "content-length" not in reply.headers


async def test_faults_and_the_journal_know_it(box, source, web):
    async with Control(box.url) as control:
        await control.fault("files", "/gone.bin", "status", status=404)
    assert (await web.get(source("gone.bin", 10))).status_code == 404
    (entry,) = box.world.journal.since(0, "files")
    assert (entry["path"], entry["fault"]) == ("/gone.bin", "status")
    assert (await web.get("/files/a?mode=odd")).status_code == 400
