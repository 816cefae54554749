"""The uploads of all people: one at a time each, in the order they came, until they end or are ended."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

from clients.errors import ClientError, NotFound
from clients.fetch.fetcher import Fetcher
from services.clock import Clock
from services.errors import ServiceOff, UploadProblem
from services.jobs import JobHandler, Lease, RetryLater
from services.names import Service
from services.steps import Reached, nothing
from services.uploads.course import Course, Ended
from services.uploads.model import (
    MAX_BYTES,
    MAX_WAITING,
    OnChange,
    Opener,
    Source,
    Stage,
    Upload,
    UploadView,
)
from services.uploads.pace import Pace
from services.uploads.record import Detail, detail_of, kept, upload_of
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
# Shown of what has ended.
RECENT = 10
TIDY_AGAIN_SECONDS = 600.0
TIDY_TRIES = 6


async def _unheard(upload_id: int, view: UploadView, final: bool) -> None:
    """Tell nobody."""
    del upload_id, view, final


class Uploads:
    """Take uploads and run them; `on_change` hears of each now and then, and always of its end.

    `sources` opens what a kind of source names, `limits` are the most bytes a kind can give.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        targets: Mapping[str, Target],
        spool: Spool,
        *,
        fetcher: Fetcher | None = None,
        pace: Pace | None = None,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._targets = targets
        self._spool = spool
        self._pace = pace or Pace()
        self._reached = reached
        self._courses: dict[int, tuple[Course, asyncio.Task[None]]] = {}
        self.on_change: OnChange = _unheard
        self.sources: dict[str, Opener] = {}
        self.limits: dict[str, int] = {}
        if fetcher is not None:
            self.sources["url"] = lambda source, offset, validator: fetcher.open(
                source.ref, offset, validator
            )

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; they last long, so they have a runner of their own."""
        return {RUN: self._run, TIDY: self._tidy}

    async def resume(self) -> None:
        """Sweep the spool of what a killed process left, and see that all have jobs; call it at the start."""
        now = self._clock.now()

        async def work(tx: Tx) -> dict[int, int]:
            under_way = await uploads.under_way(tx)
            for upload_id, user_id in under_way.items():
                # Nothing happens where there is one; a job given up must not leave its upload hanging.
                await self._enqueue(tx, upload_id, user_id, now)
            return under_way

        await self._spool.sweep(await self._db.write(work))

    def close(self) -> None:
        """End the threads; call it when no job runs any more."""
        self._spool.close()

    async def add(
        self,
        user_id: int,
        chat_id: int,
        source: Source,
        folder: str,
        card_id: str | None = None,
        *,
        service: Service = Service.DISKTOP,
    ) -> Upload:
        """Have something uploaded; raises ServiceOff, NotLinked, LinkLost and UploadProblem."""
        self._check(source, service)
        await self._targets[service].ready(user_id)
        now = self._clock.now()

        async def work(tx: Tx) -> Row:
            if await uploads.count(tx, user_id) >= MAX_WAITING:
                raise UploadProblem("too_many", service, limit=MAX_WAITING)
            row = await uploads.add(
                tx,
                user_id=user_id,
                chat_id=chat_id,
                card_id=card_id,
                service=service,
                folder=folder,
                detail=kept(Detail(source=source)),
                now=now,
            )
            await self._enqueue(tx, row.id, user_id, now)
            return row

        row = await self._db.write(work)
        await self._reached("upload.added")
        return upload_of(row)

    def _check(self, source: Source, service: Service) -> None:
        if service not in self._targets:
            raise ServiceOff(service)
        size, limit = source.size or 0, self.limits.get(source.kind)
        if limit is not None and size > limit:
            raise UploadProblem("too_big_for_bot", service, limit=limit)
        if size > MAX_BYTES:
            raise UploadProblem("too_big", service, limit=MAX_BYTES)

    async def _enqueue(self, tx: Tx, upload_id: int, user_id: int, now: float) -> None:
        await jobs.enqueue(tx, RUN, str(user_id), {"upload_id": upload_id}, now, dedup=str(upload_id))

    async def place(self, upload_id: int, card_id: str | None) -> None:
        """Note the card that shows an upload."""
        await self._db.write(lambda tx: uploads.place(tx, upload_id, card_id))

    async def get(self, upload_id: int) -> Upload:
        """Return an upload; raises UploadProblem(unknown)."""
        return (await self.view(upload_id)).upload

    async def view(self, upload_id: int) -> UploadView:
        """Return an upload as it is now; raises UploadProblem(unknown)."""

        async def look(tx: Tx) -> tuple[Row | None, int]:
            row = await uploads.get(tx, upload_id)
            waits = row is not None and row.stage == Stage.WAITING
            return row, await uploads.ahead(tx, row) if row is not None and waits else 0

        row, ahead = await self._db.read(look)
        if row is None:
            raise UploadProblem("unknown")
        return self._view(row, ahead)

    async def of(self, user_id: int) -> tuple[UploadView, ...]:
        """Return a person's uploads: those under way in their order, then what ended lately."""
        rows = await self._db.read(lambda tx: uploads.of(tx, user_id, RECENT))
        return tuple(
            self._view(row, place if row.stage == Stage.WAITING else 0) for place, row in enumerate(rows)
        )

    def _view(self, row: Row, ahead: int = 0) -> UploadView:
        running = self._courses.get(row.id)
        if running is None or Stage(row.stage).over:
            upload = upload_of(row)
            sent = upload.size or 0 if upload.stage is Stage.DONE else 0
            return UploadView(upload, sent=sent, total=upload.size, ahead=ahead)
        view = running[0].view
        # The card and the folder may have been changed beside the run.
        return replace(view, upload=replace(view.upload, card_id=row.card_id, folder=row.folder), ahead=ahead)

    async def cancel(self, upload_id: int) -> UploadView:
        """End an upload that is under way; one that has ended stays as it is."""
        now = self._clock.now()

        async def work(tx: Tx) -> Row | None:
            # The job first, as a run does it: two orders of locks would wait for each other.
            await jobs.cancel(tx, RUN, str(upload_id))
            row = await uploads.cancel(tx, upload_id, now)
            if row is not None:
                await self._drop_session(tx, row, now)
            return row

        await self._known(upload_id)
        ended = await self._db.write(work)
        await self._reached("upload.cancelled")
        await self._stop(upload_id)
        view = self._view(ended or await self._known(upload_id))
        if ended is not None:
            await self.on_change(upload_id, view, True)
        return view

    async def _known(self, upload_id: int) -> Row:
        row = await self._db.read(lambda tx: uploads.get(tx, upload_id))
        if row is None:
            raise UploadProblem("unknown")
        return row

    async def _drop_session(self, tx: Tx, row: Row, now: float) -> None:
        session = detail_of(row).session
        if session is None:
            return
        payload = {
            "service": row.service,
            "user_id": row.user_id,
            "session": session.model_dump(mode="json"),
            "tries": 0,
        }
        await jobs.enqueue(tx, TIDY, str(row.id), payload, now)

    async def _stop(self, upload_id: int) -> None:
        """End the run of an upload in this process, and delete what it fetched."""
        running = self._courses.get(upload_id)
        if running is not None:
            running[1].cancel()
            await asyncio.wait([running[1]])
        await self._spool.drop(upload_id)

    async def retry(self, upload_id: int, *, folder: str | None = None) -> UploadView:
        """Have an upload that failed or was cancelled wait again, for another folder if one is given.

        Any other stays as it is; raises ServiceOff, NotLinked and LinkLost.
        """
        now, before = self._clock.now(), await self._known(upload_id)
        detail = detail_of(before)
        session = detail.session if before.stage == Stage.FAILED else None
        fresh = detail.but(puts_off=0, damages=0, trouble=None, session=session)

        async def work(tx: Tx) -> Row | None:
            await jobs.cancel(tx, RUN, str(upload_id))
            row = await uploads.reopen(tx, upload_id, kept(fresh), now)
            if row is not None:
                row = await uploads.move(tx, upload_id, folder) if folder is not None else row
                await self._enqueue(tx, upload_id, before.user_id, now)
            return row

        if Stage(before.stage) in (Stage.FAILED, Stage.CANCELLED):
            await self._targets[before.service].ready(before.user_id)
            await self._db.write(work)
        return await self.view(upload_id)

    async def move_to(self, upload_id: int, folder: str) -> Upload | None:
        """Change where an upload goes; None when it no longer waits."""
        row = await self._db.write(lambda tx: uploads.move(tx, upload_id, folder))
        return None if row is None else upload_of(row)

    async def _run(self, job: Job, lease: Lease) -> None:
        """Do the job of one upload."""
        upload_id = int(job.payload["upload_id"])
        row = await self._db.read(lambda tx: uploads.get(tx, upload_id))
        if row is None or row.stage == Stage.CANCELLED:
            return
        course = Course(row, lease, self._clock, self._pace, self._reached, lambda: self.on_change)
        run = Run(course, lease, self._spool, self._targets[row.service], self.sources)
        task = asyncio.create_task(run.work())
        self._courses[upload_id] = course, task
        try:
            await self._await(task, lease, course)
        finally:
            self._courses.pop(upload_id, None)

    async def _await(self, task: asyncio.Task[None], lease: Lease, course: Course) -> None:
        """Wait for a run; one that its person ended has no job any more."""
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        if task.cancelled() or isinstance(task.exception(), Ended):
            lease.ended = True
            await self._spool.drop(course.row.id)
            return
        task.result()

    async def _tidy(self, job: Job, lease: Lease) -> None:
        """Have a drive drop the parts of an upload that was ended; so often, then they die of age."""
        payload = job.payload
        session = Session.model_validate(payload["session"])
        try:
            await self._targets[payload["service"]].abort(int(payload["user_id"]), session)
        except NotFound:
            return
        except ClientError as error:
            if payload["tries"] >= TIDY_TRIES:
                return
            await lease.keep({**payload, "tries": payload["tries"] + 1})
            raise RetryLater(TIDY_AGAIN_SECONDS) from error
