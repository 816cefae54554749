"""One scripted server of raw bytes: it answers, resets, truncates, drips and hangs as told."""

import asyncio
import gzip
import json as jsonlib
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clients.transport import Transport


@dataclass(frozen=True)
class Request:
    """What came over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)


Script = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def raw(data: bytes, *, close: bool = True) -> Script:
    """Send these bytes as they are."""

    async def run(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            writer.close()

    return run


def head(status: int = 200, **headers: object) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode()


def answer(json: Any = None, status: int = 200, *, body: bytes | None = None, **headers: object) -> Script:
    """Answer whole, with JSON unless `body` is given."""
    content = jsonlib.dumps(json).encode() if body is None else body
    told = {"content_type": "application/json", **headers, "content_length": len(content)}
    return raw(head(status, **told) + content, close=False)


def html(status: int = 200) -> Script:
    return answer(status=status, body=b"<!DOCTYPE html><html>Just a moment</html>", content_type="text/html")


def packed(content: bytes) -> Script:
    return answer(body=gzip.compress(content), content_encoding="gzip")


def chunks(*parts: bytes, wait: float = 0, end: str = "close", **headers: object) -> Script:
    """Send parts one by one, then close, cut (no last chunk), hang or keep dripping comments."""

    async def run(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, transfer_encoding="chunked", **headers))
        for part in parts:
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
            await asyncio.sleep(wait)
        if end == "hang":
            await asyncio.sleep(30)
        while end == "ping":
            writer.write(b"3\r\n:\n\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)
        if end == "close":
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        writer.close()

    return run


async def hang(_: Request, __: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.sleep(30)


async def reset(_: Request, writer: asyncio.StreamWriter) -> None:
    """Reset the connection after the request was read."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Server:
    """Gives each request the next script; the last one stays if `again`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self._scripts: deque[Script] = deque()
        self._always: Script | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._came = asyncio.Condition()

    def will(self, *scripts: Script) -> None:
        self._scripts.extend(scripts)

    def always(self, script: Script) -> None:
        self._always = script

    @property
    def last(self) -> Request:
        return self.requests[-1]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10), self._came:
            await self._came.wait_for(lambda: len(self.requests) >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing() and (request := await _read(reader)) is not None:
                self.requests.append(request)
                async with self._came:
                    self._came.notify_all()
                script = self._scripts.popleft() if self._scripts else self._always
                assert script is not None, f"nothing scripted for {request.target}"
                await script(request, writer)
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = lines[0].split(" ")
    headers = {
        name.casefold(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)
    }
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


Connect = Callable[..., Transport]
