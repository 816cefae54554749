"""What a handler of jobs has in hand: the lease on its job, and how to say that it is lost or for later."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.clock import Clock
from storage import leases
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from storage.workcontext import Forgotten, WorkContext

# A runner that has a free place takes a job that is due before so many seconds are over.
CLAIMED_WITHIN = 2.0


class LeaseLost(Exception):
    """Say that the job is somebody else's by now: nothing of this was written."""


class RetryLater(Exception):
    """Ask for the job to be run again, in so many seconds or at a time; it does not count as a failure."""

    def __init__(self, delay: float = 0.0, *, at: float | None = None) -> None:
        super().__init__(delay, at)
        self.delay = delay
        self.at = at


class Lease:
    """Be a handler's hold on its job."""

    def __init__(
        self, db: Database, clock: Clock, job: Job, seconds: float, *, began: float | None = None
    ) -> None:
        self.job = job
        self.ended = False
        self.began = clock.now() if began is None else began
        self.until = self.began + seconds
        self._db = db
        self._clock = clock
        self._seconds = seconds

    async def finish(
        self,
        work: Callable[[Tx], Awaitable[None]] | None = None,
        *,
        first: Callable[[Tx], Awaitable[None]] | None = None,
    ) -> None:
        """Write the result and the done mark in one commit, or raise `LeaseLost` and write neither.

        `first` takes what others, who may wait for this job's row, hold on to.
        """
        job = self.job

        async def commit(tx: Tx) -> None:
            if first is not None:
                await first(tx)
            _must(await leases.finish(tx, job))
            if work is not None:
                await work(tx)

        await self._written(commit)
        self.ended = True

    async def write(self, work: Callable[[Tx], Awaitable[None]]) -> None:
        """Write something in between, or raise `LeaseLost` and write nothing."""
        job, now = self.job, self._clock.now()

        async def commit(tx: Tx) -> None:
            _must(await leases.renew(tx, job, now, self._seconds))
            await work(tx)

        await self._written(commit)
        self.until = now + self._seconds

    async def keep(self, payload: dict[str, Any]) -> None:
        """Replace the job's payload, so that another start resumes from here."""
        job = self.job

        async def commit(tx: Tx) -> None:
            _must(await leases.keep(tx, job, payload))

        await self._written(commit)

    async def _written(self, commit: Callable[[Tx], Awaitable[None]]) -> None:
        try:
            await self._db.write(commit)
        except Forgotten:
            # Gone with all else that its person had: to its handler a job like any other that was lost.
            raise LeaseLost from None

    async def renew(self) -> bool:
        """Hold the job for longer; False when it is lost."""
        now = self._clock.now()
        if not await self._db.write(lambda tx: leases.renew(tx, self.job, now, self._seconds)):
            return False
        self.until = now + self._seconds
        return True

    async def others_wait(self) -> bool:
        """Tell whether a job of this kind is due that no runner has a place for."""
        due = await self._db.read(lambda tx: leases.next_due(tx, (self.job.kind,)))
        return due is not None and due < self._clock.now() - CLAIMED_WITHIN


JobHandler = Callable[[Job, Lease], Awaitable[None]]


def work_of(lease: Lease) -> WorkContext | None:
    """Return for whom a job is done."""
    owner = lease.job.owner_id
    return None if owner is None else WorkContext(owner, lease.began)


def _must(held: bool) -> None:
    if not held:
        raise LeaseLost
