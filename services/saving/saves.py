"""Saves as jobs: they survive a restart, hold up nobody's chat, tell how far they are, and can be stopped."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from clients.errors import ClientError
from services.clock import Clock, Steady
from services.errors import ServiceError
from services.jobs import JobHandler, Lease, LeaseLost
from services.saving.copying import Progress
from services.saving.transfers import SaveResult, Transfers
from services.saving.trees import Pick
from services.steps import Reached, nothing
from storage import jobs
from storage.database import Database
from storage.jobs import Job

log = logging.getLogger(__name__)

RUN = "save.run"
# What is over sooner than this shows no progress, and between two edits lies as much.
TELL_EVERY = 2.0


@dataclass(frozen=True)
class Moment:
    """Be a save at one moment; at its end there is a result, or the error that ended it."""

    progress: Progress
    result: SaveResult | None = None
    error: Exception | None = None


OnChange = Callable[[str, Moment, bool], Awaitable[None]]


class _Stopped(Exception):
    """Leave a save that its person stopped."""


@dataclass
class _SaveRun:
    """One run of a save, here: how far it is, and whether its person stopped it."""

    card_id: str
    progress: Progress = field(default_factory=Progress)
    stopped: bool = False


class Saves:
    """Run saves; `on_change(card_id, state, final)` is called now and then, and always at the end."""

    def __init__(
        self, db: Database, clock: Clock, transfers: Transfers, *, reached: Reached = nothing
    ) -> None:
        self._db = db
        self._clock = clock
        self._transfers = transfers
        self._reached = reached
        self._runs: dict[str, _SaveRun] = {}
        self.on_change: OnChange = nothing

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {RUN: self.run}

    async def start(
        self, user_id: int, card_id: str, surl: str, picks: Sequence[Pick], dest: str, code: str | None
    ) -> bool:
        """Begin a save; False when this card's save is under way already. One person's go one by one."""
        payload = {
            "user_id": user_id,
            "card_id": card_id,
            "surl": surl,
            "code": code,
            "dest": dest,
            "picks": [pick.model_dump(mode="json") for pick in picks],
        }
        now = self._clock.now()
        made = await self._db.write(
            lambda tx: jobs.enqueue(tx, RUN, str(user_id), payload, now, dedup=card_id, owner=user_id)
        )
        await self._reached("save.started")
        return made is not None

    async def stop(self, card_id: str) -> None:
        """End a save between two copies, wherever it runs; what was saved stays."""
        run = self._runs.get(card_id)
        if run is not None:
            run.stopped = True
        await self._db.write(lambda tx: jobs.cancel(tx, RUN, card_id))

    def progress(self, card_id: str) -> Progress | None:
        """Return how far a save is, None where this process does not run it."""
        run = self._runs.get(card_id)
        return None if run is None else run.progress

    async def run(self, job: Job, lease: Lease) -> None:
        """Do one save, or what a restart left of it."""
        card_id = str(job.payload["card_id"])
        # By the run and not by the card: one that was stopped may still end while the next one waits.
        run = self._runs[card_id] = _SaveRun(card_id)
        try:
            await self._run(run, job, lease)
        except _Stopped:
            # Its card says so already, and its job should be off the table.
            with suppress(LeaseLost):
                await lease.finish()
            lease.ended = True
        finally:
            if self._runs.get(card_id) is run:
                del self._runs[card_id]

    async def _run(self, run: _SaveRun, job: Job, lease: Lease) -> None:
        try:
            final = await self._end(run, job, lease)
        except LeaseLost:
            if run.stopped:
                raise _Stopped from None
            raise
        if run.stopped:
            raise _Stopped
        # Told before the job is finished: after a crash in between it is told again, which harms nobody.
        await self._reached("save.done")
        await self.on_change(run.card_id, final, True)
        await lease.finish()

    async def _end(self, run: _SaveRun, job: Job, lease: Lease) -> Moment:
        told = _ProgressListener(self, self._clock, self._reached, run, job, lease)
        try:
            result = told.final(await self._save(job.payload, told, lease))
        except (ClientError, ServiceError) as error:
            return Moment(run.progress, error=error)
        return Moment(run.progress, result=result)

    async def _save(self, payload: dict[str, Any], told: "_ProgressListener", lease: Lease) -> SaveResult:
        picks = [Pick.model_validate(pick) for pick in payload["picks"]]
        user_id, dest, code = int(payload["user_id"]), payload["dest"], payload["code"]
        return await self._transfers.save(user_id, payload["surl"], picks, dest, code, told=told, lease=lease)

    async def note(self, run: _SaveRun, progress: Progress, *, show: bool) -> None:
        """Note how far a save is, and leave it where it was stopped."""
        run.progress = progress
        if run.stopped:
            raise _Stopped
        if not show:
            return
        try:
            await self.on_change(run.card_id, Moment(progress), False)
        except Exception:
            # The next one, or the last, will show the same.
            log.exception("progress of a save could not be shown")


class _ProgressListener:
    """Hear how far a save is; after a restart, what was copied before counts as saved."""

    def __init__(
        self, saves: Saves, clock: Clock, reached: Reached, run: _SaveRun, job: Job, lease: Lease
    ) -> None:
        self._saves = saves
        self._clock = Steady(clock)
        self._reached = reached
        self._run = run
        self._payload = job.payload
        self._lease = lease
        self._before = int(job.payload.get("saved", 0)), int(job.payload.get("bytes", 0))
        self._kept = self._before[0]
        self._shown = self._clock.now()

    async def __call__(self, progress: Progress) -> None:
        mine = self._counted(progress)
        if mine.saved > self._kept and progress.saved:
            self._kept = mine.saved
            await self._lease.keep({**self._payload, "saved": mine.saved, "bytes": mine.bytes})
            await self._reached("save.copied")
        now = self._clock.now()
        show = now - self._shown >= TELL_EVERY
        if show:
            self._shown = now
        await self._saves.note(self._run, mine, show=show)

    def _counted(self, progress: Progress) -> Progress:
        ours = min(self._before[0], progress.already)
        size = self._before[1] if ours else 0
        return replace(
            progress,
            saved=progress.saved + ours,
            already=progress.already - ours,
            bytes=progress.bytes + size,
        )

    def final(self, result: SaveResult) -> SaveResult:
        """Return the result with what was copied before a restart."""
        counted = self._counted(Progress(saved=result.saved, already=result.already, bytes=result.bytes))
        return replace(result, saved=counted.saved, already=counted.already, bytes=counted.bytes)
