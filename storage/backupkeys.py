"""Tell under which keys the secrets of a backup are, before anything is overwritten with it."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from storage.crypto import HEAD_BYTES
from storage.schema import metadata

# One line of a dump is one row, however long its ciphertexts are.
LONGEST_ROW = 64 * 1024 * 1024
_BYTEA = b"\\\\x"

SEALED = {
    table.name: frozenset(column.name for column in table.c if column.info.get("sealed"))
    for table in metadata.sorted_tables
}


@dataclass
class Dump:
    """Be what a dump tells before it is read in: how its secrets begin, its revision and its tables."""

    heads: Counter[bytes] = field(default_factory=Counter)
    revision: str | None = None
    tables: set[str] = field(default_factory=set)


def lacking(heads: Counter[bytes], knows: Callable[[bytes], bool]) -> int:
    """Return how many secrets no key opens."""
    return sum(number for head, number in heads.items() if not knows(head))


def in_sqlite(file: Path) -> Counter[bytes]:
    """Count the secrets of a SQLite backup by how their ciphertexts begin; older ones lack some columns."""
    found: Counter[bytes] = Counter()
    with closing(sqlite3.connect(file)) as db:
        for table, columns in SEALED.items():
            there = {row[1] for row in db.execute(f'PRAGMA table_info("{table}")')}
            for column in sorted(columns & there):
                # Both names are the schema's own.
                query = f'SELECT substr("{column}", 1, {HEAD_BYTES}), count(*) FROM "{table}" GROUP BY 1'  # noqa: S608
                found.update({bytes(head): number for head, number in db.execute(query) if head is not None})
    return found


async def in_dump(rows: asyncio.StreamReader) -> Dump:
    """Count the secrets of PostgreSQL's backup, read as the plain rows that `pg_restore` makes of it."""
    found = Dump()
    table, places = "", tuple[int, ...]()
    async for line in _lines(rows):
        if line.startswith(b"COPY ") and not table:
            table, places = _table(line.decode()), tuple(_places(line.decode()))
            found.tables.add(table)
        elif line == b"\\.":
            table, places = "", ()
        elif table == "alembic_version":
            found.revision = line.decode()
        elif places:
            values = line.split(b"\t")
            found.heads.update(head for place in places if (head := _head(values[place])) is not None)
    return found


async def _lines(rows: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while line := await rows.readline():
        yield line.rstrip(b"\n")


def _table(copy: str) -> str:
    return copy.removeprefix("COPY ").partition(" (")[0].rpartition(".")[2].strip('"')


def _places(copy: str) -> Iterator[int]:
    """Return where the sealed columns stand in the rows after `COPY schema.table (columns) FROM stdin;`."""
    sealed = SEALED.get(_table(copy), frozenset())
    for place, column in enumerate(copy.partition(" (")[2].partition(")")[0].split(", ")):
        if column.strip('"') in sealed:
            yield place


def _head(value: bytes) -> bytes | None:
    if not value.startswith(_BYTEA):
        return None
    begin = len(_BYTEA)
    return bytes.fromhex(value[begin : begin + 2 * HEAD_BYTES].decode())
