"""Bring what lies in the spool into the drive: at once, or by a session that outlives cuts and restarts."""

from clients.errors import ClientError, NotFound, UpstreamBroken
from services.errors import UploadProblem
from services.uploads.course import Course
from services.uploads.failures import PASSING, Unjoined
from services.uploads.model import Stage, Stored
from services.uploads.sending import Sending
from services.uploads.spoolfile import SpoolFile
from services.uploads.targets import Damaged, Missing, Session, Target


class Delivering:
    """Deliver one file of the spool."""

    def __init__(self, course: Course, target: Target, file: SpoolFile) -> None:
        self._course = course
        self._target = target
        self._file = file
        # An earlier run may have made the file without hearing of it.
        self._doubtful = course.detail.doubtful

    async def run(self) -> Stored:
        """Deliver, and return the file as it lies in the drive; raises Damaged."""
        course, facts = self._course, self._course.detail.facts
        losses = 0
        while True:
            session, fresh = course.detail.session, False
            if session is None or not session.serves(course.row.folder, facts, course.now()):
                begun = await self._begin()
                if isinstance(begun, Stored):
                    return begun
                session, fresh = begun, True
            try:
                return self._checked(await self._through(session, fresh=fresh))
            except NotFound:
                # Gone: too old, or completed by an answer that was lost (`_begin` looks for that).
                losses += 1
                if losses > course.pace.cuts:
                    raise UploadProblem("service_down", course.row.service) from None
            await course.note(Stage.INSTANT, session=None)

    def _checked(self, stored: Stored) -> Stored:
        facts = self._course.detail.facts
        if stored.size not in (0, facts.size) or (stored.md5 and stored.md5.lower() != facts.md5):
            raise Damaged(stored)
        return stored.model_copy(update={"size": facts.size, "md5": facts.md5})

    async def _begin(self) -> Session | Stored:
        """Open a session, or find the file there: an answer that was lost is read back first."""
        course, facts, cuts = self._course, self._course.detail.facts, 0
        row, since = course.row, course.now()
        while True:
            try:
                if self._doubtful and (there := await self._target.find(row.user_id, row.folder, facts)):
                    return there
                if course.stage is not Stage.INSTANT or not course.detail.doubtful:
                    await course.note(Stage.INSTANT, doubtful=True)
                begun = await self._target.begin(row.user_id, row.folder, facts)
                break
            except PASSING as error:
                self._doubtful = self._doubtful or error.doubtful
                cuts += 1
                if course.tried(cuts, since):
                    raise
            await course.wait(cuts)
        await course.reached("upload.begun")
        if isinstance(begun, Session):
            self._doubtful = False
            await course.note(Stage.SENDING, session=begun, doubtful=False, arrived="")
        return begun

    async def _through(self, session: Session, *, fresh: bool) -> Stored:
        """Send what is missing and complete; NotFound where the session is gone.

        What fails at complete is asked for again and again, each time later; nothing is sent for it.
        """
        course, cuts = self._course, 0
        send = not (course.stage is Stage.FINISHING and not fresh)
        while True:
            if send:
                if course.stage is not Stage.SENDING:
                    await course.note(Stage.SENDING)
                await Sending(course, self._target, session, self._file).run(fresh=fresh)
                await course.note(Stage.FINISHING, doubtful=True)
            failure: Exception
            try:
                return await self._complete(session)
            except Missing as error:
                if not self._target.tells:
                    # Nobody can tell what is missing.
                    raise Damaged from error
                send, fresh, failure = True, False, error
            except PASSING as error:
                send, failure = False, error
            cuts += 1
            if cuts > course.pace.cuts:
                raise await self._given_up(session, failure)
            await course.wait(cuts)

    async def _complete(self, session: Session) -> Stored:
        try:
            stored = await self._target.complete(self._course.row.user_id, session)
        except ClientError as error:
            self._doubtful = self._doubtful or error.doubtful
            raise
        await self._course.reached("upload.completed")
        return stored

    async def _given_up(self, session: Session, failure: Exception) -> Exception:
        """Return what to raise when complete fails again and again.

        A drive that answers otherwise and never has them all got some of them damaged; one that has them all
        has trouble of its own.
        """
        if not isinstance(failure, (Missing, UpstreamBroken)):
            return failure
        try:
            await self._target.parts(self._course.row.user_id, session)
        except PASSING:
            return failure
        return Damaged() if isinstance(failure, Missing) else Unjoined()
