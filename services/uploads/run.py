"""One run of an upload, from wherever the last one left it to its end or to a pause."""

import errno
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from clients.errors import ClientError
from services.errors import ServiceError, ServiceOff, UploadProblem, for_log
from services.jobs import Lease, LeaseLost, RetryLater
from services.uploads.about import About
from services.uploads.course import Course, Ended
from services.uploads.delivering import Delivering
from services.uploads.failures import Unjoined, Verdict, judge
from services.uploads.fetching import Fetching
from services.uploads.following import follow
from services.uploads.model import Opener, Stage, Stored, Transcode
from services.uploads.record import Trouble
from services.uploads.room import NoRoom
from services.uploads.spool import Spool
from services.uploads.spoolfile import SpoolFile, SpoolLost
from services.uploads.targets import Damaged, Target
from services.uploads.turns import GivesWay

log = logging.getLogger(__name__)

# However long a service asks to be left alone.
LONGEST_DELAY = 3600.0


class Run:
    """Do one upload."""

    def __init__(
        self, course: Course, lease: Lease, spool: Spool, target: Target, sources: Mapping[str, Opener]
    ) -> None:
        self._course = course
        self._lease = lease
        self._spool = spool
        self._target = target
        self._sources = sources

    async def work(self) -> None:
        """Go on until the end, which is told before the job is finished; raises RetryLater for a pause."""
        course = self._course
        if not course.stage.over:
            async with course.shown():
                await self._to_the_end()
        await self._spool.drop(course.row.id)
        # Told before the job is finished: after a crash in between it is told again, which harms nobody.
        await course.tell(final=True)
        await self._lease.finish()

    async def _to_the_end(self) -> None:
        course = self._course
        try:
            stored = await self._deliver()
        except (Ended, LeaseLost):
            raise
        except GivesWay:
            await self._give_way()
        except Exception as error:  # noqa: BLE001 - whatever it is, the person is told of it
            await self._fail(error)
            return
        ended: dict[str, Any] = {"stored": stored, "session": None, "trouble": None, "puts_off": 0}
        if not self._target.follows:
            await course.note(Stage.DONE, **ended)
            return
        row, now = course.row, course.now()
        await course.note(
            Stage.DONE,
            also=lambda tx: follow(tx, row.id, row.user_id, now),
            arrived="",
            transcode=Transcode(since=now, told=_said(course)),
            **ended,
        )

    async def _deliver(self) -> Stored:
        """Fetch what is not in the spool, then send it."""
        course = self._course
        await self._target.ready(course.row.user_id)
        file = await self._spool.open(course.row.id)
        try:
            while True:
                try:
                    if not self._whole(file):
                        await Fetching(course, self._spool, file, self._opener()).run()
                    return await Delivering(course, self._target, file).run()
                except (Damaged, SpoolLost) as error:
                    await self._again(error, file)
        finally:
            await self._spool.shut(course.row.id)

    def _whole(self, file: SpoolFile) -> bool:
        detail = self._course.detail
        return detail.md5 is not None and file.length == detail.size

    def _opener(self) -> Opener:
        kind = self._course.detail.source.kind
        if kind not in self._sources:
            raise ServiceOff(kind)
        return self._sources[kind]

    async def _again(self, error: Damaged | SpoolLost, file: SpoolFile) -> None:
        """Begin anew after damage, so often and no more; what is whole in the spool need not come again."""
        course, user_id = self._course, self._course.row.user_id
        stored = error.args[0] if error.args else None
        if isinstance(stored, Stored):
            await self._target.discard(user_id, stored)
        elif course.detail.session is not None:
            with suppress(ClientError):
                await self._target.abort(course.detail.session)
        damages = course.detail.damages + 1
        if damages > course.pace.damages:
            raise _cause(error) or UploadProblem("corrupt", course.row.service)
        log.warning("upload %s arrived damaged (%s); it is begun anew", course.row.id, type(error).__name__)
        if await file.holds(course.detail.md5):
            await course.note(Stage.INSTANT, damages=damages, session=None, doubtful=False)
            return
        await file.restart()
        anew: dict[str, Any] = {"session": None, "doubtful": False, "md5": None, "validator": None}
        await course.note(Stage.FETCHING, damages=damages, **anew)

    async def _give_way(self) -> NoReturn:
        """Go back to the end of the line, with all that came so far."""
        course = self._course
        log.info("upload %s is slow and gives its place to others", course.row.id)
        await course.note(Stage.WAITING, trouble=Trouble.of(UploadProblem("slow"), course.row.service))
        await course.tell(final=False)
        raise RetryLater

    async def _fail(self, error: Exception) -> None:
        """Put the upload off, or end it with a reason."""
        course = self._course
        verdict = self._judge(error)
        trouble = Trouble.of(verdict.problem, course.row.service)
        times = 0 if course.headway else course.detail.puts_off
        if isinstance(error, NoRoom):
            # Two halves that wait for each other's room would wait for ever.
            await self._spool.drop(course.row.id)
            # Others may need hours to make room: that counts as no failure.
            times = min(times, course.pace.puts_off) - 1
        if verdict.passing and times < course.pace.puts_off:
            delay = course.pace.later_after(times) if verdict.delay is None else verdict.delay
            at = course.now() + min(delay, LONGEST_DELAY)
            never_came = course.stage is Stage.FETCHING and not course.meter.sent
            tells = trouble.kind == "no_room" or (trouble.kind == "source_down" and never_came)
            said = trouble if tells else None
            await course.note(Stage.WAITING, retry_at=at, puts_off=times + 1, trouble=said)
            await course.tell(final=False)
            raise RetryLater(at=at)
        if verdict.passing:
            log.warning("upload %s is given up", course.row.id, extra={"error": for_log(error)})
        session = None if trouble.kind == "corrupt" else course.detail.session
        await course.note(Stage.FAILED, trouble=trouble, session=session)

    def _judge(self, error: Exception) -> Verdict:
        service = self._course.row.service
        if isinstance(error, NoRoom):
            wait = self._course.pace.room
            return Verdict(UploadProblem("no_room", service), passing=not error.ever, delay=wait)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return Verdict(UploadProblem("no_room", service), passing=True)
        if not isinstance(error, (ClientError, ServiceError, Unjoined)):
            log.error("upload %s failed", self._course.row.id, exc_info=error)
        return judge(error, service)


def _cause(error: Exception) -> ClientError | None:
    """Return what the drive itself said, where it did not like what it got."""
    said = error.__cause__.__cause__ if error.__cause__ is not None else None
    return said if isinstance(said, ClientError) else None


def _said(course: Course) -> str:
    """Return what was wished of a video, where that was said of it when its upload began."""
    about, session = About.read(course.row.folder), course.detail.session
    if session is None or about.description:
        return ""
    began = (session.title, session.category_id)
    wished = (about.titled(course.detail.name), about.category_id or session.category_id)
    return course.row.folder if began == wished else ""
