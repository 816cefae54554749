"""How each kind of fault spoils an answer."""

import asyncio
import json
import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from sandbox.faults import Fault

Run = Callable[[Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
HUGE = 10 * 1024 * 1024
CDN_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>edge</p></body></html>"


@dataclass
class Held:
    """An answer held back instead of being sent."""

    status: int = 200
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Collect what the stand-in sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        else:
            self.body += message.get("body", b"")


def abort(scope: Scope) -> None:
    """Break the TCP connection with a reset."""
    transport: asyncio.Transport | None = scope.get("extensions", {}).get("sandbox.transport")
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        # Linger 0 makes the kernel send RST where a close would send FIN.
        with socket.socket(fileno=os.dup(raw.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def gone(receive: Receive) -> None:
    """Wait until the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def reset(scope: Scope, receive: Receive) -> None:
    """Abort and wait until the server knows it, so that nothing is sent after."""
    abort(scope)
    await gone(receive)


async def answer(
    send: Send, status: int, body: bytes, kind: str, extra: dict[str, str] | None = None
) -> None:
    """Send a whole answer."""
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(k.lower().encode(), v.encode()) for k, v in (extra or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def spoil(fault: Fault, run: Run, scope: Scope, receive: Receive, send: Send) -> None:
    """Let one fault happen."""
    if fault.kind in WHOLE:
        await WHOLE[fault.kind](fault, run, scope, receive, send)
        return
    if fault.after:
        await run(Held().take)
    await INSTEAD[fault.kind](fault, scope, receive, send)


def as_bytes(body: Any) -> bytes:
    """Return a fault's body as it goes over the wire."""
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()


async def _status(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    status = fault.status or 500
    plain = {"success": False, "ok": False, "code": str(status), "message": "fault", "errmsg": "fault"}
    body = as_bytes(plain if fault.body is None else fault.body)
    extra = dict(fault.headers)
    if fault.retry_after is not None:
        extra["retry-after"] = f"{fault.retry_after:g}"
    await answer(send, status, body, "application/json", extra)


async def _html(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    page = (
        fault.body if isinstance(fault.body, str) else CDN_PAGE.format(f"{fault.status or 502} Bad Gateway")
    )
    await answer(send, fault.status or 502, page.encode(), "text/html; charset=utf-8", fault.headers)


async def _hang(fault: Fault, scope: Scope, receive: Receive, _send: Send) -> None:
    try:
        await asyncio.wait_for(gone(receive), fault.seconds or 3600)
    except TimeoutError:
        await reset(scope, receive)


async def _reset(_fault: Fault, scope: Scope, receive: Receive, _send: Send) -> None:
    await reset(scope, receive)


async def _bad_json(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    body = as_bytes(fault.body) if fault.body is not None else b'{"success": true, "data": {"id": 12, '
    await answer(send, fault.status or 200, body, "application/json", fault.headers)


async def _redirect(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    where = fault.location or "https://elsewhere.invalid/login"
    await answer(send, fault.status or 302, b"", "text/html", {"location": where, **fault.headers})


async def _huge(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    size = fault.bytes or HUGE
    start = b'{"success": true, "errno": 0, "data": "'
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": fault.status or 200, "headers": headers})
    await send({"type": "http.response.body", "body": start, "more_body": True})
    for _ in range(size // 65536 + 1):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    await send({"type": "http.response.body", "body": b'"}'})


async def _retry_after(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    seconds = 2.0 if fault.retry_after is None else fault.retry_after
    body: dict[str, Any] = {
        "success": False,
        "code": "RATE_LIMIT_EXCEEDED",
        "message": "Too many requests",
        "limit_scope": "user",
    }
    extra = dict(fault.headers)
    match fault.style:
        case "header":
            extra["retry-after"] = f"{seconds:g}"
        case "date":
            extra["retry-after"] = formatdate(None if seconds <= 0 else _later(seconds), usegmt=True)
        case "top":
            body["retry_after_seconds"] = seconds
        case "data":
            body["data"] = {"retry_after_seconds": seconds}
        case "telegram":
            said = f"Too Many Requests: retry after {int(seconds)}"
            body = {"ok": False, "error_code": 429, "description": said}
            body["parameters"] = {"retry_after": int(seconds)}
    if isinstance(fault.body, dict):
        body |= fault.body
    await answer(send, fault.status or 429, as_bytes(body), "application/json", extra)


def _later(seconds: float) -> float:
    # Retry-After is read by a real client's wall clock, not by the sandbox's.
    return time.time() + seconds


async def _delay(fault: Fault, run: Run, _scope: Scope, _receive: Receive, send: Send) -> None:
    if not fault.after:
        await asyncio.sleep(fault.seconds or 1.0)
        await run(send)
        return
    held = Held()
    await run(held.take)
    await asyncio.sleep(fault.seconds or 1.0)
    await _release(held, send)


async def _release(held: Held, send: Send) -> None:
    await send({"type": "http.response.start", "status": held.status, "headers": held.headers})
    await send({"type": "http.response.body", "body": held.body})


async def _truncate(fault: Fault, run: Run, scope: Scope, receive: Receive, send: Send) -> None:
    held = Held()
    await run(held.take)
    keep = len(held.body) // 2 if fault.bytes is None else min(fault.bytes, len(held.body) - 1)
    await send({"type": "http.response.start", "status": held.status, "headers": held.headers})
    await send({"type": "http.response.body", "body": held.body[:keep], "more_body": True})
    # A plain close after what is in the buffer: the caller sees half a body, then the end.
    transport: asyncio.Transport | None = scope.get("extensions", {}).get("sandbox.transport")
    if transport is not None:
        transport.close()
    await gone(receive)


async def _drip(fault: Fault, run: Run, _scope: Scope, _receive: Receive, send: Send) -> None:
    held = Held()
    await run(held.take)
    await send({"type": "http.response.start", "status": held.status, "headers": held.headers})
    for at in range(len(held.body)):
        part = {"type": "http.response.body", "body": held.body[at : at + 1], "more_body": True}
        await send(part)
        await asyncio.sleep(0.05 if fault.seconds is None else fault.seconds)
    await send({"type": "http.response.body", "body": b""})


def twisted(value: Any) -> Any:
    """Return JSON of the same shape whose leaves have another type."""
    match value:
        case dict():
            return {key: twisted(inner) for key, inner in value.items()}
        case list():
            return {str(at): twisted(inner) for at, inner in enumerate(value)}
        case bool():
            return "perhaps"
        case str():
            return [value]
        case None:
            return {"unexpected": True}
        case _:
            return {"value": value}


async def _wrong_types(_fault: Fault, run: Run, _scope: Scope, _receive: Receive, send: Send) -> None:
    held = Held()
    await run(held.take)
    try:
        body = as_bytes(twisted(json.loads(held.body)))
    except ValueError:
        body = held.body
    await answer(send, held.status, body, "application/json")


class _Meter:
    """Let a stream through up to a number of bytes or events."""

    def __init__(self, fault: Fault, send: Send) -> None:
        self.bytes_left = fault.bytes
        self.events_left = fault.events if fault.events is not None or fault.bytes is not None else 1
        self.send = send
        self.full = asyncio.Event()

    async def take(self, message: Message) -> None:
        if self.full.is_set():
            await asyncio.Event().wait()
        if message["type"] != "http.response.body":
            await self.send(message)
            return
        body = self._within(message.get("body", b""))
        more = message.get("more_body", False) or self.full.is_set()
        await self.send({"type": "http.response.body", "body": body, "more_body": more})
        if self.full.is_set():
            await asyncio.Event().wait()

    def _within(self, body: bytes) -> bytes:
        if self.bytes_left is not None:
            part = body[: self.bytes_left]
            self.bytes_left -= len(part)
            if self.bytes_left <= 0:
                self.full.set()
            return part
        assert self.events_left is not None  # noqa: S101 - one of the two is always set
        events = body.split(b"\n\n")
        kept = events[: self.events_left]
        if len(events) - 1 < self.events_left:
            self.events_left -= len(events) - 1
            return body
        self.full.set()
        return b"\n\n".join(kept) + b"\n\n" if kept else b""


async def _cut(fault: Fault, run: Run, scope: Scope, receive: Receive, send: Send) -> None:
    meter = _Meter(fault, send)
    running = asyncio.ensure_future(run(meter.take))
    full = asyncio.ensure_future(meter.full.wait())
    try:
        await asyncio.wait({running, full}, return_when=asyncio.FIRST_COMPLETED)
        if not meter.full.is_set():
            return
        running.cancel()
        await asyncio.wait({running})
        if fault.kind == "cut":
            # What was let through must arrive before the connection breaks.
            await asyncio.sleep(0.01)
            await reset(scope, receive)
        else:
            await _hang(fault, scope, receive, send)
    finally:
        running.cancel()
        full.cancel()
        await asyncio.gather(running, full, return_exceptions=True)


INSTEAD = {
    "status": _status,
    "html": _html,
    "hang": _hang,
    "reset": _reset,
    "bad_json": _bad_json,
    "redirect": _redirect,
    "huge": _huge,
    "retry_after": _retry_after,
}
WHOLE = {
    "delay": _delay,
    "truncate": _truncate,
    "drip": _drip,
    "wrong_types": _wrong_types,
    "cut": _cut,
    "stall": _cut,
}
