"""Whether somebody is being answered just now, so that work nobody waits for can give way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Activity:
    """Count who is being answered in this process."""

    def __init__(self) -> None:
        self._answering = 0
        self._still = asyncio.Event()
        self._still.set()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count one who is being answered while the context is open."""
        self._answering += 1
        self._still.clear()
        try:
            yield
        finally:
            self._answering -= 1
            if not self._answering:
                self._still.set()

    async def idle(self, patience: float) -> None:
        """Wait until nobody is being answered, and no longer than these seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._still.wait()
