"""From the source into the spool: hashed as it comes, gone on with after a cut."""

from typing import Any

from clients.errors import ClientError, Unreachable
from clients.fetch.errors import OPERATION, SERVICE, AddressRefused, NoSuchHost
from services.errors import UploadProblem
from services.uploads.course import Course
from services.uploads.failures import judge
from services.uploads.model import MAX_BYTES, Opened, Opener, Stage
from services.uploads.names import fit_name
from services.uploads.spool import Spool
from services.uploads.spoolfile import BLOCK, SpoolFile
from services.uploads.turns import turn


class Fetching:
    """Bring one source into one file of the spool."""

    def __init__(self, course: Course, spool: Spool, file: SpoolFile, opener: Opener) -> None:
        self._course = course
        self._spool = spool
        self._file = file
        self._opener = opener
        # What came in this run, kept or not yet.
        self._came = 0

    async def run(self) -> None:
        """Fetch until all is there; the course then knows name, size and digest."""
        course, file = self._course, self._file
        await self._prepare()
        async with turn(course, lambda: self._came):
            await self._fetch()
        session = course.detail.session
        if session is not None and (session.size, session.md5) != (file.length, file.md5):
            session = None
        await course.note(Stage.INSTANT, size=file.length, md5=file.md5, session=session)

    async def _fetch(self) -> None:
        course, file, cuts, since = self._course, self._file, 0, self._course.now()
        while True:
            before = file.length
            try:
                await self._try()
                break
            except ClientError as error:
                verdict = judge(error, course.row.service)
                cuts, since = (1, course.now()) if file.length > before else (cuts + 1, since)
                if cuts > 1 and self._leads_nowhere(error):
                    raise AddressRefused.because("host") from error
                if not verdict.passing or verdict.delay is not None or course.tried(cuts, since):
                    raise
            await course.wait(cuts)

    def _leads_nowhere(self, error: ClientError) -> bool:
        """Tell whether the address somebody gave is none: nobody knows its name, and nothing came from it."""
        given = self._course.detail.source.kind == "url"
        return given and isinstance(error, NoSuchHost) and not self._file.length

    async def _prepare(self) -> None:
        """Take over what an earlier run left, where the source can tell whether it still belongs to it."""
        if self._course.detail.validator is None:
            await self._file.restart()
        else:
            await self._file.recount()
        self._course.meter.begin(self._course.detail.size, self._file.length)
        await self._course.note(Stage.FETCHING, trouble=None)

    async def _try(self) -> None:
        course, file, detail = self._course, self._file, self._course.detail
        if detail.validator is None and file.length:
            await file.restart()
        async with self._opener(detail.source, file.length, detail.validator) as opened:
            await self._begin(opened)
            await self._take(opened)
        if course.detail.size is not None and file.length != course.detail.size:
            raise Unreachable(SERVICE, OPERATION, "reset", sent=True)

    async def _begin(self, opened: Opened) -> None:
        """Note what the source says of itself; what was kept of other bytes goes first."""
        course, file, detail = self._course, self._file, self._course.detail
        begins_anew = detail.begins_anew
        if opened.offset != file.length:
            begins_anew = begins_anew or opened.validator == detail.validator
            await file.restart()
        if (opened.size or 0) > MAX_BYTES:
            raise UploadProblem("too_big", course.row.service, limit=MAX_BYTES)
        self._spool.room.begin(course.row.id, course.row.user_id, opened.size)
        said: dict[str, Any] = {
            "name": fit_name(detail.source.name, opened.name),
            "size": opened.size,
            "mime": detail.source.mime or opened.mime,
            "validator": opened.validator if opened.resumable else None,
            "begins_anew": begins_anew,
        }
        course.meter.begin(opened.size, file.length)
        if any(getattr(detail, key) != value for key, value in said.items()):
            await course.note(Stage.FETCHING, **said)

    async def _take(self, opened: Opened) -> None:
        waiting: list[bytes] = []
        size = 0
        try:
            async for block in opened.blocks():
                waiting.append(block)
                size += len(block)
                self._came += len(block)
                if size >= BLOCK:
                    await self._keep(waiting, size)
                    waiting, size = [], 0
        finally:
            # What came before a cut need not come again.
            await self._keep(waiting, size)
            await self._file.settle()

    async def _keep(self, blocks: list[bytes], size: int) -> None:
        if not size:
            return
        await self._file.settle()
        length = self._file.length + size
        if length > MAX_BYTES:
            raise UploadProblem("too_big", self._course.row.service, limit=MAX_BYTES)
        self._spool.room.grow(self._course.row.id, length)
        await self._file.append(blocks)
        self._course.moved(size)
        await self._course.reached("upload.kept")
