"""C5: limits are kept, and a 429 stops its own chat only."""

import asyncio
import contextlib
import itertools
import random
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.metrics import Metrics
from bot.sending.pacer import Pacer, Priority
from tests.guarantees.c_clock import VirtualClock
from tests.guarantees.c_telegram import Counting
from tests.guarantees.figures import at_least, exactly, size, swiftly

BESIDE = 2000
REPLIES_A_SECOND = 4.0


class Line:
    """The pacers of some replicas between senders and a Telegram that counts."""

    def __init__(self, replicas: int = 1) -> None:
        self.clock = VirtualClock()
        self.telegram = Counting(self.clock)
        self.pacers = [
            Pacer(self.clock, Metrics(), share=lambda most: most // replicas) for _ in range(replicas)
        ]

    async def send(self, chat: int, priority: Priority, replica: int = 0) -> float:
        """Return how long a message took to be sent."""
        began, data = self.clock.now(), {"chat_id": chat}
        await self.pacers[replica].process_request(
            self.telegram, ("sendMessage", data), {}, "sendMessage", data, priority
        )
        return self.clock.now() - began


@asynccontextmanager
async def line(replicas: int = 1) -> AsyncIterator[Line]:
    made = Line(replicas)
    for pacer in made.pacers:
        await pacer.initialize()
    running = asyncio.create_task(made.clock.run())
    try:
        yield made
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        for pacer in made.pacers:
            await pacer.shutdown()


async def test_c5_replies_overtake_a_broadcast_within_all_limits() -> None:
    most = size(6_000, 100_000)
    async with line() as made:
        chats = iter(range(1, most + 1))
        replying = asyncio.create_task(replies(made, most))
        async with asyncio.TaskGroup() as group:
            for _ in range(BESIDE):
                group.create_task(broadcasts(made, chats))
        waits = await stopped(replying)
        took = made.clock.now() - 1_000_000.0
    at_least("C5", "messages of a broadcast, virtual clock", made.telegram.sent - len(waits), most)
    exactly("C5", "429 answers by a Telegram that counts", made.telegram.refused)
    at_least("C5", "replies meanwhile", len(waits), took * REPLIES_A_SECOND * 0.8)
    swiftly("C5", "p95 of replies, s", statistics.quantiles(waits, n=20)[18], 1.0)


async def test_c5_replicas_keep_the_limits_together() -> None:
    """One broadcasts, as one does a job; everybody answers, and groups are answered by whoever comes."""
    most, replicas = size(3_000, 30_000), 3
    async with line(replicas) as made:
        chats = iter(range(1, most + 1))
        replying = asyncio.create_task(replies(made, most))
        talking = asyncio.create_task(groups(made, range(-most - 5, -most)))
        async with asyncio.TaskGroup() as group:
            for _ in range(BESIDE):
                group.create_task(broadcasts(made, chats))
        waits = await stopped(replying) + await stopped(talking)
    at_least("C5", "messages of a broadcast beside two more replicas", made.telegram.sent - len(waits), most)
    exactly("C5", "429 answers to the three", made.telegram.refused)
    at_least("C5", "messages into five busy groups and replies meanwhile", len(waits), 300)


async def groups(made: Line, chats: range) -> list[float]:
    """Speak in a few groups through any replica as much as they let us, until cancelled."""
    chance, waits = random.Random(7), list[float]()
    try:
        while True:
            replica = chance.randrange(len(made.pacers))
            waits.append(await made.send(chance.choice(chats), "reply", replica))
    except asyncio.CancelledError:
        return waits


async def broadcasts(made: Line, chats: "itertools.chain[int] | object") -> None:
    for chat in chats:  # type: ignore[attr-defined]
        await made.send(chat if chat % 10 else -chat, "broadcast")


async def replies(made: Line, most: int) -> list[float]:
    """Answer random people, groups among them, until cancelled."""
    chance, waits, tasks = random.Random(5), [], set()

    async def one() -> None:
        chat = chance.randrange(1, most)
        waits.append(
            await made.send(
                chat if chance.random() < 0.8 else -chat, "reply", chance.randrange(len(made.pacers))
            )
        )

    try:
        while True:
            await made.clock.sleep(chance.expovariate(REPLIES_A_SECOND))
            task = asyncio.create_task(one())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    except asyncio.CancelledError:
        await asyncio.gather(*tasks)
        return waits


async def stopped(task: "asyncio.Task[list[float]]") -> list[float]:
    task.cancel()
    return await task


async def test_c5_a_429_pauses_its_own_chat_only() -> None:
    chats, rounds, paused = range(1, 11), size(20, 500), 3
    others: list[float] = []
    early = 0
    async with line() as made:
        for number in range(rounds):
            await made.clock.sleep(120.0)
            seconds = 5.0 + number % 60
            made.telegram.refuse(paused, seconds)
            until = made.clock.now() + seconds
            waits = await asyncio.gather(*(made.send(chat, "reply") for chat in chats))
            others += [wait for chat, wait in zip(chats, waits, strict=True) if chat != paused]
            early += made.telegram.last[paused] < until
    exactly("C5", "429s met, one for each pause", made.telegram.refused, rounds)
    exactly("C5", "messages into a paused chat too early", early)
    swiftly("C5", "longest wait of other chats meanwhile, s", max(others), 1.0)
