"""One poll round of 10,000 followed titles: is the answer time of commands kept, and HDHive's limit?

Two bots, both as `linkhive run` starts them, each with 200 linked people: one follows nothing, the other has
10,000 titles that are all due, as after an hour of standing still. Commands go to the one and to the other in
turns of ten seconds, twenty a second; while it is not its turn a bot is stopped (SIGSTOP), so that each has
the machine to itself. Each turn is compared with the other's turn beside it.

HDHive answers after 50 ms and refuses more than 20 looks a second. POLL_TURNS=75 covers the whole round of 12
minutes; without it 12 turns of each are taken.
"""

import asyncio
import base64
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.load import SECRET, TOKEN
from bench.pollstub import A_SECOND, PAGES
from bench.webhook import free_port, median, patiently
from storage import followed, links, subscriptions
from storage.crypto import KeyRing
from storage.database import Database
from storage.links import NewLink
from storage.maintenance import upgrade
from storage.tx import Tx

TITLES, PEOPLE = 10_000, 200
TURNS = int(os.environ.get("POLL_TURNS", "12"))
TURN_SECONDS, COMMANDS_A_SECOND = 10.0, 20
WARM_UP, PATIENCE = 40, 10.0
MOST = 1.2
KEY = base64.b64encode(bytes(32)).decode()
COMMANDS = ("/help", "/subscriptions")


@dataclass
class House:
    """One bot, its process, and how long its answers took."""

    url: str
    process: subprocess.Popen[bytes]
    waits: list[list[float]] = field(default_factory=list)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


async def fill(url: str, titles: int) -> None:
    """People who are linked, and what they follow: every title has one follower, every third has three."""
    await upgrade(url)
    db = await Database.open(url, KeyRing.from_setting(KEY))
    now = time.time()

    async def settle(tx: Tx) -> None:
        for user in range(1, PEOPLE + 1):
            await links.save(tx, NewLink(user, "hdhive", f"token-{user}", "refresh"), now)

    async def follow(tx: Tx, numbers: range) -> None:
        for number in numbers:
            title = f"movie_{number}"
            seen = [f"{number:016x}{n:016x}" for n in range(PAGES)]
            await followed.begin(tx, title, seen=seen, now=now - 3600, next_at=now - 1)
            for step in range(3 if number % 3 == 0 else 1):
                user = 1 + (number + step * 7) % PEOPLE
                detail = {"name": f"Title {number}", "known": []}
                await subscriptions.add(
                    tx, user_id=user, chat_id=user, topic=None, title=title, detail=detail, now=now - 3600
                )

    await db.write(settle)
    for first in range(1, titles + 1, 500):
        await db.write(lambda tx, first=first: follow(tx, range(first, min(first + 500, titles + 1))))  # type: ignore[misc]
    await db.close()


def start(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a module of this checkout."""
    return subprocess.Popen([sys.executable, "-m", *arguments], env={**os.environ, **(env or {})})


@asynccontextmanager
async def bot(stub: str, titles: int) -> AsyncIterator[House]:
    """Run a bot that has so many titles to look up."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'bench.db'}"
        await fill(database, titles)
        env = {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": stub,
            "TELEGRAM_UPDATES": "webhook",
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LISTEN": f"127.0.0.1:{port}",
            "DATABASE_URL": database,
            "SECRET_KEYS": KEY,
            "HDHIVE_URL": f"{stub}/hdhive",
            "HDHIVE_CLIENT_ID": "bench",
            "HDHIVE_APP_SECRET": "bench-secret",
            "LOG_LEVEL": "ERROR",
        }
        process = start("bot", "run", env=env)
        try:
            url = f"http://127.0.0.1:{port}"
            await patiently(bool, f"{url}/healthz")
            yield House(url, process)
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(timeout=30)


def command(number: int, user: int) -> bytes:
    """A command in a private chat of its own, so that the answer is known by its chat."""
    text = COMMANDS[number % len(COMMANDS)]
    who = {"id": user, "is_bot": False, "first_name": "Bench", "language_code": "en"}
    message = {
        "message_id": number,
        "date": 1_700_000_000,
        "chat": {"id": user, "type": "private", "first_name": "Bench"},
        "from": who,
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(text)}],
    }
    return json.dumps({"update_id": number, "message": message}).encode()


class Askers:
    """Write commands at an even pace, each from somebody else, and tell how long the answers took."""

    def __init__(self, stub: str, session: aiohttp.ClientSession) -> None:
        self._stub = stub
        self._session = session
        self._numbers = itertools.count(1)

    async def ask(self, house: House, count: int) -> list[float]:
        began: dict[int, float] = {}
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        posts = []
        for _ in range(count):
            number = next(self._numbers)
            user = 5_000_000 + number
            began[user] = time.monotonic()
            post = self._session.post(
                f"{house.url}/telegram/webhook", data=command(number, user), headers=headers
            )
            posts.append(asyncio.ensure_future(self._take(post)))
            await asyncio.sleep(1 / COMMANDS_A_SECOND)
        await asyncio.gather(*posts)
        return await self._answers(began)

    @staticmethod
    async def _take(post: object) -> None:
        async with post as reply:  # type: ignore[attr-defined]
            reply.raise_for_status()

    async def _answers(self, began: dict[int, float]) -> list[float]:
        end = time.monotonic() + PATIENCE
        while True:
            answered = (await self.stats())["answered"]
            waits = [answered[str(user)] - at for user, at in began.items() if str(user) in answered]
            if len(waits) == len(began) or time.monotonic() > end:
                return waits + [PATIENCE] * (len(began) - len(waits))
            await asyncio.sleep(0.05)

    async def stats(self) -> dict[str, dict[str, float]]:
        async with self._session.get(f"{self._stub}/stats") as reply:
            told: dict[str, dict[str, float]] = await reply.json()
        return told


def p95(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.95)]


async def measure(idle: House, busy: House, askers: Askers) -> None:
    for house in (idle, busy):
        await askers.ask(house, WARM_UP)
        house.stop()
    for turn in range(TURNS):
        for house in (idle, busy) if turn % 2 == 0 else (busy, idle):
            house.go_on()
            await asyncio.sleep(0.3)
            house.waits.append(await askers.ask(house, round(TURN_SECONDS * COMMANDS_A_SECOND)))
            house.stop()


async def main() -> None:
    port = free_port()
    stub = f"http://127.0.0.1:{port}"
    served = start("bench.pollstub", str(port))
    try:
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            await patiently(bool, f"{stub}/stats")
            idle = await stack.enter_async_context(bot(stub, 0))
            busy = await stack.enter_async_context(bot(stub, TITLES))
            askers = Askers(stub, session)
            await measure(idle, busy, askers)
            report(idle, busy, await askers.stats())
    finally:
        served.terminate()
        served.wait(timeout=20)


def report(idle: House, busy: House, stats: dict[str, dict[str, float]]) -> None:
    ratios = [p95(during) / p95(alone) for alone, during in zip(idle.waits, busy.waits, strict=True)]
    print(
        f"{TITLES:,} titles followed, {TURNS} turns of {TURN_SECONDS:.0f} s each, commands: {len(COMMANDS)}"
    )
    for name, house in (("nothing followed", idle), ("during the round", busy)):
        waits = sorted(itertools.chain.from_iterable(house.waits))
        print(f"{name:<20} p50 {waits[len(waits) // 2] * 1000:7.1f} ms   p95 {p95(waits) * 1000:7.1f} ms")
    looks, most = stats["looks"], stats["most"]
    print(f"looks {looks:,}, of them a second time {stats['again']}; most in a second {most} of {A_SECOND}")
    print(f"refused by HDHive: {stats['refused']}")
    print(f"ratio of p95, median of the turns: {median(ratios):.2f} (at most {MOST})")
