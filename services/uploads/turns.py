"""Places in turns: a source that drips leaves its place to who waits for one, and goes on afterwards."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.uploads.course import Course

log = logging.getLogger(__name__)


class GivesWay(Exception):
    """Say that a slow source leaves its place to who waits."""


@asynccontextmanager
async def turn(course: Course, came: Callable[[], int]) -> AsyncIterator[None]:
    """Raise GivesWay inside once so little came for so long that it is somebody else's turn."""
    try:
        async with asyncio.timeout(None) as end:
            watch = asyncio.create_task(_watch(course, came, end))
            try:
                yield
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
    except TimeoutError:
        if end.expired():
            raise GivesWay from None
        raise


async def _watch(course: Course, came: Callable[[], int], end: asyncio.Timeout) -> None:
    pace, before, slow_for = course.pace, came(), 0.0
    while True:
        await course.sleep(pace.slow_after)
        before, brought = came(), came() - before
        slow_for = slow_for + pace.slow_after if brought < pace.slow * pace.slow_after else 0.0
        detail = course.detail
        # One that begins anew each time would never end in short turns.
        goes_on = detail.validator is not None and not detail.begins_anew
        patience = pace.slow_after if goes_on else pace.longest_slow
        if slow_for >= patience and await _others_wait(course):
            end.reschedule(asyncio.get_running_loop().time())
            return


async def _others_wait(course: Course) -> bool:
    try:
        return await course.others_wait()
    except Exception:
        # The next look will tell.
        log.exception("nobody can tell who waits for the place of an upload")
        return False
