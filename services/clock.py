"""The time that services and the bot go by; tests bring their own."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time in epoch seconds and wait by it."""

    def now(self) -> float:
        """Return the epoch seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock."""
        ...


class Steady:
    """Be a clock that never goes back: waits, paces and memories go by it, not by the time of day.

    Where the clock behind it is set back it goes on from there, so that nobody waits until the old time comes
    round again. From then on it is ahead of the time of day: it is for measuring, not to be told or kept.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now()
        self._ahead = 0.0

    def now(self) -> float:
        """Return the seconds of a time that only grows."""
        now = self._clock.now()
        self._ahead += max(0.0, self._last - now)
        self._last = now
        return now + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of the clock behind, and know that they have passed."""
        until = self.now() + seconds
        await self._clock.sleep(seconds)
        short = until - self.now()
        self._ahead += max(0.0, short)


class SystemClock:
    """Be the machine's own clock."""

    def now(self) -> float:
        """Return the epoch seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait that many real seconds."""
        await asyncio.sleep(seconds)
