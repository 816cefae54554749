"""Take a person off every table, as the marks of the tables say; tell what the tables have of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Executable, Table, bindparam, delete, func, select, update

from storage.marks import rows_of, told
from storage.schema import erasures, inbox, jobs, metadata, users
from storage.tx import Tx, both, open_json, open_text, unless_shut
from storage.workcontext import Erased

# Telegram repeats nothing older than a day; no work that began before takes longer.
KEPT_SECONDS = 25 * 3600.0
CHANNEL = "erasures"
# What stands for a value of somebody's that does not open.
SHUT = "[does not open]"
# Who writes for a person holds on to their row, so that goes first; then what begins work, then its traces.
_FIRST = (users, inbox, jobs)
TABLES: tuple[Table, ...] = (*_FIRST, *(t for t in metadata.sorted_tables if t not in _FIRST))


@dataclass(frozen=True, slots=True)
class _Owned:
    """Be one table that has rows of people, and what is done with those of one."""

    table: Table
    spelling: str
    rows: Any
    number: Any
    erase: tuple[Executable, ...]

    def params(self, person: int) -> dict[str, Any]:
        """Return what names a person here."""
        spelled = self.spelling.format(person)
        return {"whose": int(spelled) if spelled == str(person) else spelled}


def _owned() -> Iterator[_Owned]:
    for table in TABLES:
        mark = rows_of(table)
        if mark.owner is None:
            continue
        own = table.c[mark.owner] == bindparam("whose")
        erase: tuple[Executable, ...] = (delete(table).where(own),)
        if mark.left:
            # A group's number is below zero, as Telegram gives them.
            erase = (update(table).where(own, table.c.chat_id < 0).values(dict(mark.left)), *erase)
        elif mark.freed:
            erase = (update(table).where(own).values(dict(mark.freed)),)
        elif mark.passing:
            erase = ()
        # What is not told is not read either: it may be as large as a picture.
        shown = (column for column in table.c if column.primary_key or told(column) is not None)
        rows = select(*shown).where(own).order_by(*table.primary_key.columns)
        yield _Owned(table, mark.spelling, rows, select(func.count()).select_from(table).where(own), erase)


OWNED = tuple(_owned())
_MENTIONS = tuple(
    update(table).where(table.c[name] == bindparam("whose")).values({name: None})
    for table in TABLES
    for name in rows_of(table).mentions
)
_NOTE = both(
    lambda d: (statement := d.insert(erasures)).on_conflict_do_update(
        index_elements=["mark"],
        set_={name: statement.excluded[name] for name in ("at", "update_id")},
    )
)
_HOLD = select(users.c.id).where(users.c.id == bindparam("whose")).with_for_update()
_NOTED = select(erasures.c.mark, erasures.c.at, erasures.c.update_id)
_PURGE = delete(erasures).where(erasures.c.at < bindparam("before"))


async def hold(tx: Tx, person: int) -> None:
    """Wait for the writes under way for a person: they may wait for rows that are written before erasing."""
    await tx.conn.execute(_HOLD, {"whose": person})


async def erase(tx: Tx, person: int, now: float, update_id: int | None = None) -> None:
    """Take a person off every table; work that began before writes nothing any more.

    What is left for a day is a keyed mark, by which late work is known. `update_id` is the update that asked.
    """
    for owned in OWNED:
        for statement in owned.erase:
            await tx.conn.execute(statement, owned.params(person))
    for statement in _MENTIONS:
        await tx.conn.execute(statement, {"whose": person})
    found = dict.fromkeys(tx.ring.marks(str(person)), Erased(now, update_id))
    rows = [{"mark": mark, "at": now, "update_id": update_id} for mark in found]
    await tx.conn.execute(_NOTE[tx.dialect], rows)
    tx.erased.update(found)
    tx.wakes.add(CHANNEL)


async def again(tx: Tx, found: Mapping[str, Erased]) -> int:
    """Take those off whom older rows brought back, after they were forgotten; return how many there were."""
    number = 0
    for person in list(await tx.conn.scalars(select(users.c.id))):
        marks = found.keys() & set(tx.ring.marks(str(person)))
        if marks:
            erased = found[marks.pop()]
            await erase(tx, person, erased.at, erased.update_id)
            number += 1
    if found:
        rows = [{"mark": mark, "at": one.at, "update_id": one.update_id} for mark, one in found.items()]
        await tx.conn.execute(_NOTE[tx.dialect], rows)
    return number


async def noted(tx: Tx) -> Mapping[str, Erased]:
    """Return the marks of who was forgotten lately."""
    return {mark: Erased(at, update_id) for mark, at, update_id in await tx.conn.execute(_NOTED)}


async def purge(tx: Tx, before: float) -> int:
    """Drop the marks of who was forgotten before a time."""
    return (await tx.conn.execute(_PURGE, {"before": before})).rowcount


async def count(tx: Tx, person: int) -> dict[str, int]:
    """Return how many rows each table has of a person."""
    return {
        owned.table.name: int((await tx.conn.execute(owned.number, owned.params(person))).scalar_one())
        for owned in OWNED
    }


async def held(tx: Tx, person: int) -> dict[str, list[dict[str, Any]]]:
    """Return every row of a person, by table, without the columns that are secrets.

    In place of a value that does not open stands `SHUT`.
    """
    return {
        owned.table.name: [
            _told(tx, owned.table, row)
            for row in (await tx.conn.execute(owned.rows, owned.params(person))).mappings()
        ]
        for owned in OWNED
    }


def kept_secret() -> dict[str, list[str]]:
    """Return the columns that are told to nobody, by table."""
    names = {owned.table.name: [c.name for c in owned.table.c if told(c) is None] for owned in OWNED}
    return {table: columns for table, columns in names.items() if columns}


def _told(tx: Tx, table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {c.name: _value(tx, table, row, c) for c in table.c if told(c) is not None}


def _value(tx: Tx, table: Table, row: Mapping[Any, Any], column: Column[Any]) -> Any:
    value = row[column]
    if value is None or told(column) == "plain":
        return value
    (key,) = table.primary_key.columns
    opened = open_json if told(column) == "json" else open_text
    place = {"table": table.name, "row": row[key], "column": column.name}
    return unless_shut(lambda: opened(tx, bytes(value), **place), SHUT)[0]
