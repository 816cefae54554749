"""Messages of an operator to everybody: in calm steps, each person once, resumed after a restart.

Sending is not idempotent, so who is about to be written to is noted first. Those of whom nobody knows after a
crash or a time-out whether it reached them are counted as such and not written to again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from services.clock import Clock, Steady
from services.jobs import JobHandler, Lease, LeaseLost
from services.steps import Reached, nothing
from storage import jobs, users
from storage.database import Database
from storage.jobs import Job
from storage.users import Audience

RUN = "broadcast.run"
# One at a time: two would only share what Telegram lets through.
KEY = "broadcast"
STEP = 8
TELL_EVERY = 2.0

Sent = Literal["sent", "blocked", "failed", "unsure", "outside"]
Send = Callable[[int, str], Awaitable[Sent]]

log = logging.getLogger(__name__)


class Progress(BaseModel):
    """Be how far a broadcast is: who was written to last, and what came of it."""

    model_config = ConfigDict(frozen=True)

    total: int
    until: float
    last: int = 0
    sent: int = 0
    blocked: int = 0
    failed: int = 0
    unsure: int = 0
    outside: int = 0
    under_way: int = 0

    @property
    def done(self) -> int:
        """Return how many were written to, whatever came of it."""
        return sum(getattr(self, name) for name in _COUNTED)

    def begun(self, people: list[int]) -> "Progress":
        """Return it with the next people noted."""
        return self.model_copy(update={"last": people[-1], "under_way": len(people)})

    def counted(self, results: list[Sent]) -> "Progress":
        """Return it with what came of them."""
        return self.model_copy(
            update={
                "under_way": 0,
                **{name: getattr(self, name) + results.count(name) for name in _COUNTED},
            }
        )

    def taken_up(self) -> "Progress":
        """Return it as it is after a crash: nobody knows of those that were under way."""
        return self.counted(["unsure"] * self.under_way)


_COUNTED: tuple[Sent, ...] = get_args(Sent)
End = Literal["running", "stopped", "done"]
OnChange = Callable[[str, Progress, End], Awaitable[None]]


class Work(BaseModel):
    """Be the job of one broadcast."""

    model_config = ConfigDict(frozen=True)

    user_id: int
    card_id: str
    text: str = Field(repr=False)
    admitted: frozenset[int] = frozenset()
    without: int = 0
    progress: Progress

    @property
    def audience(self) -> Audience:
        """Return who is written to."""
        return Audience(self.progress.until, self.admitted, self.without)


async def _unsent(user_id: int, text: str) -> Sent:
    """Send nothing."""
    del user_id, text
    return "failed"


class Broadcasts:
    """Write to everybody; `send` does it, `on_change` hears how it goes, and always of the end."""

    def __init__(self, db: Database, clock: Clock, *, reached: Reached = nothing) -> None:
        self._db = db
        self._clock = clock
        self._reached = reached
        self.send: Send = _unsent
        self.on_change: OnChange = nothing

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {RUN: self._run}

    async def begin(self, admitted: frozenset[int], without: int) -> Progress:
        """Return the beginning of a broadcast: everybody known by now."""
        audience = Audience(self._clock.now(), admitted, without)
        total = await self._db.read(lambda tx: users.count(tx, audience))
        return Progress(total=total, until=audience.until)

    async def start(self, work: Work) -> bool:
        """Begin or go on; False where this card's broadcast is under way already."""
        now, payload = self._clock.now(), work.model_dump(mode="json")
        made = await self._db.write(
            lambda tx: jobs.enqueue(tx, RUN, KEY, payload, now, dedup=work.card_id, owner=work.user_id)
        )
        return made is not None

    async def stop(self, card_id: str) -> Progress | None:
        """End a broadcast between two steps, wherever it runs; None where it has ended already.

        What is returned may be gone on from; who runs it may still tell what came of the last step.
        """
        job = await self._db.write(lambda tx: jobs.call_off(tx, RUN, card_id))
        if job is None or job.unreadable is not None:
            return None
        return Work.model_validate(job.payload).progress.taken_up()

    async def _run(self, job: Job, lease: Lease) -> None:
        work = Work.model_validate(job.payload)
        progress = work.progress.taken_up()
        try:
            progress = await self._steps(work, progress, lease)
        except _Stopped as stopped:
            # Its job is off the table, or another process has it, which tells of itself.
            lease.ended = True
            await self.on_change(work.card_id, stopped.progress, "stopped")
            return
        # Told before the job is finished: after a crash in between it is told again, which harms nobody.
        await self.on_change(work.card_id, progress, "done")
        await lease.finish()

    async def _steps(self, work: Work, progress: Progress, lease: Lease) -> Progress:
        steady = Steady(self._clock)
        told = steady.now()
        while people := await self._next(work, progress):
            before, progress = progress, progress.begun(people)
            await self._note(work, progress, lease, before)
            await self._reached("broadcast.noted")
            results = await asyncio.gather(*(self.send(person, work.text) for person in people))
            progress = progress.counted(list(results))
            await self._reached("broadcast.sent")
            if steady.now() - told >= TELL_EVERY:
                told = steady.now()
                await self._tell(work.card_id, progress)
        return progress

    async def _next(self, work: Work, progress: Progress) -> list[int]:
        return await self._db.read(lambda tx: users.after(tx, work.audience, progress.last, STEP))

    async def _note(self, work: Work, progress: Progress, lease: Lease, before: Progress) -> None:
        payload = work.model_copy(update={"progress": progress}).model_dump(mode="json")
        try:
            await lease.keep(payload)
        except LeaseLost:
            raise _Stopped(before) from None

    async def _tell(self, card_id: str, progress: Progress) -> None:
        try:
            await self.on_change(card_id, progress, "running")
        except Exception:
            # The next one, or the last, will show the same.
            log.exception("progress of a broadcast could not be shown")


class _Stopped(Exception):
    """Leave a broadcast that was stopped, at the progress it had."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress
