"""A database that is away for a while costs no update that was acknowledged."""

import asyncio

import pytest
from sqlalchemy import text

from bot.intake.store import Store
from storage import inbox
from storage.database import Database
from storage.inbox import Entry
from storage.tx import Tx
from tests.bot.gone import Gone
from tests.bot.intake_parts import running, until, update

ROUNDS = 5
FAILED = "a round of the inbox failed"


async def _look(tx: Tx) -> None:
    await tx.conn.execute(text("SELECT count(*) FROM users"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.store.PAUSE_SECONDS", 0.05)


async def _away_for_a_while(
    db: Database, go: asyncio.Event, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Gone(db)
    await gone.leave()
    go.set()
    # Far longer than the pauses between three tries.
    await until(lambda: store._outage.failures >= ROUNDS)
    await gone.come_back()
    await until(lambda: not store._outage.failures)
    told = [record for record in caplog.records if FAILED in record.getMessage()]
    assert [record.levelname for record in told] == ["ERROR", "WARNING"], "its begin and its end"


@pytest.mark.parametrize("failed_before", [0, 2])
async def test_an_update_in_work_outlives_a_database_that_is_away(
    sqlite_db: Database, caplog: pytest.LogCaptureFixture, failed_before: int
) -> None:
    """However often it failed before: who is to be told of a last failure could not be looked up either."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        if entry.attempts < failed_before:
            raise RuntimeError("a hiccup")
        begun.set()
        await go.wait()
        await sqlite_db.read(_look)

    async with running(sqlite_db, work, backoff=(0.01,)) as intake:
        await intake.store.accept([update(1), update(2, chat=2), update(3)])
        await begun.wait()
        await _away_for_a_while(sqlite_db, go, intake.store, caplog)
        await intake.quiet()
        assert await intake.counts() == {"pending": 0, "done": 3, "dead": 0}
        tries = failed_before + 1
        assert intake.hand.of(1) == [1] * (tries + 1) + [3] * tries


async def test_what_fails_by_itself_is_still_set_aside_once_the_database_is_back(
    sqlite_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        begun.set()
        await go.wait()
        if entry.update_id == 1:
            raise RuntimeError("poison")

    async with running(sqlite_db, work, backoff=(0.01,)) as intake:
        await intake.store.accept([update(1), update(2)])
        await begun.wait()
        await _away_for_a_while(sqlite_db, go, intake.store, caplog)
        await intake.quiet()
        assert intake.hand.of(1) == [1, 1, 1, 2]
        assert await intake.counts() == {"pending": 0, "done": 1, "dead": 1}


async def test_a_chat_another_replica_took_while_the_database_was_away_is_let_go(
    sqlite_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        begun.set()
        await go.wait()
        await sqlite_db.read(_look)

    async def taken_over(tx: Tx) -> None:
        await tx.conn.execute(text("UPDATE chat_claims SET holder = 'two'"))

    async with running(sqlite_db, work, backoff=(0.01,)) as intake:
        await intake.store.accept([update(1), update(2)])
        await begun.wait()
        await sqlite_db.write(taken_over)
        await _away_for_a_while(sqlite_db, go, intake.store, caplog)
        await until(lambda: not len(intake.dispatch.lines))
        assert intake.hand.of(1) == [1]
        assert [entry.attempts for entry in await sqlite_db.read(lambda tx: inbox.pending(tx, 1, 9))] == [
            1,
            0,
        ]
