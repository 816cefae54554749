"""What only PostgreSQL can do to us: hang up."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from storage import meta
from storage.crypto import KeyRing
from storage.database import Database
from storage.supervisor import Supervisor
from storage.url import dsn, parse
from tests.fixtures.databases import WHY_NO_POSTGRES, PostgresServer, new_folder
from tests.fixtures.failing import fails_once

if WHY_NO_POSTGRES is not None:
    pytest.skip(WHY_NO_POSTGRES, allow_module_level=True)
pytestmark = pytest.mark.postgres

HANG_UP = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def hang_up(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(HANG_UP)
    await connection.close()


async def test_hung_up_connections_are_replaced_and_nothing_stays_deaf(
    postgres_url: str, ring: KeyRing
) -> None:
    database = await Database.open(postgres_url, ring)
    other = await Database.open(postgres_url, ring)
    await asyncio.gather(*(database.write(lambda tx, n=n: meta.put(tx, f"k{n}", "1")) for n in range(6)))
    turn = other.turn("jobs")
    await hang_up(postgres_url)
    # Calls may have been lost meanwhile, so everybody is woken once listening works again.
    assert await other.wait("jobs", 5.0, since=turn)
    for number in range(12):
        await database.write(lambda tx, n=number: meta.put(tx, "a", str(n)))
    turn = other.turn("jobs")
    database.wake("jobs")
    assert await other.wait("jobs", 5.0, since=turn)
    await database.close()
    await other.close()


async def test_a_restarted_server_is_found_again(ring: KeyRing) -> None:
    server = PostgresServer(new_folder())
    await asyncio.to_thread(server.start)
    try:
        database = await Database.open(server.url("postgres"), ring)
        turn = database.turn("jobs")
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(0.7)
        await asyncio.to_thread(server.boot)
        assert await database.wait("jobs", 10.0, since=turn)
        assert await database.read(lambda tx: tx.conn.scalar(text("SELECT 1"))) == 1
        await database.close()
        # A close while the server is away must not hang.
        database = await Database.open(server.url("postgres"), ring)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(0.2)
        async with asyncio.timeout(5):
            await database.close()
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(server.folder, ignore_errors=True)


def test_libpq_words_are_understood() -> None:
    url = parse("postgres://u:p@h:5433/d?sslmode=require")
    assert url.drivername == "postgresql+asyncpg"
    assert dict(url.query) == {"ssl": "require"}
    assert dsn(url) == "postgresql://u:p@h:5433/d?sslmode=require"


async def test_a_wrong_address_is_known_at_once(ring: KeyRing, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No such file|could not"):
        await Database.open(f"postgresql://nobody@/none?host={tmp_path}", ring)


async def test_a_listener_that_failed_hears_again(
    postgres_url: str, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    again = fails_once(monkeypatch, "storage.notifier:Listener._serve")
    supervisor = Supervisor(sleep=at_once)
    database = await Database.open(postgres_url, ring, supervisor)
    await asyncio.wait_for(again.wait(), 10)
    assert supervisor.complaint() == "listener failed (KeyError)"
    other, turn = await Database.open(postgres_url, ring), database.turn("jobs")
    other.wake("jobs")
    assert await database.wait("jobs", 10.0, since=turn)
    await other.close()
    await database.close()
