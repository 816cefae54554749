"""Answers that are held back, made up or broken off."""

import asyncio
import json
import os
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]


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


def as_bytes(body: Any) -> bytes:
    """Return a fault's body as it goes over the wire."""
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
