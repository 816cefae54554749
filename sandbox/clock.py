"""The clock all stand-ins read: real time plus what the control API added."""

import asyncio
import contextlib
import time


class Clock:
    """Tell the sandbox's time."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Return the sandbox's time in epoch seconds."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> float:
        """Move the clock, wake who sleeps by it, and return the new time."""
        self.offset += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        return self.now()

    async def moved(self, offset: float, timeout: float) -> None:
        """Wait until the clock is off by another amount than this, but no longer than so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self.offset == offset:
                    await self._moved.wait()

    async def sleep(self, seconds: float) -> None:
        """Sleep by this clock: advancing it shortens the wait."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            moved = self._moved
            # `wait_for` of Python 3.11 may swallow a cancel that comes in the moment the clock is moved.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await moved.wait()
