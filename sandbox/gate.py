"""The gate before every stand-in: writes the journal and lets faults happen."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.damage import spoil
from sandbox.faults import BODY_KINDS
from sandbox.journal import Entry
from sandbox.transit import befall
from sandbox.world import World

STAND_INS = frozenset(
    {"telegram", "hdhive", "disktop", "disktop-upload", "linkcheck", "tmdb", "files", "acgbt", "mika"}
)
# Bodies of any size go through here as they come; the journal notes how much it was.
STREAMED = frozenset({"disktop-upload"})
STREAMED_PATHS = frozenset({"/mika/api/videos/upload", "/mika/api/videos/upload/chunk"})
# No refusal is longer than this.
REFUSAL_BYTES = 4096


async def read_body(receive: Receive) -> bytes:
    """Read the whole request body; a caller who leaves midway sent what it sent."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives the body again, then what really comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def measured(entry: Entry, receive: Receive) -> Receive:
    """Return a receive that passes the body on and notes its size."""

    async def counted() -> Message:
        message = await receive()
        entry.size += len(message.get("body", b""))
        return message

    return counted


def noting(entry: Entry, send: Send) -> Send:
    """Return a send that notes the status in the journal, and the word of a refusal."""

    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry.status = message["status"]
        elif entry.errno is None:
            entry.errno = word_of(message.get("body", b""))
        await send(message)

    return noted


def word_of(body: bytes) -> str | None:
    """Return the word by which an answer refuses, None where it has none."""
    if len(body) > REFUSAL_BYTES or not body.startswith(b"{"):
        return None
    try:
        said = json.loads(body)
    except ValueError:
        return None
    word = said.get("errno") or said.get("error")
    return str(word) if isinstance(word, (str, int)) else None


class Gate:
    """Wrap the application: journal, faults, quiet end at shutdown."""

    def __init__(self, app: ASGIApp, world: World, closing: Callable[[], bool]) -> None:
        self.app = app
        self.world = world
        self.closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        try:
            await self._pass(scope, receive, send)
        except asyncio.CancelledError:
            # At shutdown the connection is gone already; anywhere else a cancel is a mistake.
            if not self.closing():
                raise

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        service, _, below = scope.get("path", "").lstrip("/").partition("/")
        if scope["type"] != "http" or service not in STAND_INS:
            await self.app(scope, receive, send)
            return
        entry, again = await self._write(scope, receive, service, "/" + below)
        send = noting(entry, send)

        def run(out: Send) -> Awaitable[None]:
            return self.app(scope, again, out)

        fault = self.world.faults.take(service, entry.method, entry.path, entry.query)
        if fault is None:
            await run(send)
            return
        entry.fault = fault.kind
        if fault.kind in BODY_KINDS:
            await self.app(*befall(fault, scope, again), send)
            return
        await spoil(fault, run, scope, again, send, self.world.spawn)

    async def _write(self, scope: Scope, receive: Receive, service: str, path: str) -> tuple[Entry, Receive]:
        streamed = service in STREAMED or f"/{service}{path}" in STREAMED_PATHS
        body = b"" if streamed else await read_body(receive)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        entry = self.world.journal.add(self.world.now(), service, scope["method"], path, query, headers, body)
        # A stand-in that reads a stream may note what it was about.
        scope.setdefault("extensions", {})["sandbox.entry"] = entry
        return entry, measured(entry, receive) if streamed else replay(body, receive)
