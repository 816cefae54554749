"""Make the connections: their settings decide what a crash can cost."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage import url as addresses

READERS = 4
BUSY_SECONDS = 10.0
SCRUB_SECONDS = 0.5
# What is deleted is overwritten: a name must not be found in a page that nobody uses any more.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


def make_file(path: Path) -> None:
    """Make the database file for its owner only; SQLite gives its WAL the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def sqlite_engine(url: URL, *, writer: bool) -> AsyncEngine:
    """Make the pool of the one writer, or of the readers; no error tells what it was about to write."""
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if writer else READERS,
        max_overflow=0,
        hide_parameters=True,
        # None: the driver starts no transaction on its own; our begin hook does.
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
    )
    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"

    @event.listens_for(engine.sync_engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (*PRAGMAS, f"query_only={not writer}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


async def scrub(driver: Any) -> bool:
    """Empty SQLite's log of changes, which holds old pages; False where readers need it just now."""
    await driver.execute(f"PRAGMA busy_timeout={int(SCRUB_SECONDS * 1000)}")
    try:
        cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = await cursor.fetchone()
        await cursor.close()
    finally:
        await driver.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    return not busy


def postgres_engine(url: URL) -> AsyncEngine:
    """Make the pool of a PostgreSQL database; a connection that died with the server is replaced unseen."""
    return create_async_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True)


def writer_engine(url: URL) -> AsyncEngine:
    """Make the engine that may change the database."""
    return sqlite_engine(url, writer=True) if addresses.dialect(url) == "sqlite" else postgres_engine(url)
