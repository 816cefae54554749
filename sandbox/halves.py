"""Faults that let the stand-in answer and spoil the way of its answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from sandbox.answers import Held, answer, as_bytes, gone, reset
from sandbox.faults import Fault

Run = Callable[[Send], Awaitable[None]]


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
            await stall(fault, scope, receive)
    finally:
        running.cancel()
        full.cancel()
        await asyncio.gather(running, full, return_exceptions=True)


async def stall(fault: Fault, scope: Scope, receive: Receive) -> None:
    """Say nothing until the caller leaves, or break off after the fault's seconds."""
    try:
        await asyncio.wait_for(gone(receive), fault.seconds or 3600)
    except TimeoutError:
        await reset(scope, receive)


WHOLE = {
    "delay": _delay,
    "truncate": _truncate,
    "drip": _drip,
    "wrong_types": _wrong_types,
    "cut": _cut,
    "stall": _cut,
}
