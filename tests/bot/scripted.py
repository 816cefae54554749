"""A Bot API that does exactly what a test scripts, over a real socket."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

Answer = Callable[[str, dict[str, Any], asyncio.StreamWriter], Awaitable[tuple[int, Any] | None]]


class ScriptedTelegram:
    """Calls `answer(method, parameters, writer)`; None means that the script has answered by itself."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self.connections = 0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.raw: list[bytes] = []
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0
        )
        body = await reader.readexactly(length) if length else b""
        if b"chunked" in head.lower():
            body = await reader.readuntil(b"0\r\n\r\n")
        self.raw.append(body)
        method = head.split(b" ")[1].decode().rpartition("/")[2]
        parameters = _form(body) if b"x-www-form-urlencoded" in head else {}
        self.calls.append((method, parameters))
        answered = await self._answer(method, parameters, writer)
        if answered is None:
            return not writer.is_closing()
        status, result = answered
        ok = {"ok": True, "result": result} if status == 200 else result
        content = ok if isinstance(ok, bytes) else json.dumps(ok).encode()
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(content), content))
        await writer.drain()
        return True


def _form(body: bytes) -> dict[str, Any]:
    return dict(parse_qsl(body.decode()))


def refusal(code: int, text: str, **parameters: int) -> tuple[int, Any]:
    return code, {"ok": False, "error_code": code, "description": text, "parameters": parameters}


ME = {"id": 1, "is_bot": True, "first_name": "B", "username": "b"}
