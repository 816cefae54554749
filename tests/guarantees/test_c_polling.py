"""C7: a poller that hears nothing is rebuilt within a minute; a second poller raises an alarm."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from telegram.ext import ExtBot

from bot.intake.dispatch import Dispatch
from bot.intake.polling import CONFLICT_PAUSE, Poller
from bot.intake.store import Store
from bot.metrics import Metrics
from bot.sending.request import Request
from storage.crypto import KeyRing
from storage.database import Database
from storage.maintenance import upgrade
from tests.bot.intake_parts import Handed, update
from tests.bot.scripted import ME, ScriptedTelegram, refusal
from tests.guarantees import c_loop as fast
from tests.guarantees.figures import at_least, below, exactly, size

TOKEN = "123456789:AAEtestTESTtestTESTtestTESTtest0"
Trouble = Callable[[asyncio.StreamWriter], Awaitable[Any]]
POLLERS = size(1, 6)


async def silence(_writer: asyncio.StreamWriter) -> Any:
    """Keep the line open and say nothing: a black hole, or a half-open line once it has worked."""
    await asyncio.sleep(3600)


async def half_an_answer(writer: asyncio.StreamWriter) -> Any:
    """Begin to answer, then drip a byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(5)


async def bad_gateway(_writer: asyncio.StreamWriter) -> Any:
    return 502, b"<html>Bad Gateway</html>"


class Line:
    """A Bot API that answers polls until there is trouble; notes when it was asked."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self.left = 0
        self.waiting: list[dict[str, Any]] = []
        self.asked = asyncio.Condition()
        self.polls: list[float] = []

    async def __call__(self, method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        if method == "getMe":
            return 200, ME
        if method == "deleteWebhook":
            return 200, True
        async with self.asked:
            self.polls.append(asyncio.get_running_loop().time())
            self.asked.notify_all()
        if self.trouble is not None and self.left > 0:
            self.left -= 1
            return await self.trouble(writer)
        offset = int(parameters["offset"])
        news = [each for each in self.waiting if each["update_id"] >= offset]
        if not news:
            await asyncio.sleep(1.0)
        return 200, news

    async def next_poll(self) -> None:
        before = len(self.polls)
        async with self.asked:
            await self.asked.wait_for(lambda: len(self.polls) > before)


@asynccontextmanager
async def polling(url: str, ring: KeyRing) -> AsyncIterator[tuple[Line, Handed, Metrics]]:
    line, clock, metrics, hand = Line(), fast.LoopClock(), Metrics(), Handed()
    db = await Database.open(url, ring)
    store = Store(db, Dispatch(hand, clock, metrics), clock, metrics, holder="one")
    async with ScriptedTelegram(line) as server:
        request = Request(connections=4)
        bot: ExtBot[None] = ExtBot(
            TOKEN, base_url=f"{server.url}/bot", request=Request(), get_updates_request=request
        )
        await bot.initialize()
        await store.start()
        poller = Poller(bot, request, store, clock, metrics)
        await poller.start()
        try:
            yield line, hand, metrics
        finally:
            await poller.stop()
            await store.stop(2.0)
            await bot.shutdown()
            await db.close()


@pytest.mark.parametrize("trouble", [silence, half_an_answer, bad_gateway])
def test_c7_a_silent_poller_is_rebuilt_within_a_minute(
    trouble: Trouble, sqlite_url: str, ring: KeyRing
) -> None:
    waits, lost = fast.run(rebuilds(trouble, sqlite_url, ring, size(2, 5)))
    name = trouble.__name__.replace("_", " ")
    at_least("C7", f"times met, {name} ({fast.FASTER} × faster clock)", len(waits), POLLERS * size(2, 5))
    below("C7", f"s until it polls anew, the longest, {name}", max(waits), 60)
    exactly("C7", f"updates missed in it, {name}", lost)


async def rebuilds(trouble: Trouble, url: str, ring: KeyRing, times: int) -> tuple[list[float], int]:
    """Let pollers with databases of their own meet trouble at the same time."""
    urls = [f"{url}{number}" for number in range(POLLERS)]
    for each in urls:
        await upgrade(each)
    ends = await asyncio.gather(*(rebuilt(trouble, each, ring, times) for each in urls))
    return [wait for waits, _ in ends for wait in waits], sum(lost for _, lost in ends)


async def rebuilt(trouble: Trouble, url: str, ring: KeyRing, times: int) -> tuple[list[float], int]:
    chance, waits = random.Random(7), list[float]()
    async with polling(url, ring) as (line, hand, _):
        for number in range(1, times + 1):
            await line.next_poll()
            line.trouble = trouble
            # A storm holds on for some answers; silence once is enough for a line to be lost.
            line.left = 1 if trouble is silence else chance.randrange(1, 4)
            line.waiting = [update(number)]
            first = len(line.polls)
            async with asyncio.timeout(200):
                while (1, number) not in hand.seen:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
            # From each poll that met trouble to the one after it.
            waits += [after - met for met, after in pairwise(line.polls[first:])]
    return waits, times - len(hand.seen)


def test_c7_a_second_poller_raises_an_alarm(
    sqlite_url: str, ring: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    times = size(3, 100)
    with caplog.at_level(logging.ERROR):
        shown, counted, cleared = fast.run(conflicts(sqlite_url, ring, times))
    alarms = sum("ALARM" in record.getMessage() for record in caplog.records)
    exactly("C7", "alarms in the log, one for each 409", alarms, times)
    exactly("C7", "409s counted by the metric", counted, times)
    exactly("C7", "times the gauge showed it, and was 0 again afterwards", min(shown, cleared), times)


async def conflicts(url: str, ring: KeyRing, times: int) -> tuple[int, int, int]:
    async def conflict(_writer: asyncio.StreamWriter) -> Any:
        return refusal(409, "Conflict: terminated by other getUpdates request")

    shown = cleared = 0
    async with polling(url, ring) as (line, _, metrics):
        for _ in range(times):
            await line.next_poll()
            line.trouble, line.left = conflict, 1
            await line.next_poll()
            await asyncio.sleep(CONFLICT_PAUSE / 2)
            shown += metrics.conflict._value.get() == 1
            await line.next_poll()
            await line.next_poll()
            cleared += metrics.conflict._value.get() == 0
        counted = int(metrics.polls.labels("conflict")._value.get())
    return shown, counted, cleared
