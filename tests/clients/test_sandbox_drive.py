"""The drive, uploads and the fetcher through the sandbox: real bytes go up and come back."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from clients.disktop.client import DiskTop
from clients.disktop.errors import Incomplete
from clients.disktop.models import Precreated
from clients.errors import Forbidden, NotFound, Rejected, Unreachable, UpstreamBroken
from clients.fetch.errors import AddressRefused, SourceGone
from clients.fetch.fetcher import Fetcher
from clients.transport import Timeouts, Transport
from sandbox.server import Sandbox

XIAOYU, BEN = 1001, 1002
APP = ("user.read", "files.app_data")
WHOLE = ("user.read", "files.read_all", "files.write_all")
OUR_FOLDER = "/我的应用数据/LinkHive"

Sign = Callable[..., Awaitable[str]]


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as made:
        made.world.options.disktop_chunk_bytes = 100_000
        yield made


@pytest.fixture
async def disk(box: Sandbox) -> AsyncIterator[DiskTop]:
    env = box.settings(8080)
    way = Transport("disktop", env["DISKTOP_URL"], timeout=Timeouts(2, 2, 5), backoff=0.001)
    made = DiskTop(way, env["DISKTOP_CLIENT_ID"], env["DISKTOP_CLIENT_SECRET"])
    yield made
    await made.aclose()


@pytest.fixture
def fetch(box: Sandbox) -> Fetcher:
    return Fetcher(allowed_hosts=frozenset({box.settings(8080)["FETCH_ALLOWED_HOSTS"]}))


@pytest.fixture
def sign(disk: DiskTop) -> Sign:
    """Link a person with some scopes; returns the access token."""

    async def run(person: int = XIAOYU, scopes: tuple[str, ...] = APP) -> str:
        begun = await disk.device_code(scopes)
        async with httpx.AsyncClient(cookies={"sandbox_person": str(person)}, trust_env=False) as browser:
            await browser.post(
                begun.verification_uri, data={"user_code": begun.user_code, "decision": "allow"}
            )
        return (await disk.poll_device(begun.device_code)).access_token

    return run


def digest(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


async def begin(disk: DiskTop, token: str, data: bytes, name: str = "film.mp4") -> Precreated:
    return await disk.precreate(token, "/", name, len(data), digest(data), "video/mp4")


async def send(disk: DiskTop, begun: Precreated, data: bytes, number: int) -> None:
    part = data[(number - 1) * begun.chunk_size : number * begun.chunk_size]

    async def blocks() -> AsyncIterator[bytes]:
        for start in range(0, len(part), 30_000):
            yield part[start : start + 30_000]

    await disk.send_chunk(begun.endpoint, begun.upload_id, number, blocks, len(part))


async def read(fetch: Fetcher, url: str, offset: int = 0, validator: str | None = None) -> tuple[Any, bytes]:
    async with fetch.open(url, offset, validator) as got:
        return got, b"".join([block async for block in got.blocks()])


async def test_bytes_go_up_in_parts_and_come_back(disk: DiskTop, fetch: Fetcher, sign: Sign) -> None:
    token, data = await sign(), os.urandom(350_123)
    begun = await begin(disk, token, data)
    assert (begun.instant_upload, begun.total_parts, begun.chunk_size) == (False, 4, 100_000)
    await asyncio.gather(*(send(disk, begun, data, number) for number in (4, 1, 3)))
    have = await disk.parts(begun.endpoint, begun.upload_id)
    assert (have.received_parts, have.total_parts, have.parts[4].size) == ((1, 3, 4), 4, 50_123)
    with pytest.raises(Incomplete) as missing:
        await disk.complete(begun.endpoint, begun.upload_id)
    assert (missing.value.received, missing.value.total) == (3, 4)
    await send(disk, begun, data, 2)
    done = await disk.complete(begun.endpoint, begun.upload_id)
    assert (done.size, done.md5, done.path) == (len(data), digest(data), f"{OUR_FOLDER}/film.mp4")
    assert await disk.complete(begun.endpoint, begun.upload_id) == done
    link = await disk.download(token, done.file_id)
    got, content = await read(fetch, link.url)
    assert (content, got.size) == (data, len(data))
    again = await begin(disk, token, data, "twin.mp4")
    assert (again.instant_upload, again.path) == (True, f"{OUR_FOLDER}/twin.mp4")


async def test_uploads_that_end_early(box: Sandbox, disk: DiskTop, sign: Sign) -> None:
    token, data = await sign(), os.urandom(1000)
    aborted, expired, full = [await begin(disk, token, data, f"{n}.bin") for n in range(3)]
    await disk.abort(aborted.endpoint, aborted.upload_id)
    await send(disk, full, data, 1)
    person = box.world.people[XIAOYU]
    person.disk_used = person.disk_total
    with pytest.raises(Rejected) as refused:
        await disk.complete(full.endpoint, full.upload_id)
    assert refused.value.code == "quota_exceeded"
    with pytest.raises(Rejected) as refused:
        await begin(disk, token, os.urandom(10))
    assert refused.value.code == "quota_exceeded"
    box.world.clock.advance(86401)
    for begun, code in ((aborted, "upload_not_found"), (expired, "upload_expired")):
        for work in (
            send(disk, begun, data, 1),
            disk.parts(begun.endpoint, begun.upload_id),
            disk.complete(begun.endpoint, begun.upload_id),
        ):
            with pytest.raises(NotFound) as gone:
                await work
            assert gone.value.code == code


async def test_wrong_bytes_are_found_at_the_end(disk: DiskTop, sign: Sign) -> None:
    begun = await disk.precreate(await sign(), "/", "a.bin", 3, digest(b"abc"))
    await send(disk, begun, b"abd", 1)
    with pytest.raises(UpstreamBroken) as broken:
        await disk.complete(begun.endpoint, begun.upload_id)
    assert broken.value.status == 502
    await send(disk, begun, b"abc", 1)
    assert (await disk.complete(begun.endpoint, begun.upload_id)).md5 == digest(b"abc")


async def test_managing_files_and_folders(disk: DiskTop, sign: Sign) -> None:
    token = await sign()
    folder = await disk.make_folder(token, "/", "电影 & 1")
    with pytest.raises(Rejected) as twice:
        await disk.make_folder(token, "/", "电影 & 1")
    assert twice.value.code == "name_conflict"
    begun = await begin(disk, token, b"hello", "a b.txt")
    await send(disk, begun, b"hello", 1)
    file = await disk.complete(begun.endpoint, begun.upload_id)
    assert await disk.rename(token, "新 &名.txt", file_id=file.file_id) == 1
    assert await disk.copy(token, "/电影 & 1", file_ids=[file.file_id]) == 1
    assert await disk.move(token, "/电影 & 1", file_ids=[file.file_id]) == 1
    inside = await disk.files(token, "/电影 & 1")
    assert [each.name for each in inside.files] == ["新 &名(1).txt", "新 &名.txt"]
    meta = await disk.meta(token, file.file_id)
    assert meta.path == f"{OUR_FOLDER}/电影 & 1/{meta.name}"
    assert (meta.ext, meta.md5, meta.size) == ("txt", digest(b"hello"), 5)
    assert meta.parent_folder == folder.folder_id
    assert meta.create_time
    assert (await disk.search(token, "&名", ext="txt")).total == 2
    assert (await disk.search(token, "&名", ext="mp4")).files == ()
    assert await disk.rename(token, "Films", folder_id=folder.folder_id) == 1
    assert await disk.delete(token, file_ids=[file.file_id], folder_ids=[folder.folder_id]) == 2
    for work in (disk.meta(token, file.file_id), disk.download(token, file.file_id)):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(NotFound) as gone:
        await disk.files(token, "/Films")
    assert gone.value.code == "path_not_found"


async def test_both_scopes(disk: DiskTop, sign: Sign) -> None:
    own, whole = await sign(), await sign(scopes=WHOLE)
    made = await disk.make_folder(own, "/", "here")
    assert made.path == f"{OUR_FOLDER}/here"
    names = {folder.name for folder in (await disk.files(whole, OUR_FOLDER)).folders}
    assert "here" in names
    assert "我的应用数据" in {folder.name for folder in (await disk.files(whole, "/")).folders}
    with pytest.raises(NotFound):
        await disk.files(own, OUR_FOLDER)
    reading = await sign(scopes=("files.read_all",))
    with pytest.raises(Forbidden) as refused:
        await disk.make_folder(reading, "/", "x")
    assert refused.value.code == "insufficient_scope"


async def test_videos_play(disk: DiskTop, sign: Sign) -> None:
    token = await sign()
    begun = await begin(disk, token, b"moving pictures", "film.mp4")
    await send(disk, begun, b"moving pictures", 1)
    film = await disk.complete(begun.endpoint, begun.upload_id)
    play = await disk.stream(token, film.file_id)
    assert play.stream_url
    assert play.qualities


@pytest.mark.parametrize("mode", ["ranges", "noranges", "nolength", "redirect"])
async def test_sources(box: Sandbox, fetch: Fetcher, mode: str) -> None:
    got, content = await read(fetch, f"{box.url}/files/film.mp4?size=300000&seed=1&mode={mode}")
    assert (len(content), got.name, got.mime) == (300_000, "film.mp4", "video/mp4")
    assert got.size == (None if mode == "nolength" else 300_000)


async def test_a_cut_source_goes_on_where_it_stopped(box: Sandbox, fetch: Fetcher) -> None:
    whole = (await read(fetch, f"{box.url}/files/a.bin?size=300000&seed=1"))[1]
    url, kept = f"{box.url}/files/a.bin?size=300000&seed=1&mode=cut&at=120000", b""
    async with fetch.open(url) as got:
        blocks = got.blocks()
        with suppress(Unreachable):
            while block := await anext(blocks, b""):
                kept += block
    assert 0 < len(kept) <= 120_000
    rest, tail = await read(fetch, url, len(kept), got.validator)
    assert rest.offset == len(kept)
    assert kept + tail == whole


async def test_sources_that_are_refused(box: Sandbox, fetch: Fetcher) -> None:
    with pytest.raises(SourceGone):
        await read(fetch, f"{box.url}/nothing-here")
    with pytest.raises(AddressRefused):
        await read(fetch, f"{box.url}/files/a.bin?mode=redirect&to=http://169.254.169.254/latest/")
    with pytest.raises(AddressRefused):
        await read(Fetcher(), f"{box.url}/files/a.bin")
