"""Tasks that run beside the rest: one that fails is told, counted, and begun again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# Only who has run for so long since counts as well again: longer than the longest pause, so that a task that
# fails again and again is ill all the time.
STEADY_SECONDS = 60.0
ALARM_PATIENCE = 5.0

Work = Callable[[], Awaitable[None]]


async def _unheard(_: str) -> None:
    """Tell nobody."""


@dataclass
class _Fall:
    error: str
    pause: float
    begun_again: float | None = None


class Supervisor:
    """Begin tasks by their name, and begin again what failed.

    Each loop of ours expects what can go wrong around it, so one that ends has met what nobody foresaw. All
    of them go on from tables or from what their object holds, so to begin again is safe, and mostly the
    cure: at night nobody has to come. Where it is none, `complaint` says so for as long as it lasts.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._falls: dict[str, _Fall] = {}
        # Hears the name of each task that failed.
        self.alarmed: Callable[[str], Awaitable[None]] = _unheard

    def start(self, name: str, work: Work) -> asyncio.Task[None]:
        """Run `work()` until it returns or the task is cancelled; call it again when it fails."""
        return asyncio.create_task(self._keep(name, work), name=name)

    def complaint(self) -> str | None:
        """Name the tasks that failed and have not run for a while since; None when all is well."""
        now = self._now()
        ill = [f"{name} failed ({fall.error})" for name, fall in self._falls.items() if _ill(fall, now)]
        return ", ".join(sorted(ill)) or None

    async def _keep(self, name: str, work: Work) -> None:
        try:
            while (fall := await self._run(name, work)) is not None:
                await self._alarm(name)
                await self._sleep(fall.pause)
                fall.begun_again = self._now()
        finally:
            # What has ended, or was asked to, is missed by nobody.
            self._falls.pop(name, None)

    async def _run(self, name: str, work: Work) -> _Fall | None:
        try:
            await work()
        except (Exception, asyncio.CancelledError) as error:
            if not _asked_to_end():
                return self._fell(name, error)
            if isinstance(error, asyncio.CancelledError):
                raise
            log.exception("a task did not end well", extra={"task": name})
        return None

    def _fell(self, name: str, error: BaseException) -> _Fall:
        log.critical("ALARM: a task failed; it is begun again", exc_info=error, extra={"task": name})
        last, pause = self._falls.get(name), FIRST_PAUSE
        if last is not None and _ill(last, self._now()):
            pause = min(LONGEST_PAUSE, last.pause * 2)
        # A type only: what an error says may hold a secret, and this is shown to whoever asks for health.
        fall = self._falls[name] = _Fall(type(error).__name__, pause)
        return fall

    async def _alarm(self, name: str) -> None:
        try:
            async with asyncio.timeout(ALARM_PATIENCE):
                await self.alarmed(name)
        except Exception:
            # The task is begun again whatever becomes of the note.
            log.exception("the alarm could not be noted", extra={"task": name})


def _ill(fall: _Fall, now: float) -> bool:
    return fall.begun_again is None or now - fall.begun_again < STEADY_SECONDS


def _asked_to_end() -> bool:
    """Tell a cancellation of this task from one that came out of what it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
