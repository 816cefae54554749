"""One upload under way: what is known of it, written under its lease and shown while it moves."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from services.clock import Clock
from services.jobs import Lease
from services.steps import Reached
from services.uploads.model import OnChange, Stage, UploadView
from services.uploads.pace import UploadPace
from services.uploads.progress import Meter
from services.uploads.record import Detail, detail_of, kept, upload_of
from storage import uploads
from storage.tx import Tx
from storage.uploads import Row

log = logging.getLogger(__name__)


class Ended(Exception):
    """Say that the upload was ended by its person while it ran."""


class Course:
    """Hold the state of one upload that this process runs."""

    def __init__(
        self,
        row: Row,
        lease: Lease,
        clock: Clock,
        pace: UploadPace,
        reached: Reached,
        tell: Callable[[], OnChange],
    ) -> None:
        self.row = row
        self.detail: Detail = detail_of(row)
        self.stage = Stage(row.stage)
        self.meter = Meter(clock)
        self.pace = pace
        self.reached = reached
        self.headway = False
        self._lease = lease
        self._clock = clock
        self._tell = tell
        self._shown: tuple[Stage, int] | None = None

    @property
    def view(self) -> UploadView:
        """Return the upload as it is now."""
        meter, upload = self.meter, upload_of(self.row, self.detail, self.stage)
        if self.stage is Stage.DONE:
            return UploadView(upload, sent=upload.size or 0, total=upload.size)
        return UploadView(upload, meter.sent, meter.total, meter.speed, meter.seconds_left)

    async def note(
        self,
        stage: Stage,
        *,
        retry_at: float | None = None,
        also: Callable[[Tx], Awaitable[None]] | None = None,
        **changes: Any,
    ) -> None:
        """Write how far it is, so that another process can go on from here; `also` in the same commit."""
        detail, now = self.detail.but(**changes), self._clock.now()

        async def work(tx: Tx) -> None:
            if not await uploads.note(tx, self.row.id, stage, kept(detail), now, retry_at):
                raise Ended
            if also is not None:
                await also(tx)

        await self._lease.write(work)
        self.detail, self.stage = detail, stage
        self.row = replace(self.row, stage=stage, retry_at=retry_at, updated_at=now)
        await self.reached(f"upload.{stage}")

    async def wait(self, cuts: int) -> None:
        """Pause after a cut."""
        await self.sleep(self.pace.pause_after(cuts))

    async def sleep(self, seconds: float) -> None:
        """Wait so long."""
        await self._clock.sleep(seconds)

    async def others_wait(self) -> bool:
        """Tell whether somebody waits for a place."""
        return await self._lease.others_wait()

    def tried(self, cuts: int, since: float) -> bool:
        """Tell whether enough was tried in one go: so many cuts in a row, or since so long ago."""
        return cuts > self.pace.cuts or self.now() - since >= self.pace.asking

    def now(self) -> float:
        """Return the time."""
        return self._clock.now()

    def moved(self, count: int) -> None:
        """Count bytes that moved."""
        self.meter.add(count)
        self.headway = self.headway or count > 0

    async def tell(self, *, final: bool) -> None:
        """Show it as it is now."""
        self._shown = (self.stage, self.meter.sent)
        await self._tell()(self.row.id, self.view, final)

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show how it goes while the context is open, by the pace."""
        task = asyncio.create_task(self._show())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _show(self) -> None:
        while True:
            await self._clock.sleep(self.pace.every)
            if self._shown == (self.stage, self.meter.sent):
                continue
            try:
                await self.tell(final=False)
            except Exception:
                # The next one, or the last, will show the same.
                log.exception("progress of an upload could not be shown")
