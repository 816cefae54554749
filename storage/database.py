"""The open database: whole transactions that a cancelled caller cannot break, and wake-up calls."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from storage import url as addresses
from storage.crypto import KeyRing
from storage.engines import make_file, postgres_engine, scrub, sqlite_engine
from storage.erasureguard import ErasureGuard
from storage.notifier import Listener, Notifier
from storage.supervisor import Supervisor
from storage.tx import DialectName, Tx
from storage.workcontext import current_work

T = TypeVar("T")
Work = Callable[[Tx], Awaitable[T]]

log = logging.getLogger(__name__)


class Database:
    """Run work in transactions on SQLite or PostgreSQL."""

    def __init__(self, dialect: DialectName, ring: KeyRing, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.dialect = dialect
        self.ring = ring
        self.erasures = ErasureGuard(ring)
        self._writer = writer
        self._reader = reader
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._notifier = Notifier()
        self._listener: Listener | None = None
        self._closed = False

    @classmethod
    async def open(cls, url: str, ring: KeyRing, supervisor: Supervisor | None = None) -> "Database":
        """Connect; the tables must be there already (`maintenance.upgrade`)."""
        address = addresses.parse(url)
        if addresses.dialect(address) == "sqlite":
            await asyncio.to_thread(make_file, addresses.file(address))
            writer = sqlite_engine(address, writer=True)
            return cls("sqlite", ring, writer, sqlite_engine(address, writer=False))
        engine = postgres_engine(address)
        # As on SQLite: all a reader sees is one state, and it cannot write.
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        database = cls("postgresql", ring, engine, reader)
        database._listener = await Listener.start(address, database._notifier, supervisor or Supervisor())
        return database

    async def close(self) -> None:
        """Wait for what is under way, then let go of every connection."""
        self._closed = True
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._listener is not None:
            await self._listener.close()
        for engine in (self._writer, self._reader):
            await engine.dispose()

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction and commit it; cancelling the caller does not stop it half-way.

        Raises Forgotten, and writes nothing, where the caller works for somebody forgotten since.
        """
        if self._owner is not None and self._owner is asyncio.current_task():
            raise RuntimeError("a write inside a write would wait for itself")
        return await self._shielded(self._write(work))

    async def read(self, work: Work[T]) -> T:
        """Run work in one transaction that changes nothing."""
        return await self._shielded(self._read(work))

    async def recall(self) -> bool:
        """Learn who was forgotten lately, before a restart or by another process; tell whether it is news."""
        return await self.read(self.erasures.load)

    async def scrub(self) -> bool:
        """Overwrite what was deleted as far as the database lets us: on SQLite the log of changes goes.

        False where somebody reads just now what was there before, as a backup does for a while.
        """
        if self.dialect != "sqlite":
            return True
        async with self._lock, self._writer.connect() as conn:
            raw = await conn.get_raw_connection()
            return await scrub(raw.driver_connection)

    def wake(self, channel: str) -> None:
        """Wake all who wait on a channel, in every process of this database."""
        self._notifier.notify(channel)
        if self._listener is not None and not self._closed:
            self._listener.tell(channel)

    def turn(self, channel: str) -> int:
        """Return how often a channel was woken; take it before looking for work, give it to `wait`."""
        return self._notifier.turn(channel)

    async def wait(self, channel: str, timeout: float | None = None, *, since: int | None = None) -> bool:
        """Wait until a channel is woken (again since `since`); False when the time is over."""
        return await self._notifier.wait(channel, timeout, since)

    async def _shielded(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            coroutine.close()
            raise RuntimeError("the database is closed")
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._settled)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_tell_unheard)
            raise

    def _settled(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)

    async def _write(self, work: Work[T]) -> T:
        if self.dialect != "sqlite":
            return await self._commit(work)
        async with self._lock:
            self._owner = asyncio.current_task()
            try:
                return await self._commit(work)
            finally:
                self._owner = None

    async def _commit(self, work: Work[T]) -> T:
        async with self._writer.begin() as conn:
            tx = Tx(conn, self.ring, self.dialect)
            await self.erasures.check(tx, current_work.get())
            result = await work(tx)
        if tx.erased:
            self.erasures.learn(tx.erased)
        for channel in tx.wakes:
            self.wake(channel)
        return result

    async def _read(self, work: Work[T]) -> T:
        async with self._reader.connect() as conn:
            return await work(Tx(conn, self.ring, self.dialect))


def _tell_unheard(task: asyncio.Task[Any]) -> None:
    """Log what a cancelled caller can no longer be told."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a transaction failed after its caller was cancelled", exc_info=error)
