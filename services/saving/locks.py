"""One save at a time to each person's drive, whoever asked for it: what is saved is saved once.

A save looks for what lies there already and copies the rest. Two that look at the same time, or one that
goes on from what it saw before it stood still, would copy the same files twice. So who saves holds the
person's lock from the first look to the last copy, and makes sure of it, and of its job, before each copy.
"""

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from clients.transport import LONGEST_CALL_SECONDS
from services.clock import Clock
from services.jobs import Lease, RetryLater
from storage import savelocks
from storage.database import Database
from storage.tx import Tx
from storage.workcontext import work_context

T = TypeVar("T")

log = logging.getLogger(__name__)

# A copy leaves within this time after its lock was made sure of, or not at all.
SEND_SECONDS = 10.0
# Longer than any copy can take that left in time: nobody else looks while one may still land.
LOCK_SECONDS = SEND_SECONDS + LONGEST_CALL_SECONDS + 15.0
# Looking through a drive may take longer than a lock lasts.
RENEW_SECONDS = 20.0
# So often a lock is asked for in one go; who still waits then makes room for other jobs.
POLLS, POLL_SECONDS = 12, 0.25
AGAIN_SECONDS = 2.0


class SaveLock:
    """Be one save's hold on a drive; `lease` is that of the job it is done in."""

    def __init__(self, db: Database, clock: Clock, user_id: int, lease: Lease | None) -> None:
        self._db = db
        self._clock = clock
        self._user_id = user_id
        self._lease = lease
        self._holder = secrets.token_hex(8)
        self._held_at = 0.0
        self._sending = False

    async def send(self, copy: Callable[[], Awaitable[T]]) -> T:
        """Copy while lock and job are certainly ours; who was overtaken sends nothing.

        Raises LeaseLost without the job, RetryLater without the lock: another may have copied meanwhile.
        """
        began = await self._renew()
        while self._clock.now() - began > SEND_SECONDS:
            began = await self._renew()
        self._sending = True
        try:
            copied = await copy()
        except Exception:
            self._sending = False
            raise
        self._sending = False
        return copied

    async def refresh(self) -> None:
        """Go on holding it while the drive is looked through."""
        if abs(self._clock.now() - self._held_at) >= RENEW_SECONDS:
            await self._renew()

    async def acquire(self) -> None:
        """Wait for the lock, or ask for the job to be run again; who waits is not told of."""
        for _ in range(POLLS):
            now = self._clock.now()
            if await self._db.write(self._step(savelocks.acquire, now)):
                self._held_at = now
                return
            await self._clock.sleep(POLL_SECONDS)
        raise RetryLater(AGAIN_SECONDS)

    async def release(self) -> None:
        """Let the next one save; where a copy was cut off, which may land yet, the lock runs out instead."""
        if self._sending:
            return
        try:
            with work_context(None):
                await self._db.write(lambda tx: savelocks.release(tx, self._user_id, self._holder))
        except Exception:
            log.exception("the lock of a save was not released; it runs out")

    async def _renew(self) -> float:
        now = self._clock.now()
        step = self._step(savelocks.renew, now)

        async def held(tx: Tx) -> None:
            if not await step(tx):
                raise RetryLater(AGAIN_SECONDS)

        await (self._db.write(held) if self._lease is None else self._lease.write(held))
        self._held_at = now
        return now

    def _step(
        self, work: Callable[[Tx, int, str, float, float], Awaitable[bool]], now: float
    ) -> Callable[[Tx], Awaitable[bool]]:
        return lambda tx: work(tx, self._user_id, self._holder, now, LOCK_SECONDS)


class SaveLocks:
    """Lock drives for saves, over all processes."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    @asynccontextmanager
    async def lock(self, user_id: int, lease: Lease | None = None) -> AsyncIterator[SaveLock]:
        """Hold a person's lock while the context is open; RetryLater where another holds it for long."""
        lock = SaveLock(self._db, self._clock, user_id, lease)
        await lock.acquire()
        try:
            yield lock
        finally:
            await lock.release()
