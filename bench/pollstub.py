"""HDHive and Telegram for the poll rounds: `python -m bench.pollstub PORT`.

HDHive lists twenty resources of any title after 50 ms, and refuses more than 20 looks in a second, as an
application's limit; asked for a pause, it wants to be left alone by all for so long. Telegram takes messages
at once and notes when each chat got one.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import ClassVar
from urllib.parse import parse_qs

from bench.botapi import result_of

LATENCY = 0.05
A_SECOND = 20
PAGES = 20


def resources(tmdb_id: str) -> object:
    """What is shared of a title: the same at every look, and for one title in a hundred one more."""
    listed = [
        {
            "slug": f"{int(tmdb_id):016x}{number:016x}",
            "title": f"Title {tmdb_id} 2160p BluRay REMUX No. {number}",
            "pan_type": "quark",
            "share_size": "58.3 GB",
            "video_resolution": ["4K"],
            "source": ["BluRay"],
            "subtitle_language": ["zh", "en"],
            "unlock_points": number,
            "user": {"id": number, "nickname": "someone"},
            "validate_status": "valid",
        }
        for number in range(PAGES + (int(tmdb_id) % 100 == 0))
    ]
    return {"success": True, "code": "200", "data": listed, "meta": {"total": len(listed)}}


class Stub(asyncio.Protocol):
    """Just enough HTTP for keep-alive clients that send a Content-Length."""

    seconds: ClassVar[Counter[int]] = Counter()
    refused: ClassVar[int] = 0
    paused_until: ClassVar[float] = 0.0
    looked: ClassVar[Counter[str]] = Counter()
    answered: ClassVar[dict[int, float]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = next(
                (int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0
            )
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.answer(head.split(b" ", 2)[1].decode(), rest[:length].decode())

    def answer(self, path: str, body: str) -> None:
        if path == "/stats":
            most = max(self.seconds.values(), default=0)
            again = sum(count > 1 for count in self.looked.values())
            told = {"looks": len(self.looked), "again": again, "most": most, "refused": self.refused}
            told["asked"] = self.looked.total()
            self.send(200, {**told, "answered": self.answered})
        elif path.startswith("/pause/"):
            Stub.paused_until = time.monotonic() + float(path.rpartition("/")[2])
            self.send(200, {})
        elif "/resources/" in path:
            self.look(path.rpartition("/")[2])
        elif path.startswith("/hdhive"):
            self.send(200, {"success": True, "data": {}})
        else:
            method = path.rpartition("/")[2]
            if method.startswith("send"):
                chat = int((parse_qs(body).get("chat_id") or ["0"])[0])
                self.answered.setdefault(chat, time.monotonic())
            self.send(200, {"ok": True, "result": result_of(method)})

    def look(self, tmdb_id: str) -> None:
        left = self.paused_until - time.monotonic()
        if left > 0:
            limit = {"code": "RATE_LIMIT_EXCEEDED", "limit_scope": "app", "retry_after_seconds": left}
            self.send(429, {"success": False, **limit})
            return
        second = int(time.monotonic())
        self.seconds[second] += 1
        if self.seconds[second] > A_SECOND:
            Stub.refused += 1
            self.send(429, {"success": False, "code": "RATE_LIMIT_EXCEEDED", "limit_scope": "app"})
            return
        self.looked[tmdb_id] += 1
        asyncio.get_running_loop().call_later(LATENCY, self.send, 200, resources(tmdb_id))

    def send(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        if not self.transport.is_closing():
            self.transport.write(head.encode() + body)  # type: ignore[attr-defined]


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
