"""Claims of chats, and a machine's clock that somebody sets back."""

import asyncio
import time

import pytest

from bot.intake import store as module
from bot.intake.dispatch import Dispatch
from bot.intake.store import Store
from bot.metrics import Metrics
from services.clock import SystemClock
from storage import inbox
from storage.crypto import KeyRing
from storage.database import Database
from storage.inbox import Entry
from storage.tx import Tx
from tests.bot.intake_parts import Handed, Work, until, update


class Shifted(SystemClock):
    """The clock of a machine that somebody sets."""

    def __init__(self) -> None:
        self.by = 0.0

    def now(self) -> float:
        return time.time() + self.by


def _store(db: Database, work: Work, holder: str) -> tuple[Store, Handed, Shifted]:
    hand, clock, metrics = Handed(work), Shifted(), Metrics()
    return Store(db, Dispatch(hand, clock, metrics), clock, metrics, holder=holder, scan=0.05), hand, clock


@pytest.fixture
def renewed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Renew often; who renewed is noted."""
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.05)
    holders: list[str] = []
    real = inbox.renew_chats

    async def noted(tx: Tx, chats: list[int], holder: str, now: float | None, seconds: float) -> set[int]:
        holders.append(holder)
        return await real(tx, chats, holder, now, seconds)

    monkeypatch.setattr(inbox, "renew_chats", noted)
    return holders


async def test_claims_are_renewed_although_the_clock_was_set_back(db: Database, renewed: list[str]) -> None:
    gate = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()

    store, _, clock = _store(db, work, "one")
    await store.start()
    try:
        await store.accept([update(1, chat=3)])
        await until(lambda: renewed)
        clock.by = -120.0
        renewed.clear()
        await until(lambda: len(renewed) > 2)
    finally:
        gate.set()
        await store.stop(patience=2.0)


@pytest.mark.parametrize("by", [-120.0, 120.0])
async def test_no_update_is_in_work_twice_after_a_clock_was_set(
    postgres_url: str, ring: KeyRing, renewed: list[str], monkeypatch: pytest.MonkeyPatch, by: float
) -> None:
    """Set back, its claims would have run out for the others; set forward, those of the others for it."""
    monkeypatch.setattr(module, "CLAIM_SECONDS", 20.0)
    scans: list[str] = []
    real = inbox.waiting_chats

    async def noted(tx: Tx, now: float | None) -> list[int]:
        found = await real(tx, now)
        scans.append("looked")
        return found

    monkeypatch.setattr(inbox, "waiting_chats", noted)
    db, gate = await Database.open(postgres_url, ring), asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()

    (one, first, _), (two, second, clock) = _store(db, work, "one"), _store(db, work, "two")
    await one.start()
    await two.start()
    try:
        clock.by = by
        await one.accept([update(1, chat=3)])
        await two.accept([update(2, chat=4)])
        await until(lambda: first.seen and second.seen)
        scans.clear()
        await until(lambda: {"one", "two"} <= set(renewed) and len(scans) > 10)
        assert (first.seen, second.seen) == ([(3, 1)], [(4, 2)])
    finally:
        gate.set()
        await one.stop(patience=2.0)
        await two.stop(patience=2.0)
        await db.close()
