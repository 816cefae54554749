"""Transactions under cancellation and failure, wake-up calls, and what the settings of connections are."""

import asyncio
import logging
import random
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage import meta
from storage.crypto import KeyRing
from storage.database import Database
from storage.tx import Tx
from storage.url import BadDatabaseURL


@pytest.fixture
async def twin(db: Database, any_url: str, ring: KeyRing) -> AsyncIterator[Database]:
    database = await Database.open(any_url, ring)
    yield database
    await database.close()


async def add(tx: Tx, pause: float = 0.0) -> int:
    """Count up in two statements with a pause between, so that half a transaction would show."""
    key = "a"
    if tx.dialect == "postgresql":
        await tx.conn.execute(text("SELECT pg_advisory_xact_lock(1)"))
    before = int(await meta.get(tx, key) or 0)
    await meta.put(tx, key, str(before + 1))
    await asyncio.sleep(pause)
    await meta.put(tx, "b", str(before + 1))
    return before + 1


async def both_values(db: Database) -> tuple[str | None, str | None]:
    async def look(tx: Tx) -> tuple[str | None, str | None]:
        return await meta.get(tx, "a"), await meta.get(tx, "b")

    return await db.read(look)


async def test_cancelled_writers_leave_nothing_half_done_and_lose_nothing(db: Database) -> None:
    rng = random.Random(7)
    cancelled = 0
    for _ in range(60):
        tasks = [asyncio.create_task(db.write(lambda tx: add(tx, 0.0001))) for _ in range(20)]
        tasks += [asyncio.create_task(both_values(db)) for _ in range(5)]
        await asyncio.sleep(rng.uniform(0, 0.02))
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        cancelled += sum(isinstance(one, asyncio.CancelledError) for one in ended)
        first, second = await both_values(db)
        assert first == second
    assert cancelled > 500
    async with asyncio.timeout(60):  # SQLite writes all of them first, one after another
        assert await db.write(add) == 60 * 20 + 1
        await asyncio.gather(*(both_values(db) for _ in range(50)))


async def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    async def fail(tx: Tx) -> None:
        await meta.put(tx, "a", "1")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await db.write(fail)
    assert await both_values(db) == (None, None)


async def test_an_unheard_failure_is_logged(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    started = asyncio.Event()

    async def fail(_tx: Tx) -> None:
        started.set()
        await asyncio.sleep(0.01)
        raise ValueError("nobody listens")

    task = asyncio.create_task(db.write(fail))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with caplog.at_level(logging.ERROR):
        await asyncio.sleep(0.1)
    assert "nobody listens" in caplog.text


async def test_readers_change_nothing(db: Database) -> None:
    with pytest.raises(DBAPIError):
        await db.read(lambda tx: meta.put(tx, "a", "1"))


async def test_readers_see_one_state_while_a_writer_works(db: Database) -> None:
    await db.write(add)
    go_on, reading = asyncio.Event(), asyncio.Event()

    async def look_twice(tx: Tx) -> tuple[str | None, str | None]:
        first = await meta.get(tx, "a")
        reading.set()
        await go_on.wait()
        return first, await meta.get(tx, "a")

    task = asyncio.create_task(db.read(look_twice))
    await reading.wait()
    await db.write(add)
    go_on.set()
    assert await task == ("1", "1")


async def test_a_write_inside_a_write_is_refused_at_once(sqlite_db: Database) -> None:
    async def nested(_tx: Tx) -> None:
        await sqlite_db.write(add)

    with pytest.raises(RuntimeError, match="inside a write"):
        await sqlite_db.write(nested)


async def test_close_waits_for_what_is_under_way(any_url: str, ring: KeyRing) -> None:
    database = await Database.open(any_url, ring)
    task = asyncio.create_task(database.write(lambda tx: add(tx, 0.1)))
    await asyncio.sleep(0.02)
    task.cancel()
    await database.close()
    await database.close()
    with pytest.raises(RuntimeError, match="closed"):
        await database.read(add)
    again = await Database.open(any_url, ring)
    assert await both_values(again) == ("1", "1")
    await again.close()


async def test_sqlite_is_set_to_survive_a_power_cut(sqlite_db: Database, sqlite_url: str) -> None:
    async def pragmas(tx: Tx) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [(await tx.conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in names]

    assert await sqlite_db.write(pragmas) == ["wal", 2, 1, 10_000]


async def test_a_new_database_file_is_its_owners(tmp_path: Path, ring: KeyRing) -> None:
    path = tmp_path / "deep" / "linkhive.db"
    database = await Database.open(f"sqlite:///{path}", ring)
    await database.write(lambda tx: tx.conn.execute(text("CREATE TABLE t (a)")))
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    await database.close()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://u:secretpw@h/d", "no url"])
async def test_bad_addresses_are_refused_without_showing_the_password(url: str, ring: KeyRing) -> None:
    with pytest.raises(BadDatabaseURL) as caught:
        await Database.open(url, ring)
    assert "secretpw" not in str(caught.value)


async def test_a_wake_reaches_every_process(db: Database, twin: Database) -> None:
    everyone = [db, twin] if db.dialect == "postgresql" else [db]
    waits = [asyncio.create_task(one.wait("jobs", 60.0)) for one in everyone]
    other = asyncio.create_task(db.wait("inbox", 0.5))
    await asyncio.sleep(0.05)
    db.wake("jobs")
    assert await asyncio.gather(*waits) == [True] * len(everyone)
    assert not await other


async def test_a_wake_between_looking_and_waiting_is_not_missed(db: Database) -> None:
    turn = db.turn("jobs")
    db.wake("jobs")
    assert await db.wait("jobs", 0.0, since=turn)
    assert not await db.wait("jobs", 0.01)


async def test_a_commit_wakes_and_a_rollback_does_not(db: Database) -> None:
    async def work(tx: Tx, fails: bool) -> None:
        tx.wakes.add("inbox")
        if fails:
            raise ValueError("no")

    turn = db.turn("inbox")
    with pytest.raises(ValueError, match="no"):
        await db.write(lambda tx: work(tx, True))
    assert db.turn("inbox") == turn
    await db.write(lambda tx: work(tx, False))
    assert db.turn("inbox") > turn
