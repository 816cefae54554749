"""Bring every sealed column under the newest key, a few rows at a time, while the bot runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, Select, Table, bindparam, func, literal, or_, select, update

from storage.database import Database
from storage.schema import metadata
from storage.tx import Tx

# Of rows that hold whole pictures a few: a batch is in memory, and other writers wait for it.
BATCH, FEW = 100, 10


@dataclass(frozen=True, slots=True)
class _Sealed:
    table: Table
    key: Column[Any]
    columns: tuple[Column[Any], ...]

    @property
    def batch(self) -> int:
        """Return how many rows are taken at a time."""
        return FEW if any(column.info.get("large") for column in self.columns) else BATCH

    def after(self, last: Any) -> Select[Any]:
        """Return the query for the next rows after a key."""
        rows = select(self.key, *self.columns).order_by(self.key).limit(self.batch)
        return rows if last is None else rows.where(self.key > last)


def _sealed_tables() -> Iterator[_Sealed]:
    for table in metadata.sorted_tables:
        columns = tuple(column for column in table.columns if column.info.get("sealed"))
        if columns:
            (key,) = table.primary_key.columns
            yield _Sealed(table, key, columns)


async def check(db: Database) -> None:
    """Open every secret and change nothing; raises SecretUnreadable at the first that stays shut."""
    for sealed in _sealed_tables():
        last: Any = None
        while (last := await db.read(partial(_opened, sealed=sealed, last=last))) is not None:
            pass


async def rotate(db: Database) -> int:
    """Re-encrypt what is not under the newest key and return how many rows that was.

    Each batch is one transaction and begins where old ciphertexts are left, so it may be killed and repeated.
    """
    count = 0
    for sealed in _sealed_tables():
        last: Any = None
        while batch := await db.write(partial(_batch, sealed=sealed, last=last)):
            count += len(batch)
            last = batch[-1]
    return count


async def _batch(tx: Tx, sealed: _Sealed, last: Any) -> list[Any]:
    """Re-encrypt the next rows after a key and return their keys."""
    head = tx.ring.head
    stale = or_(*(func.substr(column, 1, len(head)) != literal(head) for column in sealed.columns))
    # PostgreSQL: a row that changes meanwhile waits, and is not overwritten with its old self.
    found = (await tx.conn.execute(sealed.after(last).where(stale).with_for_update())).all()
    changes = [_resealed(tx, sealed, row) for row in found]
    if changes:
        statement = update(sealed.table).where(sealed.key == bindparam("this_key"))
        values: dict[str, Any] = {column.name: bindparam(f"new_{column.name}") for column in sealed.columns}
        await tx.conn.execute(statement.values(values), changes)
    return [row[0] for row in found]


async def _opened(tx: Tx, sealed: _Sealed, last: Any) -> Any:
    """Open the next rows after a key and return the last one's key."""
    found = (await tx.conn.execute(sealed.after(last))).all()
    for row in found:
        _resealed(tx, sealed, row)
    return found[-1][0] if found else None


def _resealed(tx: Tx, sealed: _Sealed, row: Any) -> dict[str, Any]:
    change: dict[str, Any] = {"this_key": row[0]}
    for column, old in zip(sealed.columns, row[1:], strict=True):
        place = {"table": sealed.table.name, "row": row[0], "column": column.name}
        change[f"new_{column.name}"] = (
            None if old is None else tx.ring.seal(tx.ring.open(old, **place), **place)
        )
    return change
