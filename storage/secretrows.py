"""Whether a database holds anything sealed: asked before there are keys, of whichever version's tables."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, Connection, inspect, select
from sqlalchemy.engine import Inspector

from storage import url as addresses
from storage.engines import sqlite_engine
from storage.schema import metadata


async def any_in(url: str) -> bool:
    """Tell whether the SQLite database of an address holds secrets; one that is missing or empty does not."""
    address = addresses.parse(url)
    if not await asyncio.to_thread(_has_content, addresses.file(address)):
        return False
    engine = sqlite_engine(address, writer=False)
    try:
        async with engine.connect() as conn:
            return await conn.run_sync(_any)
    finally:
        await engine.dispose()


def _has_content(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _any(conn: Connection) -> bool:
    there = inspect(conn)
    return any(
        conn.execute(select(1).where(column.is_not(None)).limit(1)).first() is not None
        for column in _sealed(there)
    )


def _sealed(there: Inspector) -> Iterator[Column[object]]:
    for table in metadata.sorted_tables:
        known = (
            {found["name"] for found in there.get_columns(table.name)} if there.has_table(table.name) else ()
        )
        yield from (column for column in table.columns if column.info.get("sealed") and column.name in known)
