"""A part on its way to the drive: silence, slow bodies, bodies that break, an early no."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from clients.disktop import uploads
from clients.disktop.client import DiskTop
from clients.errors import NotFound, Unreachable
from tests.clients.diskuploads import *  # noqa: F403
from tests.clients.diskuploads import body, ok
from tests.clients.scripts import Server, hang, head, reset


async def test_a_part_is_sent_once_and_parts_are_asked_again(disk: DiskTop, server: Server) -> None:
    server.will(reset)
    with pytest.raises(Unreachable) as cut:
        await disk.send_chunk(server.url, "a7", 1, body(b"x"), 1)
    assert cut.value.doubtful
    assert len(server.requests) == 1
    server.will(reset, reset, ok({"total_parts": 1, "received_parts": [1]}))
    assert (await disk.parts(server.url, "a7")).received_parts == (1,)


async def test_a_silent_endpoint_is_given_up(
    disk: DiskTop, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SILENCE_SECONDS", 0.2)
    server.will(hang)
    with pytest.raises(Unreachable) as silent:
        await disk.send_chunk(server.url, "a7", 1, body(b"x" * 10), 10)
    assert (silent.value.kind, silent.value.sent) == ("timeout", True)


async def test_a_slow_part_goes_on_while_it_moves(
    disk: DiskTop, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SILENCE_SECONDS", 0.3)

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(8):
            await asyncio.sleep(0.1)
            yield b"x" * 1000

    server.will(ok())
    await disk.send_chunk(server.url, "a7", 1, trickle, 8000)
    assert len(server.last.body) == 8000


async def test_what_the_body_raises_comes_through(disk: DiskTop, server: Server) -> None:
    closed = asyncio.Event()

    async def torn() -> AsyncIterator[bytes]:
        try:
            yield b"x" * 1000
            raise OSError(28, "spool gone")
        finally:
            closed.set()

    with pytest.raises(OSError, match="spool gone"):
        await disk.send_chunk(server.url, "a7", 1, torn, 2000)
    assert closed.is_set()
    for wrong in (body(b"x"), body(b"x" * 30)):
        with pytest.raises(ValueError, match="another length"):
            await disk.send_chunk(server.url, "a7", 1, wrong, 20)


async def test_a_part_is_called_off_while_its_body_is_waited_for(disk: DiskTop, server: Server) -> None:
    waiting, closed = asyncio.Event(), asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        try:
            yield b"x" * 1000
            waiting.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    server.will(ok())
    sending = asyncio.create_task(disk.send_chunk(server.url, "a7", 1, stuck, 2000))
    await waiting.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert closed.is_set()


async def test_an_early_refusal_is_read(disk: DiskTop) -> None:
    """The server says no after the headers and closes, while the part is still on its way."""
    told = json.dumps({"errno": "upload_expired"}).encode()
    closed = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head(404, content_type="application/json", content_length=len(told)) + told)
        await writer.drain()
        while await reader.read(65536):
            pass
        writer.close()

    async def endless() -> AsyncIterator[bytes]:
        try:
            for _ in range(200):
                yield b"x" * 65536
                await asyncio.sleep(0)
        finally:
            closed.set()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(NotFound) as gone:
            await disk.send_chunk(f"http://127.0.0.1:{port}", "a7", 1, endless, 200 * 65536)
        await disk.aclose()
    assert gone.value.code == "upload_expired"
    assert closed.is_set()
