"""A clock that moves on only when everybody waits."""

import asyncio
import heapq
from itertools import count


class VirtualClock:
    """Hours pass in seconds, and every wait ends in its order."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self.time = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._order), future))
        await future

    async def run(self, *, turns: int = 10) -> None:
        """Move on to the next sleeper for ever, once everyone else had so many turns of the loop."""
        while True:
            for _ in range(turns):
                await asyncio.sleep(0)
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if self._sleepers:
                at, _, future = heapq.heappop(self._sleepers)
                self.time = max(self.time, at)
                future.set_result(None)
