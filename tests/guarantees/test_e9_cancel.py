"""E9: cancelled work leaves no open transaction, no lost slot, no lost turn and no lost job."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import pytest

from bot.sending.turns import Turns
from clients.connection import CONNECTIONS
from clients.errors import ClientError
from clients.transport import Timeouts, Transport
from sandbox.server import Sandbox
from services.clock import SystemClock
from services.jobs import Lease
from services.runner import JobRunner
from storage import jobs, meta
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from tests.guarantees import figures

AT_ONCE = 50
Work = Callable[[int], Awaitable[object]]


async def cancelled(work: Work, count: int, seed: int, longest: float = 0.01) -> int:
    """Start work, cancel it at a random moment, and return how often it was still going on."""
    rng, hits = random.Random(seed), 0
    for first in range(0, count, AT_ONCE):
        tasks = [asyncio.ensure_future(work(n)) for n in range(first, min(first + AT_ONCE, count))]
        await asyncio.gather(*(after(rng.uniform(0, longest), task) for task in tasks))
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        hits += sum(isinstance(end, asyncio.CancelledError) for end in ended)
        assert not [e for e in ended if isinstance(e, Exception) and not isinstance(e, ClientError)]
    return hits


async def after(seconds: float, task: asyncio.Future[object]) -> None:
    # The moment of the cancel is what is random here; nothing is waited for.
    if seconds > 0.0005:
        await asyncio.sleep(seconds)
    task.cancel()


async def test_e9_writes_and_reads(db: Database) -> None:
    """Half of it writes, half reads, 50 at once; each write counts up, so a half-done one would show."""
    count = figures.size(300, 2000)
    done: list[int] = []

    async def write(tx: Tx) -> None:
        row = int(await meta.get(tx, "n") or 0)
        await meta.put(tx, "n", str(row + 1))
        done.append(1)

    async def work(number: int) -> None:
        await (db.write(write) if number % 2 else db.read(lambda tx: meta.get(tx, "n")))

    if db.dialect == "postgresql":
        # Several may count at once there: what is asked is the pool, not the sum.
        await db.write(lambda tx: meta.put(tx, "n", "0"))
    hits = await cancelled(work, count, 1, longest=0.02)
    await db.write(lambda tx: meta.put(tx, "last", "1"))
    while db._tasks:
        await asyncio.wait(db._tasks)
    out = db._writer.pool.checkedout() + db._reader.pool.checkedout()
    at_once = await asyncio.gather(*(db.read(lambda tx: meta.get(tx, "n")) for _ in range(100)))
    figures.at_least("E9", f"transactions cancelled, {db.dialect}", hits, count * 0.3)
    figures.exactly("E9", f"connections not given back, {db.dialect}", out)
    figures.exactly("E9", f"reads that work afterwards, {db.dialect}", len(at_once), 100)
    if db.dialect == "sqlite":
        figures.exactly("E9", "writes half done, sqlite", abs(int(at_once[0] or 0) - len(done)))


async def test_e9_requests(box: Sandbox) -> None:
    """Calls to a slow service are cancelled while connecting, sending, waiting and reading."""
    count = figures.size(400, 4000)
    way = Transport("tmdb", f"{box.url}/tmdb", timeout=Timeouts(20, 20, 40), backoff=0.001)
    key = {"authorization": f"Bearer {box.world.credentials.tmdb_token}"}

    async def work(number: int) -> object:
        return await way.request(
            "x", "GET", "/3/configuration/languages", headers=key, idempotent=bool(number % 2)
        )

    try:
        box.world.faults.add({"service": "tmdb", "kind": "delay", "seconds": 0.01, "times": 0})
        hits = await cancelled(work, count, 2, longest=0.03)
        box.world.faults.clear()
        began = time.monotonic()
        answers = await asyncio.gather(*(work(1) for _ in range(CONNECTIONS)))
        seconds = time.monotonic() - began
    finally:
        await way.aclose()
    figures.at_least("E9", "upstream requests cancelled under way", hits, count * 0.3)
    figures.exactly("E9", "of all pool slots at work afterwards, at once", len(answers), CONNECTIONS)
    figures.below("E9", "seconds for them: no slot was waited for", seconds, 15.0)


class Stepped:
    """A clock that only a test moves; whoever sleeps by it is woken at every step."""

    def __init__(self) -> None:
        self._now, self._moved = 1000.0, asyncio.Event()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        while self._now < until:
            await self._moved.wait()

    async def step(self, seconds: float) -> None:
        self._now += seconds
        self._moved.set()
        self._moved = asyncio.Event()
        for _ in range(4):
            await asyncio.sleep(0)


async def test_e9_turns_of_the_pacer() -> None:
    """Senders that wait for their turn give up: the turns go to those who still wait, in order."""
    count = figures.size(1000, 3000)
    clock = Stepped()
    turns, rng, went = Turns(clock), random.Random(3), 0
    turns.start()
    waiting: list[asyncio.Task[None]] = []
    try:
        for number in range(count):
            waiting.append(asyncio.create_task(turns.take(number % 40, broadcast=rng.random() < 0.5)))
            if number % 25 == 24:
                await clock.step(0.05)
                for task in rng.sample(waiting, len(waiting) // 2):
                    task.cancel()
                await clock.step(0.0)
        for task in waiting:
            task.cancel()
        hits = sum(isinstance(e, asyncio.CancelledError) for e in await gathered(waiting))
        # After a minute of silence every chat has its whole allowance again.
        await clock.step(120)
        last = [asyncio.create_task(turns.take(chat, broadcast=False)) for chat in range(40)]
        for _ in range(60):
            await clock.step(0.1)
        went = sum(task.done() and not task.cancelled() for task in last)
    finally:
        await turns.stop()
        await gathered(last)
    figures.at_least("E9", "waits for a turn to send cancelled", hits, count * 0.5)
    figures.exactly("E9", "chats that get their turn afterwards within 6 s", went, 40)


async def gathered(tasks: list[asyncio.Task[None]]) -> list[BaseException | None]:
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("rounds", [figures.size(5, 62)])
async def test_e9_leases_of_jobs(db: Database, rounds: int) -> None:
    """A runner stops again and again in the middle of its jobs: each is put back, and done once at last."""
    total, cut, finished = 16, 0, []
    never, all_run, all_done = asyncio.Event(), asyncio.Semaphore(0), asyncio.Event()

    async def slow(job: Job, lease: Lease) -> None:
        nonlocal cut
        all_run.release()
        try:
            await never.wait()
        except asyncio.CancelledError:
            cut += 1
            raise

    async def quick(job: Job, lease: Lease) -> None:
        finished.append(job.id)
        if len(finished) == total:
            all_done.set()

    async def enqueue(tx: Tx) -> None:
        for number in range(total):
            await jobs.enqueue(tx, "k", str(number), {"n": number}, 0.0)

    await db.write(enqueue)
    for _ in range(rounds):
        runner = JobRunner(db, SystemClock(), "h", {"k": slow}, limit=total, grace=0.0)
        running = asyncio.create_task(runner.run())
        for _ in range(total):
            await all_run.acquire()
        await runner.stop()
        await running
    runner = JobRunner(db, SystemClock(), "h", {"k": quick}, limit=total)
    running = asyncio.create_task(runner.run())
    await all_done.wait()
    await runner.idle()
    await runner.stop()
    await running
    left = await db.read(jobs.counts)
    figures.at_least("E9", f"jobs cancelled under their lease, {db.dialect}", cut, rounds)
    figures.exactly(
        "E9", f"jobs not done exactly once, {db.dialect}", abs(len(set(finished)) - len(finished))
    )
    assert sorted(set(finished)) == sorted(finished)
    assert len(finished) == total, left
