"""The uploads of all people: one at a time each, in the order they came, until they end or are ended."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate

from clients.fetch.fetcher import Fetcher
from services.clock import Clock
from services.drive import Drive
from services.errors import LinkLost, NotLinked, ServiceOff, UploadProblem
from services.jobs import JobHandler
from services.mika import Videos
from services.names import Service
from services.steps import Reached, nothing
from services.uploads.drivefiles import opener
from services.uploads.following import Following
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
from services.uploads.pace import UploadPace
from services.uploads.record import Detail, detail_of, kept, upload_of
from services.uploads.running import RUN, Running, begin, tidy
from services.uploads.spool import Spool
from services.uploads.targets import Target
from storage import jobs, uploads
from storage.database import Database
from storage.tx import Tx
from storage.uploads import Row

# Shown of what has ended.
RECENT = 10


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
        videos: Videos,
        *,
        fetcher: Fetcher | None = None,
        drive: Drive | None = None,
        pace: UploadPace | None = None,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._targets = targets
        self._spool = spool
        self._reached = reached
        self.on_change: OnChange = _unheard
        self.sources: dict[str, Opener] = {}
        self.limits: dict[str, int] = {}
        self.following = Following(db, clock, videos, reached, lambda: self.on_change)
        self._running = Running(
            db, clock, targets, self.sources, spool, pace or UploadPace(), reached, lambda: self.on_change
        )
        if fetcher is not None:
            self.sources["url"] = lambda source, offset, validator: fetcher.open(
                source.ref, offset, validator
            )
        if fetcher is not None and drive is not None:
            self.sources["drive"] = opener(drive, fetcher)

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; they last long, so they have a runner of their own."""
        return self._running.jobs()

    async def resume(self) -> None:
        """Sweep the spool of what a killed process left, and see that all have jobs; call it at the start."""
        now = self._clock.now()

        async def work(tx: Tx) -> dict[int, int]:
            under_way = await uploads.under_way(tx)
            for upload_id, user_id in under_way.items():
                # A job that was given up must not leave its upload hanging.
                await begin(tx, upload_id, user_id, now)
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
            await begin(tx, row.id, user_id, now)
            return row

        row = await self._db.write(work)
        await self._reached("upload.added")
        return upload_of(row)

    async def ready(self, user_id: int, service: Service) -> bool:
        """Tell whether somebody can upload to a place at all."""
        try:
            await self._targets[service].ready(user_id)
        except (ServiceOff, NotLinked, LinkLost):
            return False
        return True

    def _check(self, source: Source, service: Service) -> None:
        if service not in self._targets:
            raise ServiceOff(service)
        size, limit = source.size or 0, self.limits.get(source.kind)
        if limit is not None and size > limit:
            raise UploadProblem("too_big_for_bot", service, limit=limit)
        if size > MAX_BYTES:
            raise UploadProblem("too_big", service, limit=MAX_BYTES)

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
        # One that waits for another try lets the others go first.
        first = list(accumulate((row.retry_at is None for row in rows), initial=0))
        return tuple(
            self._view(row, ahead if row.stage == Stage.WAITING else 0)
            for row, ahead in zip(rows, first, strict=False)
        )

    def _view(self, row: Row, ahead: int = 0) -> UploadView:
        course = self._running.course(row.id)
        if course is None or Stage(row.stage).over:
            upload = upload_of(row)
            sent = upload.size or 0 if upload.stage is Stage.DONE else 0
            return UploadView(upload, sent=sent, total=upload.size, ahead=ahead)
        view = course.view
        # The card, the folder and what is said of a video may have been changed beside the run.
        own = upload_of(row)
        changed = replace(view.upload, card_id=own.card_id, folder=own.folder, about=own.about)
        return replace(view, upload=changed, ahead=ahead)

    async def cancel(self, upload_id: int) -> UploadView:
        """End an upload that is under way; one that has ended stays as it is."""
        now = self._clock.now()

        async def work(tx: Tx) -> Row | None:
            found = await uploads.get(tx, upload_id)
            if found is None or Stage(found.stage).over:
                return None
            # The job first, as a run does it: two orders of locks would wait for each other.
            await jobs.cancel(tx, RUN, str(upload_id))
            row = await uploads.cancel(tx, upload_id, now)
            if row is not None and (session := detail_of(row).session) is not None:
                await tidy(tx, row, session, now)
            return row

        ended = await self._db.write(work)
        if ended is None:
            return await self.view(upload_id)
        await self._reached("upload.cancelled")
        await self._running.stop(upload_id)
        view = self._view(ended)
        await self.on_change(upload_id, view, True)
        return view

    async def _known(self, upload_id: int) -> Row:
        row = await self._db.read(lambda tx: uploads.get(tx, upload_id))
        if row is None:
            raise UploadProblem("unknown")
        return row

    async def will(self, tx: Tx, user_id: int, now: float) -> None:
        """Have the parts dropped at the drives of what somebody uploads who is about to be forgotten."""
        for row in await uploads.of(tx, user_id, 0):
            if (session := detail_of(row).session) is not None:
                await tidy(tx, row, session, now)

    async def dismiss(self) -> None:
        """End the runs whose uploads are gone, and delete what was fetched for them."""
        under_way = await self._db.read(uploads.under_way)
        for upload_id in self._running.ids - under_way.keys():
            await self._running.stop(upload_id)
        await self._spool.sweep(under_way)

    async def sweep(self) -> None:
        """Delete what was fetched for uploads that are over: another replica may have ended them."""
        await self._spool.sweep(await self._db.read(uploads.under_way))

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
                await begin(tx, upload_id, before.user_id, now)
            return row

        if Stage(before.stage) in (Stage.FAILED, Stage.CANCELLED):
            await self._targets[before.service].ready(before.user_id)
            await self._db.write(work)
        return await self.view(upload_id)

    async def move_to(self, upload_id: int, folder: str) -> Upload | None:
        """Change where an upload goes; None when it no longer waits."""
        row = await self._db.write(lambda tx: uploads.move(tx, upload_id, folder))
        return None if row is None else upload_of(row)
