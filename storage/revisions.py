"""Which version's tables a database has: none yet, an older one's, ours, or those of a newer LinkHive."""

import asyncio
from enum import StrEnum
from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import url as addresses
from storage.engines import writer_engine

MIGRATIONS = Path(__file__).with_name("migrations")


class TooNew(Exception):
    """Say that tables were made by a version that came after this one."""

    def __init__(self, what: object, revision: str) -> None:
        super().__init__(
            f"{what} was made by a newer LinkHive (its tables are at {revision}, this one knows {head()}); "
            "use that version"
        )


class State(StrEnum):
    """Be what is found where a database should be."""

    MISSING = "missing"
    EMPTY = "empty"
    OLDER = "older"
    READY = "ready"


@cache
def known() -> frozenset[str]:
    """Return all revisions: files are named by their number, so Alembic need not be loaded to know."""
    return frozenset(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def head() -> str:
    """Return the newest revision."""
    return max(known())


def refuse_newer(found: str | None, what: object = "the database") -> None:
    """Raise TooNew where no migration here made these tables."""
    if found is not None and found not in known():
        raise TooNew(what, found)


async def revision(conn: AsyncConnection) -> str | None:
    """Return the revision a database is at, None when it has none."""
    if not await conn.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
        return None
    found: str | None = (
        await conn.execute(text("SELECT version_num FROM alembic_version"))
    ).scalar_one_or_none()
    return found


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None


async def look(url: str) -> State:
    """Tell what is there, making and changing nothing; raises TooNew."""
    address = addresses.parse(url)
    if addresses.dialect(address) == "sqlite":
        size = await asyncio.to_thread(_size, addresses.file(address))
        if not size:
            return State.MISSING if size is None else State.EMPTY
    engine = writer_engine(address)
    try:
        async with engine.connect() as conn:
            found = await revision(conn)
    finally:
        await engine.dispose()
    refuse_newer(found)
    if found is None:
        return State.EMPTY
    return State.READY if found == head() else State.OLDER
