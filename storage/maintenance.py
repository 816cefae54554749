"""What an operator does to a database: bring its tables up to date, save it, bring it back."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import erasure, subscriptions, url as addresses
from storage.backups import BackupFailed, KeysMissing, backup, restore
from storage.crypto import KeyRing
from storage.database import Database
from storage.engines import make_file, writer_engine
from storage.revisions import MIGRATIONS, State, TooNew, head, look, refuse_newer, revision
from storage.rotation import check, rotate
from storage.tx import Tx
from storage.workcontext import Erased

__all__ = [
    "BackupFailed",
    "KeysMissing",
    "State",
    "TooNew",
    "backup",
    "check",
    "head",
    "look",
    "restore",
    "revision",
    "rotate",
    "upgrade",
]

# Of several replicas starting at once, one upgrades and the others wait.
UPGRADE_LOCK = 7204914205


async def upgrade(url: str) -> bool:
    """Bring the tables up to date, making the database file if need be; False when they were.

    Raises TooNew, and changes nothing, where a newer LinkHive made them.
    """
    address = addresses.parse(url)
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(make_file, addresses.file(address))
    engine = writer_engine(address)
    try:
        async with engine.begin() as conn:
            if addresses.dialect(address) == "postgresql":
                await conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
            found = await revision(conn)
            if found == head():
                return False
            refuse_newer(found)
            await conn.run_sync(_run_migrations)
            return True
    finally:
        await engine.dispose()


async def living(url: str, since: float) -> int:
    """Return how many processes were seen since a time, whichever version's tables there are."""
    engine = writer_engine(addresses.parse(url))
    try:
        async with engine.connect() as conn:
            if not await conn.run_sync(lambda sync: inspect(sync).has_table("replicas")):
                return 0
            seen = text("SELECT count(*) FROM replicas WHERE seen_at >= :since")
            return int((await conn.execute(seen, {"since": since})).scalar_one())
    finally:
        await engine.dispose()


async def clear_replicas(url: str) -> None:
    """Forget the processes that ran when a backup was made: none of them works on what came out of it."""
    engine = writer_engine(addresses.parse(url))
    try:
        async with engine.begin() as conn:
            await conn.execute(text("DELETE FROM replicas"))
    finally:
        await engine.dispose()


async def forgotten(url: str, ring: KeyRing) -> Mapping[str, Erased]:
    """Return who was forgotten lately, from a database about to be overwritten; nobody where it is broken."""
    address = addresses.parse(url)
    file = addresses.file(address) if addresses.dialect(address) == "sqlite" else None
    if file is not None and not await asyncio.to_thread(file.is_file):
        return {}
    database = await Database.open(url, ring)
    try:
        return await database.read(erasure.noted)
    except DBAPIError:
        return {}
    finally:
        await database.close()


async def forget_again(url: str, ring: KeyRing, found: Mapping[str, Erased]) -> int:
    """Forget those again whom a backup brought back; return how many there were."""

    async def work(tx: Tx) -> int:
        number = await erasure.again(tx, found)
        await subscriptions.tidy(tx)
        return number

    database = await Database.open(url, ring)
    try:
        number = await database.write(work)
        await database.scrub()
        return number
    finally:
        await database.close()


def _run_migrations(conn: Connection) -> None:
    # Loaded only when there is something to do: this runs at every start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
