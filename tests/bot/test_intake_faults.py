"""An intake meets faults: handlers that fail or never end, a database that refuses, a process that dies."""

import asyncio
import time

import pytest

from bot.intake.dispatch import DEATHS, Unreadable
from bot.intake.store import NotStored
from storage import inbox
from storage.database import Database
from storage.inbox import Entry
from tests.bot.intake_parts import build, running, until, update


async def test_a_failing_update_is_tried_three_times_then_set_aside(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        if entry.update_id == 1:
            raise RuntimeError("poison")

    async with running(db, work) as intake:
        await intake.store.accept([update(1), update(2), update(3, chat=9)])
        await intake.quiet()
        assert intake.hand.of(1) == [1, 1, 1, 2]
        assert [last for (_, n), last in zip(intake.hand.seen, intake.hand.last, strict=True) if n == 1] == [
            False,
            False,
            True,
        ]
        assert await intake.counts() == {"pending": 0, "done": 2, "dead": 1}
        assert intake.hand.of(9) == [3]


async def test_an_update_that_works_at_the_second_try_is_done(db: Database) -> None:
    tries: list[int] = []

    async def work(entry: Entry, last: bool) -> None:
        tries.append(entry.attempts)
        if len(tries) == 1:
            raise RuntimeError("a hiccup")

    async with running(db, work) as intake:
        await intake.store.accept([update(1)])
        await intake.quiet()
        assert tries == [0, 1]
        assert (await intake.counts())["done"] == 1


async def test_an_unreadable_update_is_not_repeated(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        raise Unreadable("nonsense")

    async with running(db, work) as intake:
        await intake.store.accept([update(1)])
        await intake.quiet()
        assert len(intake.hand.seen) == 1
        assert (await intake.counts())["dead"] == 1


async def test_a_handler_that_never_ends_is_ended(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        await asyncio.Event().wait()

    async with running(db, work, patience=0.02) as intake:
        await intake.store.accept([update(1)])
        await intake.quiet()
        assert (await intake.counts())["dead"] == 1


async def test_what_was_left_is_replayed_before_what_comes(db: Database) -> None:
    hang = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await hang.wait()

    first = build(db, work)
    await first.store.start()
    await first.store.accept([update(n, chat=5) for n in (1, 2, 3)])
    await until(lambda: first.hand.seen)
    await first.store.stop(patience=0.01)
    with pytest.raises(NotStored):
        await first.store.accept([update(9)])
    async with running(db) as second:
        await second.store.accept([update(4, chat=5), update(5, chat=6)])
        await second.quiet()
        assert second.hand.of(5) == [1, 2, 3, 4]
        assert second.hand.of(6) == [5]


async def test_an_update_that_kills_its_process_again_and_again_is_set_aside(db: Database) -> None:
    entry = Entry(1, 1, update(1), 1.0, attempts=0)
    for _ in range(DEATHS):
        await db.write(lambda tx: inbox.store(tx, [entry]))
        await db.write(lambda tx: inbox.claim_chats(tx, [1], "one", time.time(), 30.0))
        await db.write(lambda tx: inbox.recover(tx, "one", time.time()))
    async with running(db) as intake:
        await intake.quiet()
        assert intake.hand.seen == []
        assert (await intake.counts())["dead"] == 1


async def test_a_replica_that_died_is_followed_by_another(db: Database) -> None:
    entries = [Entry(n, 3, update(n, chat=3), 1.0) for n in (1, 2)]
    await db.write(lambda tx: inbox.store(tx, entries))
    await db.write(lambda tx: inbox.claim_chats(tx, [3], "dead", time.time(), 0.3))
    async with running(db, holder="alive", scan=0.1) as intake:
        await intake.store.accept([update(3, chat=3)])
        await intake.settled()
        assert intake.hand.of(3) == [1, 2, 3]


async def test_a_database_that_refuses_is_told_to_the_caller_and_work_goes_on(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = sqlite_db.write, 2

    async def flaky(work: object) -> object:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError("disk full")
        return await real(work)  # type: ignore[arg-type]

    async with running(sqlite_db) as intake:
        await intake.quiet()
        monkeypatch.setattr(sqlite_db, "write", flaky)
        monkeypatch.setattr("bot.intake.store.PAUSE_SECONDS", 0.01)
        with pytest.raises(NotStored):
            await intake.store.accept([update(1)])
        failures = 0
        await intake.store.accept([update(1)])
        await intake.quiet()
        assert intake.hand.seen == [(1, 1)]


async def test_one_update_that_cannot_be_stored_takes_no_other_with_it(sqlite_db: Database) -> None:
    bad = {**update(2), "never": object()}
    async with running(sqlite_db) as intake:
        results = await asyncio.gather(
            intake.store.accept([update(1)]),
            intake.store.accept([bad]),
            intake.store.accept([update(3, chat=7)]),
            return_exceptions=True,
        )
        await until(lambda: len(intake.hand.seen) == 2)
    assert [type(r) for r in results] == [type(None), NotStored, type(None)]
    assert sorted(n for _, n in intake.hand.seen) == [1, 3]


async def test_a_caller_that_left_does_not_lose_the_update(sqlite_db: Database) -> None:
    async with running(sqlite_db) as intake:
        caller = asyncio.create_task(intake.store.accept([update(1)]))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await intake.store.accept([update(2)])
        await intake.quiet()
        assert intake.hand.of(1) == [1, 2]
