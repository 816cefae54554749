"""Telegram's side of a webhook: every update is delivered again until it is answered with 200."""

import asyncio
import contextlib
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from tests.bot.scripted import ME, ScriptedTelegram
from tests.conftest import WEBHOOK_SECRET, free_port
from tests.e2e.process import Bot, answers

RUNNER = Path(__file__).with_name("c_runner.py")
TOKEN = "7000000001:GUARANTEES-token-that-opens-nothing"
STEPS = ("inbox.writing", "inbox.written", "send.turn", "send.sent")
CONNECTIONS = 40
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
PERSONS, PLACES, GROUPS = 1_000_000, -2_000_000_000, -3_000_000_000


def update(number: int) -> dict[str, Any]:
    """Return one of three kinds: a command that is answered, a change that is noted, talk in a group."""
    person = PERSONS + number
    user = {"id": person, "is_bot": False, "first_name": f"P{number}", "language_code": "en"}
    if number % 100 == 0:
        chat = {"id": person, "type": "private", "first_name": "P"}
        command = {"type": "bot_command", "offset": 0, "length": 5}
        return _message(number, chat, user, "/help", entities=[command])
    if number % 10 == 1:
        place = {"id": PLACES - number, "type": "supergroup", "title": f"t{number}"}
        bot = {"id": 1, "is_bot": True, "first_name": "B", "username": "b"}
        old, new = ({"user": bot, "status": status} for status in ("left", "member"))
        change = {"chat": place, "from": user, "date": 1, "old_chat_member": old, "new_chat_member": new}
        return {"update_id": number, "my_chat_member": change}
    return _message(number, {"id": GROUPS - number % 5000, "type": "supergroup", "title": "G"}, user, "hello")


def _message(number: int, chat: Any, user: Any, text: str, **more: Any) -> dict[str, Any]:
    content = {"message_id": number, "date": 1, "chat": chat, "from": user, "text": text, **more}
    return {"update_id": number, "message": content}


class Recorder:
    """A Bot API that takes everything, and notes whom a message went to."""

    def __init__(self) -> None:
        self.sent: Counter[int] = Counter()

    async def __call__(self, method: str, parameters: dict[str, Any], _writer: Any) -> tuple[int, Any]:
        if method == "getMe":
            return 200, ME
        if method != "sendMessage":
            return 200, True
        chat = int(parameters["chat_id"])
        self.sent[chat] += 1
        number = self.sent.total()
        return 200, {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "x"}


R = TypeVar("R", bound=Recorder)


@dataclass
class Sender:
    """Deliver updates over several connections until each is acknowledged."""

    address: str
    most: int
    acknowledged: int = 0
    refused: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    async def run(self) -> None:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._connection(http))

    async def _connection(self, http: aiohttp.ClientSession) -> None:
        for number in self._numbers:
            if number > self.most:
                return
            while not await self._deliver(http, number):
                self.refused += 1
                await self.up.wait()
            self.acknowledged += 1

    async def _deliver(self, http: aiohttp.ClientSession, number: int) -> bool:
        await self.up.wait()
        try:
            async with http.post(self.address, json=update(number), headers=HEADERS) as reply:
                return reply.status == 200
        except aiohttp.ClientError:
            await asyncio.sleep(0.01)
            return False


class Life:
    """One life of the real bot: it is killed by us at a random moment, or by itself at a named step."""

    def __init__(self, env: dict[str, str], folder: Path, sender: Sender) -> None:
        self.env, self.folder, self.sender = env, folder, sender

    @asynccontextmanager
    async def running(self, step: str = "-", number: int = 0) -> AsyncIterator[Bot]:
        bot = Bot(self.env, self.folder)
        bot._program = [str(RUNNER), step, str(number)]
        async with bot:
            await self._ready(bot)
            self.sender.up.set()
            yield bot
            self.sender.up.clear()

    async def _ready(self, bot: Bot) -> None:
        async with asyncio.timeout(60), aiohttp.ClientSession() as http:
            while not await answers(http, f"{self.env['PUBLIC_URL']}/readyz") and not dead(bot):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def until(self, bot: Bot, enough: Callable[[], bool]) -> None:
        while not enough() and not dead(bot):  # noqa: ASYNC110 - the process tells us nothing
            await asyncio.sleep(0.002)


def dead(bot: Bot) -> bool:
    return bot._process is None or bot._process.returncode is not None


async def lives(life: Life, kills: int, chance: random.Random) -> int:
    """Kill it so often while updates stream in; return how many of them were at a named step."""
    at_steps = 0
    for number in range(kills):
        share = life.sender.most / kills
        start, end = life.sender.acknowledged, int(share * (number + 1))
        step = STEPS[number // 2 % len(STEPS)] if number % 2 else "-"
        async with life.running(step, chance.randrange(1, 12)) as bot:
            wanted = max(start + 1, int(end - share * chance.random() * 0.5)) if step == "-" else end
            await life.until(bot, lambda w=wanted: life.sender.acknowledged >= w)  # type: ignore[misc]
            at_steps += dead(bot)
    return at_steps


@asynccontextmanager
async def sending(sender: Sender) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(sender.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def recording(recorder: R) -> AsyncIterator[tuple[R, dict[str, str]]]:
    """A Bot API that records, and the environment of a bot in front of it."""
    port = free_port()
    async with ScriptedTelegram(recorder) as telegram:
        yield (
            recorder,
            {
                "TELEGRAM_TOKEN": TOKEN,
                "TELEGRAM_API_URL": telegram.url,
                "TELEGRAM_UPDATES": "webhook",
                "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
                "LISTEN": f"127.0.0.1:{port}",
                "LOG_LEVEL": "ERROR",
            },
        )
