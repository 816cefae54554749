"""A browser's socket by hand: fast enough for 100,000 requests, and able to send what no client would."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

METHODS = (
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"),
    *("PROPFIND", "MKCOL", "PURGE", "LOCK"),
)


@dataclass(frozen=True)
class Answer:
    """One response; header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for known, value in self.headers if known == name]

    def get(self, name: str) -> str:
        """Return a header's one value, "" without it."""
        values = self.all(name)
        assert len(values) < 2, (name, values)
        return values[0] if values else ""

    @property
    def cookies(self) -> dict[str, str]:
        """Return the cookies that are set here."""
        pairs = (value.partition(";")[0].partition("=") for value in self.all("set-cookie"))
        return {name: value.strip('"') for name, _, value in pairs}


class Wire:
    """One connection that is kept, and opened again when the other side closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            await writer.wait_closed()

    async def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        host: str = "127.0.0.1",
    ) -> Answer:
        """Send a request and return its response; nothing is followed and nothing is remembered."""
        head = [f"{method} {target} HTTP/1.1", f"host: {host}"]
        head += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body or method in ("POST", "PUT", "PATCH"):
            head.append(f"content-length: {len(body)}")
        return await self.raw("\r\n".join([*head, "", ""]).encode("latin-1") + body, head=method == "HEAD")

    async def raw(self, request: bytes, *, head: bool = False) -> Answer:
        """Send bytes and return the response."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        writer.write(request)
        start = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = start.split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        answer = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
        fields = dict(answer)
        body = b"" if head else await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection", "").lower() == "close":
            await self.close()
        return Answer(int(lines[0].split(" ")[1]), tuple(answer), body)
