"""Forms that are streamed: what goes over the wire, what is never held in memory, what goes wrong."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable

import pytest

from clients.credentials import ApiKey, Bearer
from clients.errors import RateLimited, Unreachable
from clients.mika import calls
from clients.mika.client import Mika
from sandbox.multipart import Form
from tests.clients.scripts import Connect, Request, Server, answer, hang, head, raw, reset

LOGIN = Bearer("tok")
KEY = ApiKey("ak", "sec")
DONE = answer({"code": 0, "data": {"id": 7, "title": "t", "status": "pending", "upload_progress": 100}})


@pytest.fixture
async def mika(connect: Connect) -> AsyncIterator[Mika]:
    made = Mika(connect("mika"))
    yield made
    await made.aclose()


def body(*blocks: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def run() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    return run


async def parts(request: Request) -> dict[str, tuple[str | None, bytes]]:
    async def pieces() -> AsyncIterator[bytes]:
        yield request.body

    form = Form(request.headers["content-type"], pieces())
    found = {}
    async for part in form:
        found[part.name] = (part.filename, b"".join([piece async for piece in form.pieces()]))
    return found


@pytest.mark.parametrize("who", [LOGIN, KEY])
async def test_a_whole_video_in_one_form(mika: Mika, server: Server, who: Bearer | ApiKey) -> None:
    server.will(DONE)
    blocks = [bytes([n]) * 70_000 for n in range(5)]
    done = await mika.upload(
        who, 'a"b\r\n片.mp4', body(*blocks), 350_000, title="标题", description="两\n行", category_id=1
    )
    assert (done.id, done.status, server.last.method) == (7, "pending", "POST")
    assert server.last.target == "/videos/upload"
    assert ("x-sign" in server.last.headers) == (who is KEY)
    assert "transfer-encoding" not in server.last.headers
    assert await parts(server.last) == {
        "title": (None, "标题".encode()),
        "description": (None, "两\n行".encode()),
        "category_id": (None, b"1"),
        "file": ("a%22b%0D%0A片.mp4", b"".join(blocks)),
    }


@pytest.mark.parametrize("who", [LOGIN, KEY])
async def test_a_chunk_in_a_form(mika: Mika, server: Server, who: Bearer | ApiKey) -> None:
    server.will(answer({"code": 0, "message": "success"}))
    await mika.send_chunk(who, "abc123", 0, body(b"12", b"345"), 5)
    assert (server.last.method, server.last.target) == ("POST", "/videos/upload/chunk")
    assert ("authorization" in server.last.headers) == (who is LOGIN)
    sent = await parts(server.last)
    assert (sent["upload_id"], sent["chunk_index"]) == ((None, b"abc123"), (None, b"0"))
    assert sent["chunk"] == ("chunk", b"12345")


async def test_an_end_without_a_video_is_an_end(mika: Mika, server: Server) -> None:
    server.will(answer({"code": 0}), answer({"code": 0, "data": None}))
    assert (await mika.complete(LOGIN, "abc")).id is None
    assert (await mika.upload(LOGIN, "a.mp4", body(b"1"), 1, title="a")).id is None


async def test_a_body_of_another_length_and_what_it_raises(mika: Mika, server: Server) -> None:
    class Gone(Exception):
        pass

    async def broken() -> AsyncIterator[bytes]:
        yield b"12"
        raise Gone

    server.always(hang)
    for blocks, kind in ((body(b"123"), ValueError), (body(b"1"), ValueError), (broken, Gone)):
        with pytest.raises(kind):
            await mika.send_chunk(LOGIN, "abc", 0, blocks, 2)


async def test_what_happens_on_the_line(mika: Mika, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SILENCE_SECONDS", 0.3)
    server.will(reset, hang, raw(head(200, content_length=100) + b"half"))
    for _ in range(3):
        with pytest.raises(Unreachable):
            await mika.send_chunk(LOGIN, "abc", 0, body(b"12"), 2)
    server.will(answer({"code": 429, "message": "请求过于频繁"}, 429))
    with pytest.raises(RateLimited) as limited:
        await mika.send_chunk(LOGIN, "abc", 0, body(b"12"), 2)
    assert limited.value.retry_after == 60


async def test_a_large_chunk_is_never_whole_in_memory(mika: Mika) -> None:
    size = 48 * 1024 * 1024
    block = bytes(64 * 1024)

    async def long() -> AsyncIterator[bytes]:
        for _ in range(size // len(block)):
            yield block

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = await reader.readuntil(b"\r\n\r\n")
        left = int(told.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while left > 0:
            left -= len(await reader.read(256 * 1024))
        writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\n" + b'{"code":0}')
        await writer.drain()
        writer.close()

    drain = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = drain.sockets[0].getsockname()[1]
    async with drain:
        far = Mika(mika._transport.sibling(f"http://127.0.0.1:{port}", timeout=calls._PATIENT))
        tracemalloc.start()
        try:
            await far.send_chunk(LOGIN, "abc", 0, long, size)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            await far.aclose()
    assert most < 4 * 1024 * 1024
