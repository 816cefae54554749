"""Run the jobs of the table: several at once, one at a time of each key, with retries and dead letters."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Mapping
from typing import Any

from services.admission import Admission, Stand, must_be_in
from services.clock import Clock
from services.jobs import JobHandler, Lease, LeaseLost, RetryLater, work_of
from services.notices import at_work
from services.outages import Outage
from storage import leases
from storage.database import Database
from storage.jobs import Job
from storage.supervisor import Supervisor
from storage.workcontext import Forgotten, work_context

log = logging.getLogger(__name__)

FIRST_DELAY = 2.0
LONGEST_DELAY = 900.0
# How long to rest when the database cannot be asked, and at most between two looks at it.
AFTER_ERROR = 1.0
LONGEST_REST = 30.0
# How often it is looked at whether those for whom something is under way are still let in.
WATCH_SECONDS = 60.0
# While keys are changed over several processes, another one may have the key that this one lacks.
SHUT_TRIES = 8


class JobRunner:
    """Claim due jobs and give them to their handlers, several at once.

    With an `admission` what is for somebody outside is put off, and what is under way for them is stopped.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        holder: str,
        handlers: Mapping[str, JobHandler],
        *,
        limit: int = 8,
        lease_seconds: float = 30.0,
        max_failures: int = 8,
        grace: float = 10.0,
        admission: Admission | None = None,
        rng: random.Random | None = None,
        name: str = "jobs",
        supervisor: Supervisor | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._holder = holder
        self._handlers = dict(handlers)
        self._kinds = sorted(handlers)
        self._limit = limit
        self._lease_seconds = lease_seconds
        self._max_failures = max_failures
        self._grace = grace
        self._admission = admission
        self._rng = rng or random.Random()  # noqa: S311 - jitter, no secret
        self._name = name
        self._outage = Outage(log, f"the job table cannot be read ({name})")
        self._supervisor = supervisor or Supervisor()
        self._running: dict[asyncio.Task[None], Lease] = {}
        self._bell = asyncio.Event()
        self._calm = asyncio.Event()
        self._stopping = False
        self._over = asyncio.Event()
        self._over.set()

    @property
    def name(self) -> str:
        """Return what its task is called."""
        return self._name

    async def run(self) -> None:
        """Work until `stop`, then let what runs finish within the grace period; it may fail and run again."""
        self._over.clear()
        work = {"hear": self._hear, "beat": self._beat}
        if self._admission is not None:
            work["watch"] = self._watch
        helpers = [self._supervisor.start(f"{self._name}.{what}", how) for what, how in work.items()]
        try:
            await self._inherit()
            while not self._stopping:
                self._bell.clear()
                seconds = await self._look()
                self._calm.set()
                await self._rest(seconds)
        finally:
            await self._wind_up(helpers)

    async def stop(self) -> None:
        """Take no more jobs and wait for those that run; what takes too long is put back."""
        self._stopping = True
        self._bell.set()
        await self._over.wait()

    async def idle(self) -> None:
        """Wait until nothing runs and nothing is due, while `run` is at work."""
        while True:
            turn = self._db.turn("jobs")
            # Another process may take what is due here: then nothing ends here, but the next look tells.
            self._calm.clear()
            due = await self._db.read(lambda tx: leases.next_due(tx, self._kinds))
            if not self._running and (due is None or due > self._clock.now()):
                return
            await _either(self._calm.wait(), self._db.wait("jobs", since=turn))

    async def _inherit(self) -> None:
        """Go on at once with what a process of our own name, killed before us, was doing."""
        try:
            await self._db.write(lambda tx: leases.inherit(tx, self._kinds, self._holder, self._clock.now()))
        except Exception:
            log.exception("jobs left by a killed process wait for the end of their leases")

    async def _look(self) -> float:
        """Start what is due; return how long there is nothing more to do."""
        try:
            while (free := self._limit - len(self._running)) > 0:
                due = await self._db.read(lambda tx: leases.next_due(tx, self._kinds))
                self._outage.over()
                if due is None or due > self._clock.now():
                    return LONGEST_REST if due is None else min(due - self._clock.now(), LONGEST_REST)
                if not await self._claim(free):
                    # Another runner was faster, or the one that holds its key is about to end.
                    return AFTER_ERROR
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look tries again
            self._outage.failed(error)
            return AFTER_ERROR
        return LONGEST_REST

    async def _claim(self, free: int) -> int:
        now = self._clock.now()
        claimed = await self._db.write(
            lambda tx: leases.claim(tx, self._kinds, self._holder, now, self._lease_seconds, free)
        )
        for job in claimed:
            lease = Lease(self._db, self._clock, job, self._lease_seconds, began=now)
            stale = [task for task, old in self._running.items() if old.job.id == job.id]
            task = asyncio.create_task(self._replace(stale, lease))
            self._running[task] = lease
            task.add_done_callback(self._ended)
        return len(claimed)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._bell.set()
        self._calm.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a job could not be settled; its lease will run out", exc_info=error)

    async def _replace(self, stale: list[asyncio.Task[None]], lease: Lease) -> None:
        """Run a job; an earlier run of it here, whose lease ran out while we stood still, ends first."""
        for task in stale:
            task.cancel()
        if stale:
            await asyncio.wait(stale)
        await self._execute(lease)

    async def _execute(self, lease: Lease) -> None:
        job = lease.job
        if job.unreadable is not None:
            await self._shut(job, job.unreadable)
            return
        if job.failures >= self._max_failures:
            await self._bury(job, job.error or "its process died again and again")
            return
        # Every run is a task with a context of its own.
        at_work.set(True)
        try:
            with work_context(work_of(lease)):
                if self._admission is not None:
                    must_be_in(await self._admission.of_job(job))
                await self._handlers[job.kind](job, lease)
                if not lease.ended:
                    await lease.finish()
        except (LeaseLost, Forgotten):
            log.warning("job %s (%s) was lost to another runner, or with its person", job.id, job.kind)
        except RetryLater as later:
            at = self._clock.now() + later.delay if later.at is None else later.at
            await self._db.write(lambda tx: leases.retry(tx, job, at, None))
        except asyncio.CancelledError:
            # Stopped or robbed of the lease; in the latter case the fence makes this do nothing.
            await self._db.write(lambda tx: leases.retry(tx, job, self._clock.now(), None))
            raise
        except Exception as error:
            log.exception("job %s (%s) failed", job.id, job.kind)
            await self._failed(job, f"{type(error).__name__}: {error}"[:1000])

    async def _shut(self, job: Job, why: str) -> None:
        """Leave a job that does not open to others, where there may be others; keep it aside then."""
        log.error("job %s (%s) cannot be done: %s", job.id, job.kind, why)
        tries = 1 if self._db.dialect == "sqlite" else min(SHUT_TRIES, self._max_failures)
        await self._failed(job, why, tries)

    async def _failed(self, job: Job, error: str, tries: int | None = None) -> None:
        if job.failures + 1 >= (self._max_failures if tries is None else tries):
            await self._bury(job, error)
            return
        delay = min(FIRST_DELAY * 2**job.failures, LONGEST_DELAY) * self._rng.uniform(0.5, 1.5)
        at = self._clock.now() + delay
        await self._db.write(lambda tx: leases.retry(tx, job, at, error))

    async def _bury(self, job: Job, error: str) -> None:
        log.error("job %s (%s) is given up", job.id, job.kind, extra={"error": error})
        await self._db.write(lambda tx: leases.bury(tx, job, error))

    async def _rest(self, seconds: float) -> None:
        timer = asyncio.create_task(self._clock.sleep(seconds))
        timer.add_done_callback(lambda ended: None if ended.cancelled() else self._bell.set())
        try:
            await self._bell.wait()
        finally:
            timer.cancel()

    async def _hear(self) -> None:
        while True:
            turn = self._db.turn("jobs")
            self._bell.set()
            await self._db.wait("jobs", since=turn)

    async def _beat(self) -> None:
        """Renew the leases of what runs; stop a handler whose lease is lost or ran out unrenewed."""
        while True:
            await self._clock.sleep(self._lease_seconds / 3)
            for task, lease in list(self._running.items()):
                try:
                    held = await lease.renew()
                except Exception:
                    log.exception("a lease could not be renewed")
                    held = lease.until > self._clock.now()
                if not held and not lease.ended:
                    task.cancel()

    async def _watch(self) -> None:
        """Stop what runs for somebody who is not let in any more; it goes on when they are again."""
        while self._admission is not None:
            await self._clock.sleep(WATCH_SECONDS)
            for task, lease in list(self._running.items()):
                if await self._admission.of_job(lease.job) is Stand.OUT and not lease.ended:
                    task.cancel()

    async def _drain(self) -> None:
        running = list(self._running)
        if running:
            _, late = await asyncio.wait(running, timeout=self._grace)
            for task in late:
                task.cancel()
            await asyncio.wait(running)

    async def _wind_up(self, helpers: list[asyncio.Task[None]]) -> None:
        try:
            await self._drain()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._over.set()


async def _either(*waits: Awaitable[Any]) -> None:
    """Wait for the first of several things."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
