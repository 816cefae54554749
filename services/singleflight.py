"""Work begun once for a key however many ask: each waits for it as long as it can, and none stops it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class InFlight(Generic[T]):
    """Be work under way, which many may wait for."""

    task: asyncio.Task[T]
    begun: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    async def over(self, seconds: float) -> bool:
        """Wait until it is over, but only within so many seconds of its beginning; tell whether it is."""
        left = self.begun + seconds - asyncio.get_running_loop().time()
        await asyncio.wait({self.task}, timeout=max(0.0, left))
        return self.task.done()

    async def result(self) -> T:
        """Wait for what comes of it; cancelling who waits does not stop it."""
        return await asyncio.shield(self.task)


class SingleFlight(Generic[K, T]):
    """Let one piece of work at a time be under way for a key."""

    def __init__(self) -> None:
        self._flights: dict[K, InFlight[T]] = {}

    def begin(self, key: K, work: Callable[[], Coroutine[Any, Any, T]]) -> InFlight[T]:
        """Begin work, or return that of this key which is under way."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = InFlight(asyncio.create_task(work()))
            flight.task.add_done_callback(lambda ended: self._landed(key, ended))
        return flight

    def get(self, key: K) -> InFlight[T] | None:
        """Return the work of a key if it is under way."""
        return self._flights.get(key)

    async def landed(self) -> None:
        """Wait until nothing is under way."""
        while self._flights:
            await asyncio.wait([flight.task for flight in self._flights.values()])

    def _landed(self, key: K, ended: asyncio.Task[T]) -> None:
        del self._flights[key]
        if not ended.cancelled():
            ended.exception()  # nobody may be left to take it
