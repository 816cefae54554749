"""What every storage function gets: the open transaction, the keys and the dialect."""

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    Executable,
    Table,
    Text,
    bindparam,
    cast,
    extract,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.crypto import KeyRing, SecretUnreadable
from storage.workcontext import Erased

DialectName = Literal["sqlite", "postgresql"]
S = TypeVar("S", bound=Executable)
R = TypeVar("R")
T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tx:
    """Be one open transaction; `wakes` are the channels to wake once it is committed.

    `erased` are the marks of who was forgotten in it.
    """

    conn: AsyncConnection
    ring: KeyRing
    dialect: DialectName
    wakes: set[str] = field(default_factory=set)
    erased: dict[str, Erased] = field(default_factory=dict)

    def many(self, values: Iterable[Any]) -> Any:
        """Return a list as the one parameter that `Dialect.among` takes."""
        return json.dumps(list(values)) if self.dialect == "sqlite" else list(values)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Hold the few words that the two databases say differently."""

    name: DialectName

    def insert(self, table: Table) -> postgresql.Insert:
        """Start an insert that can say ON CONFLICT."""
        # Both compilers read the same statement; only PostgreSQL's class is used for its type.
        return postgresql.insert(table) if self.name == "postgresql" else sqlite.insert(table)  # type: ignore[return-value]

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Test for membership in one list parameter, so that a list of any length is the same statement."""
        if self.name == "sqlite":
            listed: BindParameter[str] = bindparam(name, type_=Text)
            return column.in_(select(func.json_each(listed).table_valued("value").c.value))
        return column == func.any(bindparam(name, type_=postgresql.ARRAY(column.type)))

    def apart(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Test that a value is in no list parameter; a long list is hashed, not gone through for each row."""
        if self.name == "sqlite":
            return ~self.among(column, name)
        listed: BindParameter[Any] = bindparam(name, type_=postgresql.ARRAY(column.type))
        return column.not_in(select(func.unnest(listed)))

    def moment(self, name: str) -> ColumnElement[float]:
        """Take a time as a parameter; on PostgreSQL None is the time by the server's own clock."""
        given: BindParameter[float] = bindparam(name, type_=Double)
        if self.name == "sqlite":
            return given
        # Of the statement, not of its transaction, which may have waited for others.
        return func.coalesce(given, cast(extract("epoch", func.statement_timestamp()), Double))


def both(build: Callable[[Dialect], S]) -> dict[str, S]:
    """Build one statement for each dialect, once; look it up by `tx.dialect`."""
    return {"sqlite": build(Dialect("sqlite")), "postgresql": build(Dialect("postgresql"))}


def new_id() -> int:
    """Make a primary key before the insert, so that ciphertexts can be bound to it."""
    return secrets.randbits(63)


class _Order:
    """Count upwards, by the nanosecond, never the same number twice in one process."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last = max(self._last + 1, time.time_ns())
        return self._last


next_in_order = _Order().next


def seal_text(tx: Tx, value: str | None, *, table: str, row: object, column: str) -> bytes | None:
    """Encrypt a text for its place; None stays None."""
    return None if value is None else tx.ring.seal(value.encode(), table=table, row=row, column=column)


def open_text(tx: Tx, sealed: bytes | None, *, table: str, row: object, column: str) -> str | None:
    """Decrypt a text of this place; None stays None."""
    return None if sealed is None else tx.ring.open(sealed, table=table, row=row, column=column).decode()


def seal_json(tx: Tx, value: Any, *, table: str, row: object, column: str) -> bytes:
    """Encrypt a JSON value for its place."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return tx.ring.seal(plain, table=table, row=row, column=column)


def open_json(tx: Tx, sealed: bytes, *, table: str, row: object, column: str) -> Any:
    """Decrypt a JSON value of this place."""
    plain = tx.ring.open(sealed, table=table, row=row, column=column)
    return json.loads(plain.decode("utf-8", "surrogatepass"))


def unless_shut(read: Callable[[], Any], otherwise: Any) -> tuple[Any, str | None]:
    """Return what opens; for what does not, the other value, and why."""
    try:
        return read(), None
    except SecretUnreadable as error:
        return otherwise, str(error)


def opened(rows: Iterable[R], read: Callable[[R], T]) -> list[T]:
    """Return the rows that open: one that does not takes no other of its list with it."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except SecretUnreadable as error:
            log.warning("a row was left out", extra={"reason": str(error)})
    return found


def opened_one(row: R | None, read: Callable[[R], T]) -> T | None:
    """Return a row, None where there is none or it does not open."""
    return next(iter(opened(() if row is None else (row,), read)), None)
