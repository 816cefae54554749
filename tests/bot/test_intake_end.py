"""The end of an intake, and the way into the application."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import select
from telegram import Update
from telegram.ext import ApplicationBuilder, ExtBot, TypeHandler

from bot.intake.deliver import delivery_to
from bot.intake.dispatch import Unreadable
from bot.intake.lines import Lines
from bot.intake.store import NotStored
from bot.sending.request import Request
from handlers.context import delivery
from storage import inbox
from storage.database import Database
from storage.inbox import Entry
from storage.schema import chat_claims
from tests.bot.intake_parts import build, running, taken_over, until, update
from tests.bot.scripted import ME, ScriptedTelegram


async def test_the_end_waits_for_what_is_in_work_and_starts_nothing_new(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        await asyncio.sleep(0.05)

    intake = build(db, work, beside=1)
    await intake.store.start()
    await intake.store.accept([update(n, chat=n) for n in range(1, 6)])
    await until(lambda: intake.hand.seen)
    late = asyncio.create_task(intake.store.accept([update(9, chat=9)]))
    await asyncio.sleep(0)
    await intake.store.stop(patience=2)
    await late
    assert intake.hand.seen == [(1, 1)]
    assert await intake.counts() == {"pending": 5, "done": 1, "dead": 0}
    assert await db.read(lambda tx: inbox.waiting_chats(tx, time.time())) == [2, 3, 4, 5, 9]


async def test_the_end_does_not_wait_for_a_repeat(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        raise RuntimeError("again")

    intake = build(db, work, backoff=(600.0,))
    await intake.store.start()
    await intake.store.accept([update(1)])
    await until(lambda: intake.dispatch._repeats)
    async with asyncio.timeout(30):
        await intake.store.stop(patience=600)
    (left,) = await db.read(lambda tx: inbox.pending(tx, 1, 10))
    assert left.attempts == 1


async def test_what_waits_when_the_loop_has_ended_is_settled_by_the_end(sqlite_db: Database) -> None:
    intake = build(sqlite_db)
    await intake.store.start()
    await until(lambda: intake.store.quiet)
    intake.store._server.cancel()
    waiting = asyncio.create_task(intake.store.accept([update(1)]))
    await asyncio.sleep(0)
    await intake.store.stop()
    await waiting
    assert (await intake.counts())["pending"] == 1


async def test_an_end_that_cannot_be_written_is_told(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(_: object) -> None:
        raise OSError("disk full")

    intake = build(sqlite_db)
    await intake.store.start()
    await until(lambda: intake.store.quiet)
    intake.store._server.cancel()
    waiting = asyncio.create_task(intake.store.accept([update(1)]))
    await asyncio.sleep(0)
    monkeypatch.setattr(sqlite_db, "write", refuse)
    await intake.store.stop()
    monkeypatch.undo()
    with pytest.raises(NotStored):
        await waiting
    assert "will be replayed" in caplog.text


async def test_a_chat_lost_while_it_waits_is_not_worked_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.store.RENEW_SECONDS", 0.02)
    gate = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()
        raise RuntimeError("failed after it was lost")

    async with running(db, work, holder="slow", beside=1) as intake:
        await intake.store.accept([update(1, chat=1), update(2, chat=2)])
        await until(lambda: intake.hand.seen)
        await db.write(lambda tx: taken_over(tx, [1, 2], "slow", "other"))
        await until(lambda: not len(intake.dispatch.lines))
        gate.set()
        await asyncio.sleep(0.2)
        assert intake.hand.seen == [(1, 1)]


async def test_a_chat_lost_while_more_of_it_waits_in_the_table_is_not_read(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        await db.write(lambda tx: inbox.release_chats(tx, [1], "slow"))
        await db.write(lambda tx: inbox.claim_chats(tx, [1], "other", time.time(), 60.0))
        intake.store._renew = True

    async with running(db, work, holder="slow", lines=Lines(room=2, room_per_chat=1)) as intake:
        await intake.store.accept([update(n, chat=1) for n in range(1, 4)])
        await until(lambda: intake.hand.seen and not len(intake.dispatch.lines))
        assert intake.hand.of(1) == [1]


async def test_a_failure_at_the_end_is_noted_but_not_repeated(db: Database) -> None:
    gate = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()
        raise RuntimeError("too late")

    intake = build(db, work)
    await intake.store.start()
    await intake.store.accept([update(1)])
    await until(lambda: intake.hand.seen)
    asyncio.get_running_loop().call_later(0.05, gate.set)
    await intake.store.stop(patience=5)
    (left,) = await db.read(lambda tx: inbox.pending(tx, 1, 10))
    assert left.attempts == 1
    assert not intake.dispatch._repeats


async def test_claims_are_renewed_and_the_table_searched_now_and_then(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.store.RENEW_SECONDS", 0.02)
    gate = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()

    async def held_until() -> float:
        return float(await db.read(lambda tx: tx.conn.scalar(select(chat_claims.c.until))) or 0.0)

    async with running(db, work, holder="one", scan=0.5) as intake:
        await intake.store.accept([update(1)])
        await until(lambda: intake.hand.seen)
        first = await held_until()
        async with asyncio.timeout(10):
            while await held_until() <= first:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        # What another process stored is found by searching.
        await db.write(lambda tx: inbox.store(tx, [Entry(2, 2, update(2, chat=2), time.time())]))
        await until(lambda: intake.hand.of(2))
        gate.set()
        await intake.quiet()


def test_dropping_what_is_not_held_does_nothing() -> None:
    lines = Lines()
    line = lines.add(Entry(1, 1, {}, 1.0))
    lines.drop([2])
    assert 1 in lines
    lines.drop([1])
    assert (line.lost, lines.updates, 1 in lines) == (True, 0, False)


async def test_the_application_is_told_the_delivery_and_its_failures_come_back() -> None:
    seen: list[Any] = []

    async def handler(changed: Update, context: Any) -> None:
        told = delivery.get()
        assert told is not None
        seen.append((changed.update_id, told.received_at, told.last_attempt))
        if changed.update_id == 2:
            told.failures.append(RuntimeError("reported by the error handler"))

    async def answer(method: str, parameters: dict[str, Any], writer: Any) -> Any:
        return 200, ME

    async with ScriptedTelegram(answer) as server:
        bot: ExtBot[None] = ExtBot("123456789:AAEtest", base_url=f"{server.url}/bot", request=Request())
        application = ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
        application.add_handler(TypeHandler(Update, handler))
        async with application:
            hand = delivery_to(application)
            await hand(Entry(1, 1, update(1), 5.0), False)
            with pytest.raises(RuntimeError, match="reported"):
                await hand(Entry(2, 1, update(2), 6.0), True)
            with pytest.raises(Unreadable):
                await hand(Entry(3, 1, {"update_id": 3, "message": {"chat": 5}}, 7.0), False)
    assert seen == [(1, 5.0, False), (2, 6.0, True)]
    assert delivery.get() is None
