"""What an operator does to a database: bring its tables up to date, save it, bring it back."""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import url as addresses
from storage.backups import BackupFailed, backup, restore
from storage.engines import make_file, writer_engine
from storage.rotation import rotate

__all__ = ["BackupFailed", "backup", "head", "restore", "revision", "rotate", "upgrade"]

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
