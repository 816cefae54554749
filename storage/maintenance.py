"""What an operator does to a database: bring its tables up to date, save it, bring it back."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import erasure, subscriptions
from storage import url as addresses
from storage.backups import BackupFailed, KeysMissing, backup, restore
from storage.crypto import KeyRing
from storage.database import Database
from storage.engines import make_file, writer_engine
from storage.errands import Erased
from storage.rotation import rotate
from storage.tx import Tx

__all__ = ["BackupFailed", "KeysMissing", "backup", "head", "restore", "revision", "rotate", "upgrade"]

MIGRATIONS = Path(__file__).with_name("migrations")
# Of several replicas starting at once, one upgrades and the others wait.
UPGRADE_LOCK = 7204914205


def head() -> str:
    """Return the newest revision: files are named by their number, so Alembic need not be loaded to know."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


async def upgrade(url: str) -> bool:
    """Bring the tables up to date, making the database file if need be; False when they were."""
    address = addresses.parse(url)
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(make_file, addresses.file(address))
    engine = writer_engine(address)
    try:
        async with engine.begin() as conn:
            if addresses.dialect(address) == "postgresql":
                await conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
            if await revision(conn) == head():
                return False
            await conn.run_sync(_run_migrations)
            return True
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


async def revision(conn: AsyncConnection) -> str | None:
    """Return the revision a database is at, None when it has none."""
    if not await conn.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
        return None
    found: str | None = (
        await conn.execute(text("SELECT version_num FROM alembic_version"))
    ).scalar_one_or_none()
    return found


def _run_migrations(conn: Connection) -> None:
    # Loaded only when there is something to do: this runs at every start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
