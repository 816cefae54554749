"""Deliver updates to a webhook as Telegram does: several connections, each waiting for its answer."""

import asyncio
import json
import time
from dataclasses import dataclass

import aiohttp

TOKEN = "7000000001:BENCH-token-that-opens-nothing-anywhere"
SECRET = "bench-webhook-secret"
# Telegram's own default for max_connections is 40.
CONNECTIONS = 40
# Many people who write now and then: nobody comes near the limits that keep one from starving others.
CHATS, PEOPLE = 1_000, 4_000


@dataclass(frozen=True)
class Delivered:
    """How a run of updates went."""

    updates: int
    seconds: float
    refused: int
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.updates / self.seconds


def update(number: int) -> bytes:
    """A plain message in a group: taken, looked at by every bot, answered by none."""
    chat = -1_000_000 - number % CHATS
    user = {"id": 500_000 + number % PEOPLE, "is_bot": False, "first_name": "Bench", "language_code": "en"}
    message = {
        "message_id": number,
        "date": 1_700_000_000,
        "chat": {"id": chat, "type": "supergroup", "title": "Bench"},
        "from": user,
        "text": f"hello number {number}",
    }
    return json.dumps({"update_id": number, "message": message}).encode()


async def deliver(url: str, first: int, count: int) -> Delivered:
    """Post updates over several connections and wait for every answer."""
    numbers = iter(range(first, first + count))
    waits: list[float] = []
    refused = 0
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}

    async def connection(session: aiohttp.ClientSession) -> None:
        nonlocal refused
        for number in numbers:
            began = time.perf_counter()
            async with session.post(f"{url}/telegram/webhook", data=update(number), headers=headers) as reply:
                refused += reply.status != 200
            waits.append(time.perf_counter() - began)

    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        began = time.perf_counter()
        await asyncio.gather(*(connection(session) for _ in range(CONNECTIONS)))
        seconds = time.perf_counter() - began
    waits.sort()
    return Delivered(count, seconds, refused, waits[int(len(waits) * 0.99)] * 1000)
