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


class SystemClock:
    """Be the machine's own clock."""

    def now(self) -> float:
        """Return the epoch seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait that many real seconds."""
        await asyncio.sleep(seconds)
