"""After a video is up: its transcoding is followed until it ends, over restarts, and the end is told once."""

from collections.abc import Callable

from clients.errors import ClientError, RateLimited
from services.clock import Clock
from services.errors import LinkLost, NotLinked, ServiceOff, UploadProblem
from services.jobs import JobHandler, Lease, RetryLater
from services.mika import Videos, tasks
from services.mika.transcoding import ENDED, WATCH, Wish
from services.notices import card_changed, notice
from services.steps import Reached
from services.uploads.about import About
from services.uploads.looking import Looking
from services.uploads.model import OnChange, Stage, Stored, Transcode, UploadView
from services.uploads.record import Detail, detail_of, kept, upload_of
from storage import jobs, uploads
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from storage.uploads import Row

FOLLOW = "upload.follow"
READY = "video_ready"
# Seconds between two looks: at a task, and at a video whose task is not shown to its person; after a fault.
EVERY, BLIND_EVERY, AFTER_FAULT = 3.0, 20.0, 30.0
# What takes so long is looked at less often, and after so much longer no more.
PATIENCE, SLOWER, LONGEST = 1800.0, 5, 2 * 86_400.0
# Ends that the card tells, and nothing else: nothing came of it, or nobody knows.
UNTOLD = frozenset({"gone", "lost", "cancelled"})


class Following:
    """Follow videos that were uploaded."""

    def __init__(
        self, db: Database, clock: Clock, videos: Videos, reached: Reached, tell: Callable[[], OnChange]
    ) -> None:
        self._db = db
        self._clock = clock
        self._videos = videos
        self._reached = reached
        self._tell = tell

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; they are many and short."""
        return {FOLLOW: self._look}

    async def describe(self, upload_id: int, about: About) -> None:
        """Change what is said of a video, before or after it is up."""
        now = self._clock.now()

        async def work(tx: Tx) -> None:
            row = await uploads.describe(tx, upload_id, about.written())
            if row is not None and row.stage == Stage.DONE:
                await follow(tx, row.id, row.user_id, now)

        await self._db.write(work)

    async def again(self, upload_id: int) -> None:
        """Have a failed task tried again, and follow it; raises Forbidden without the rights."""
        row = await self._db.read(lambda tx: uploads.get(tx, upload_id))
        seen = None if row is None else detail_of(row).transcode
        if row is None or seen is None or seen.task_id is None:
            raise UploadProblem("unknown")
        user_id, task_id, now = row.user_id, seen.task_id, self._clock.now()
        await tasks.again(self._videos, user_id, task_id)
        fresh = seen.model_copy(update={"state": "pending", "progress": 0, "log": "", "since": now})
        detail = detail_of(row).but(transcode=fresh)

        async def work(tx: Tx) -> None:
            await uploads.after(tx, upload_id, kept(detail), now)
            await follow(tx, upload_id, user_id, now)

        await self._db.write(work)

    async def _look(self, job: Job, lease: Lease) -> None:
        """Do the job of one look; it comes again until the transcoding is over."""
        row = await self._db.read(lambda tx: uploads.get(tx, int(job.payload["upload_id"])))
        if row is None or row.stage != Stage.DONE:
            return
        detail = detail_of(row)
        before = detail.transcode or Transcode(since=self._clock.now())
        stored, seen = await self._seen(row, detail, before)
        await self._reached("upload.looked")
        now_known = detail.but(stored=stored, transcode=seen)
        if seen.over:
            await lease.finish(lambda tx: self._end(tx, row, now_known, seen))
            await self._reached("upload.followed")
            return
        if now_known != detail:
            await lease.write(lambda tx: self._keep(tx, row, now_known))
            await self._reached("upload.followed")
            await self._tell()(row.id, UploadView(upload_of(row, now_known)), False)
        raise RetryLater(self._pause(seen))

    async def _seen(self, row: Row, detail: Detail, before: Transcode) -> tuple[Stored | None, Transcode]:
        """Look; an account that is gone, and a video nobody could see for days, are followed no more."""
        late = self._clock.now() - before.since > LONGEST
        lost = before.model_copy(update={"state": "lost"})
        try:
            stored, seen = await Looking(self._videos, row).at(detail, before)
        except (NotLinked, LinkLost):
            return detail.stored, lost
        except RateLimited as error:
            raise RetryLater(max(AFTER_FAULT, error.retry_after)) from error
        except (ClientError, ServiceOff) as error:
            if not late:
                raise RetryLater(AFTER_FAULT) from error
            return detail.stored, lost
        return stored, lost if late and not seen.over else seen

    def _pause(self, seen: Transcode) -> float:
        every = BLIND_EVERY if seen.blind else EVERY
        return every if self._clock.now() - seen.since < PATIENCE else every * SLOWER

    async def _keep(self, tx: Tx, row: Row, detail: Detail) -> None:
        await uploads.after(tx, row.id, kept(detail), self._clock.now())

    async def _end(self, tx: Tx, row: Row, detail: Detail, seen: Transcode) -> None:
        """Write the end, have the card show it and the person told, all in one commit."""
        now, current = self._clock.now(), await uploads.get(tx, row.id)
        if current is None:
            return
        await self._keep(tx, row, detail)
        await card_changed(tx, row.user_id, current.card_id, now=now)
        if current.folder != row.folder:
            # What is to be said of it was changed a moment ago: that is done by another look.
            await follow(tx, row.id, row.user_id, now)
        elif seen.state not in UNTOLD:
            await _tell_end(tx, row, detail, seen, now)


async def _tell_end(tx: Tx, row: Row, detail: Detail, seen: Transcode, now: float) -> None:
    """Have a person told of the end, unless they are told of such ends anyway."""
    video_id = detail.stored.file_id if detail.stored is not None else None
    title = About.read(row.folder).titled(detail.name)
    if seen.task_id is None:
        await notice(tx, row.user_id, READY, now=now, video_id=video_id, title=title, state=seen.state)
        return
    for task_id in (0, seen.task_id):
        if await jobs.is_open(tx, WATCH, Wish(row.user_id, row.user_id, task_id=task_id).mark):
            return
    await notice(
        tx,
        row.user_id,
        ENDED,
        now=now,
        task_id=seen.task_id,
        status=seen.state,
        video_id=video_id,
        title=title,
        progress=seen.progress,
        log=seen.log,
    )


async def follow(tx: Tx, upload_id: int, user_id: int, now: float) -> None:
    """Look after a video that is up; nothing happens where that is being done."""
    mark = str(upload_id)
    await jobs.enqueue(tx, FOLLOW, mark, {"upload_id": upload_id}, now, dedup=mark, owner=user_id)
