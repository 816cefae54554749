"""An intake with a tiny hand in place of the application, on a real database."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.intake.dispatch import Dispatch
from bot.intake.lines import Lines
from bot.intake.ratelimit import RateLimiter
from bot.intake.store import Store
from bot.metrics import Metrics
from services.clock import SystemClock
from storage import inbox
from storage.database import Database
from storage.inbox import Entry
from storage.tx import Tx

Work = Callable[[Entry, bool], Awaitable[None]]


async def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def update(number: int, chat: int = 1, text: str = "hello") -> dict[str, Any]:
    user = {"id": abs(chat), "is_bot": False, "first_name": "N"}
    message = {
        "message_id": number,
        "date": 1,
        "chat": {"id": chat, "type": "private"},
        "from": user,
        "text": text,
    }
    return {"update_id": number, "message": message}


async def taken_over(tx: Tx, chats: list[int], loser: str, holder: str) -> None:
    """Let another process have chats, as after a pause longer than their claims."""
    for chat in chats:
        await inbox.release_chats(tx, [chat], loser)
    assert await inbox.claim_chats(tx, chats, holder, inbox.clock_of_claims(tx, time.time()), 60.0) == set(
        chats
    )


@dataclass
class Handed:
    """Notes what was handed over, and does what the test wants done."""

    work: Work | None = None
    seen: list[tuple[int, int]] = field(default_factory=list)
    last: list[bool] = field(default_factory=list)

    async def __call__(self, entry: Entry, last_attempt: bool) -> None:
        self.seen.append((entry.chat_key, entry.update_id))
        self.last.append(last_attempt)
        if self.work is not None:
            await self.work(entry, last_attempt)

    def of(self, chat: int) -> list[int]:
        return [update_id for key, update_id in self.seen if key == chat]


@dataclass
class Intake:
    db: Database
    hand: Handed
    dispatch: Dispatch
    store: Store
    metrics: Metrics

    async def quiet(self, timeout: float = 20.0) -> None:
        await until(lambda: self.store.quiet, timeout)

    async def settled(self, timeout: float = 30.0) -> None:
        """Wait until the table, which others may work on as well, has nothing pending."""
        async with asyncio.timeout(timeout):
            while (await self.counts())["pending"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def counts(self) -> dict[str, int]:
        return await self.db.read(inbox.counts)


def build(
    db: Database,
    work: Work | None = None,
    *,
    holder: str = "one",
    scan: float | None = None,
    gather: float = 0.005,
    lines: Lines | None = None,
    gate: RateLimiter | None = None,
    **more: Any,
) -> Intake:
    hand, metrics, clock = Handed(work), Metrics(), SystemClock()
    dispatch = Dispatch(hand, clock, metrics, lines=lines, backoff=more.pop("backoff", (0.02, 0.04)), **more)
    store = Store(db, dispatch, clock, metrics, holder=holder, gather=gather, scan=scan, gate=gate)
    return Intake(db, hand, dispatch, store, metrics)


@asynccontextmanager
async def running(db: Database, work: Work | None = None, **more: Any) -> AsyncIterator[Intake]:
    intake = build(db, work, **more)
    await intake.store.start()
    try:
        yield intake
    finally:
        await intake.store.stop(patience=2.0)
