"""One poll round of 10,000 followed titles: is the answer time of commands kept, and HDHive's limit?

The bot as `linkhive run` starts it, with 200 linked people and 10,000 titles that are all due, as after an
hour of standing still. Commands come twenty a second, each from somebody else. In every other turn of ten
seconds HDHive has asked to be left alone, so that the bot does nothing but answer; in the turns between the
round goes on. Each turn is compared with the one beside it; a first one of both is not counted.

The database lies in memory where the system has a place for that: what a virtual disk makes of a flush now
and then is many times what is measured here.

HDHive answers after 50 ms and refuses more than 20 looks a second. POLL_TURNS=75 covers the whole round of 12
minutes; without it 12 turns of each are taken.
"""

import asyncio
import base64
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

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
WARM_UP, PATIENCE, SETTLE_SECONDS = 40, 10.0, 1.5
MOST = 1.2
# The default of SUBSCRIPTION_POLL_SECONDS.
INTERVAL_SECONDS = 900.0
KEY = base64.b64encode(bytes(32)).decode()
MEMORY = next(filter(os.path.isdir, ("/dev/shm",)), None)
COMMANDS = ("/help", "/subscriptions")


@dataclass
class Answers:
    """How long answers took, turn by turn, at rest and during the round, and what that cost."""

    at_rest: list[list[float]] = field(default_factory=list)
    during: list[list[float]] = field(default_factory=list)
    cpu_at_rest: float = 0.0
    cpu_during: float = 0.0
    # How many looks there were in the turns at rest, and in the others.
    looks_at_rest: int = 0
    looks_during: int = 0
    seconds_during: float = 0.0


async def fill(url: str) -> None:
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
    for first in range(1, TITLES + 1, 500):
        await db.write(lambda tx, first=first: follow(tx, range(first, min(first + 500, TITLES + 1))))  # type: ignore[misc]
    await db.close()


def start(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a module of this checkout."""
    return subprocess.Popen([sys.executable, "-m", *arguments], env={**os.environ, **(env or {})})


@asynccontextmanager
async def bot(stub: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    """Run the bot; return its address and its process."""
    port = free_port()
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        database = f"sqlite:///{Path(folder) / 'bench.db'}"
        await fill(database)
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
            await patiently(bool, f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
        finally:
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

    def __init__(self, stub: str, bot_url: str, session: aiohttp.ClientSession) -> None:
        self._stub = stub
        self._bot = bot_url
        self._session = session
        self._numbers = itertools.count(1)

    async def ask(self, count: int) -> list[float]:
        began: dict[int, float] = {}
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        posts = []
        for _ in range(count):
            number = next(self._numbers)
            user = 5_000_000 + number
            began[user] = time.monotonic()
            post = self._session.post(
                f"{self._bot}/telegram/webhook", data=command(number, user), headers=headers
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

    async def pause(self, seconds: float) -> None:
        """Let HDHive ask to be left alone."""
        async with self._session.get(f"{self._stub}/pause/{seconds}") as reply:
            reply.raise_for_status()

    async def asked(self) -> int:
        """Return how many looks there were so far."""
        return int((await self.stats())["asked"])  # type: ignore[call-overload]

    async def stats(self) -> dict[str, dict[str, float]]:
        async with self._session.get(f"{self._stub}/stats") as reply:
            told: dict[str, dict[str, float]] = await reply.json()
        return told


def p95(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.95)]


def _cpu(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return spent.user + spent.system


async def measure(askers: Askers, process: psutil.Process) -> Answers:
    """Take turns."""
    answers = Answers()
    await askers.ask(WARM_UP)
    for number in range(1 + TURNS):
        if number == 1:
            answers = Answers()
        await askers.pause(TURN_SECONDS + 2 * SETTLE_SECONDS)
        await asyncio.sleep(SETTLE_SECONDS)
        before, asked = _cpu(process), await askers.asked()
        answers.at_rest.append(await askers.ask(round(TURN_SECONDS * COMMANDS_A_SECOND)))
        between = _cpu(process)
        answers.looks_at_rest += await askers.asked() - asked
        await asyncio.sleep(2 * SETTLE_SECONDS)
        begun, asked, began = _cpu(process), await askers.asked(), time.monotonic()
        answers.during.append(await askers.ask(round(TURN_SECONDS * COMMANDS_A_SECOND)))
        answers.looks_during += await askers.asked() - asked
        answers.seconds_during += time.monotonic() - began
        answers.cpu_at_rest += between - before
        answers.cpu_during += _cpu(process) - begun
    return answers


async def main() -> None:
    port = free_port()
    stub = f"http://127.0.0.1:{port}"
    served = start("bench.pollstub", str(port))
    try:
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            await patiently(bool, f"{stub}/stats")
            url, process = await stack.enter_async_context(bot(stub))
            askers = Askers(stub, url, session)
            report(await measure(askers, process), await askers.stats())
    finally:
        served.terminate()
        served.wait(timeout=20)


def report(answers: Answers, stats: dict[str, dict[str, float]]) -> None:
    pairs = zip(answers.during, answers.at_rest, strict=True)
    ratios = [p95(during) / p95(at_rest) for during, at_rest in pairs]
    print(f"{TITLES:,} titles followed, {TURNS} turns of {TURN_SECONDS:.0f} s each, commands: {COMMANDS}")
    sides = (
        ("at rest", answers.at_rest, answers.cpu_at_rest),
        ("during the round", answers.during, answers.cpu_during),
    )
    for name, turns, cpu in sides:
        waits = sorted(itertools.chain.from_iterable(turns))
        print(
            f"{name:<20} p50 {waits[len(waits) // 2] * 1000:7.1f} ms   p95 {p95(waits) * 1000:7.1f} ms"
            f"   CPU {cpu / len(waits) * 1000:5.1f} ms a command"
        )
    looks, most = stats["looks"], stats["most"]
    print(f"looks {looks:,}, of them a second time {stats['again']}; most in a second {most} of {A_SECOND}")
    print(
        f"looks a second during the round {answers.looks_during / answers.seconds_during:.1f}"
        f" (a round within its time needs {TITLES / INTERVAL_SECONDS:.1f}), at rest {answers.looks_at_rest}"
    )
    print(f"refused by HDHive: {stats['refused']}")
    print(f"ratio of p95, median of the turns: {median(ratios):.2f} (at most {MOST})")
