"""Work under way that many wait for and nobody stops: begun once for a key, each waits as long as it can."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Flight(Generic[T]):
    """Be work under way."""

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


class Flights(Generic[K, T]):
    """Hold the work under way, one piece for a key."""

    def __init__(self) -> None:
        self._flights: dict[K, Flight[T]] = {}

    def begin(self, key: K, work: Callable[[], Coroutine[Any, Any, T]]) -> Flight[T]:
        """Begin work, or return that of this key which is under way."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = Flight(asyncio.create_task(work()))
            flight.task.add_done_callback(lambda ended: self._landed(key, ended))
        return flight

    def get(self, key: K) -> Flight[T] | None:
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
