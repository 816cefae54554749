"""From the spool to the drive: parts side by side, and only those that are missing."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from functools import partial

from clients.errors import ClientError, RateLimited
from services.uploads.course import Course
from services.uploads.failures import PASSING
from services.uploads.model import Stage
from services.uploads.record import packed, unpacked
from services.uploads.spoolfile import SpoolFile
from services.uploads.targets import Session, Target


class Sending:
    """Send the parts of one session."""

    def __init__(self, course: Course, target: Target, session: Session, file: SpoolFile) -> None:
        self._course = course
        self._target = target
        self._session = session
        self._file = file
        self._user_id = course.row.user_id
        self._failure: ClientError | None = None
        # Where the drive does not tell what it has: the parts it answered for, and those written down.
        self._answered: set[int] = set()
        self._written: set[int] = set()
        self._writing = asyncio.Lock()

    async def run(self, *, fresh: bool) -> None:
        """Send until the drive has all; a fresh session has nothing. Raises NotFound when it is gone."""
        cuts, have = 0, frozenset[int]()
        self._course.meter.begin(self._session.size)
        while True:
            try:
                have = await self._there(fresh=fresh)
                missing = [part for part in range(1, self._session.total_parts + 1) if part not in have]
                cuts = 0 if await self._round(missing) else cuts + 1
                if self._failure is None:
                    return
                failure = self._failure
            except PASSING as error:
                failure, cuts = error, cuts + 1
            fresh = False
            if isinstance(failure, RateLimited):
                raise failure
            if cuts > self._course.pace.cuts:
                raise failure
            # One that was cut off is begun again soon, and asked for first: its bytes may have arrived.
            await self._course.wait(max(1, cuts))

    async def _there(self, *, fresh: bool) -> frozenset[int]:
        """Ask what has arrived, or look it up in our own record where the drive does not tell; count it."""
        have: frozenset[int] | None = frozenset()
        if not fresh:
            have = await self._target.parts(self._user_id, self._session)
        if have is None:
            have = unpacked(self._course.detail.arrived)
        self._answered, self._written = set(have), set(have)
        self._course.meter.begin(self._session.size, sum(map(self._session.length, have & self._all)))
        return have

    @property
    def _all(self) -> frozenset[int]:
        return frozenset(range(1, self._session.total_parts + 1))

    async def _round(self, parts: Iterable[int]) -> int:
        """Send each of these once; return how many arrived. The last failure is kept."""
        waiting, self._failure, arrived = deque(parts), None, 0

        async def lane() -> None:
            nonlocal arrived
            while waiting and not isinstance(self._failure, RateLimited):
                arrived += await self._one(waiting.popleft())

        lanes = [asyncio.create_task(lane()) for _ in range(min(self._course.pace.lanes, len(waiting)))]
        try:
            await asyncio.gather(*lanes)
        finally:
            for task in lanes:
                task.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        return arrived

    async def _one(self, part: int) -> bool:
        sent = _Sent()
        body = partial(self._body, part, sent)
        try:
            await self._target.send(self._user_id, self._session, part, body)
        except (*PASSING, RateLimited) as error:
            # The others on their way go on: cutting them off would send them twice.
            self._course.meter.add(-sent.count)
            self._failure = error
            return False
        self._course.headway = True
        if not self._target.tells:
            await self._record(part)
        await self._course.reached("upload.part")
        return True

    async def _record(self, part: int) -> None:
        """Write down that a part was answered; the others that wait for their turn are written with it."""
        self._answered.add(part)
        async with self._writing:
            if part in self._written:
                return
            written = set(self._answered)
            await self._course.note(Stage.SENDING, arrived=packed(written))
            self._written = written

    async def _body(self, part: int, sent: "_Sent") -> AsyncIterator[bytes]:
        # An account that was linked anew meanwhile begins the same part again.
        self._course.meter.add(-sent.count)
        sent.count = 0
        start = (part - 1) * self._session.chunk_size
        async for block in self._file.read(start, self._session.length(part)):
            yield block
            sent.count += len(block)
            self._course.meter.add(len(block))


class _Sent:
    """Count the bytes of a part on its way: they count again when it is cut off."""

    count = 0
