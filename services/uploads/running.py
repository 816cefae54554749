"""The jobs of uploads: runs that can be stopped, and what is left to tidy up at a drive."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from clients.errors import ClientError, NotFound
from services.clock import Clock
from services.errors import for_log
from services.jobs import JobHandler, Lease, LeaseLost, RetryLater
from services.steps import Reached
from services.uploads.course import Course, Ended
from services.uploads.model import OnChange, Opener, Stage
from services.uploads.pace import UploadPace
from services.uploads.run import Run
from services.uploads.spool import Spool
from services.uploads.targets import Session, Target
from storage import jobs, uploads
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from storage.uploads import Row

log = logging.getLogger(__name__)

RUN = "upload.run"
TIDY = "upload.tidy"
TIDY_AGAIN_SECONDS = 600.0
TIDY_TRIES = 6


class Running:
    """Run the uploads of this process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        targets: Mapping[str, Target],
        sources: Mapping[str, Opener],
        spool: Spool,
        pace: UploadPace,
        reached: Reached,
        tell: Callable[[], OnChange],
    ) -> None:
        self._db = db
        self._clock = clock
        self._targets = targets
        self._sources = sources
        self._spool = spool
        self._pace = pace
        self._reached = reached
        self._tell = tell
        self._under_way: dict[int, tuple[Course, asyncio.Task[None]]] = {}

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {RUN: self._run, TIDY: self._tidy}

    def course(self, upload_id: int) -> Course | None:
        """Return an upload that runs in this process."""
        found = self._under_way.get(upload_id)
        return None if found is None else found[0]

    @property
    def ids(self) -> set[int]:
        """Return what runs in this process."""
        return set(self._under_way)

    async def stop(self, upload_id: int) -> None:
        """End a run whose upload was ended, and delete what it fetched."""
        found = self._under_way.get(upload_id)
        if found is not None:
            found[1].cancel()
            await asyncio.wait([found[1]])
        await self._spool.drop(upload_id)

    async def _run(self, job: Job, lease: Lease) -> None:
        """Do the job of one upload."""
        upload_id = int(job.payload["upload_id"])
        row = await self._row(upload_id)
        if row is None or row.stage == Stage.CANCELLED:
            return
        course = Course(row, lease, self._clock, self._pace, self._reached, self._tell)
        run = Run(course, lease, self._spool, self._targets[row.service], self._sources)
        task = asyncio.create_task(run.work())
        mine = self._under_way[upload_id] = course, task
        try:
            await self._await(task, lease, upload_id)
        finally:
            # One that was cancelled and begun again may be in its place already.
            if self._under_way.get(upload_id) is mine:
                del self._under_way[upload_id]

    async def _row(self, upload_id: int) -> Row | None:
        return await self._db.read(lambda tx: uploads.get(tx, upload_id))

    async def _await(self, task: asyncio.Task[None], lease: Lease, upload_id: int) -> None:
        """Wait for a run; one that its person ended has no job any more, wherever that was asked for."""
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            await self._forget(upload_id)
            raise
        if task.cancelled() or isinstance(task.exception(), (Ended, LeaseLost)):
            await self._forget(upload_id)
            lease.ended = True
            return
        task.result()

    async def _forget(self, upload_id: int) -> None:
        """Delete what was fetched for an upload that has ended meanwhile."""
        row = await self._row(upload_id)
        if row is None or Stage(row.stage).over:
            await self._spool.drop(upload_id)

    async def _tidy(self, job: Job, lease: Lease) -> None:
        """Have a drive drop the parts of an upload that was ended; so often, then they die of age."""
        payload = job.payload
        session = Session.model_validate(payload["session"])
        try:
            await self._targets[payload["service"]].abort(session)
        except NotFound:
            return
        except ClientError as error:
            if payload["tries"] >= TIDY_TRIES:
                log.warning(
                    "parts of an upload stay at %s", payload["service"], extra={"error": for_log(error)}
                )
                return
            await lease.keep({**payload, "tries": payload["tries"] + 1})
            raise RetryLater(TIDY_AGAIN_SECONDS) from error


async def begin(tx: Tx, upload_id: int, user_id: int, now: float) -> None:
    """Enqueue the run of an upload; nothing happens where there is one."""
    payload, mark = {"upload_id": upload_id}, str(upload_id)
    await jobs.enqueue(tx, RUN, str(user_id), payload, now, dedup=mark, owner=user_id)


async def tidy(tx: Tx, row: Row, session: Session, now: float) -> None:
    """Have the parts of an upload that was ended dropped at its drive."""
    kept = session.model_dump(mode="json")
    payload = {"service": row.service, "session": kept, "tries": 0}
    # It is done for the drive's sake, and also where its person is forgotten meanwhile.
    await jobs.enqueue(tx, TIDY, str(row.id), payload, now, owner=jobs.NOBODY)
