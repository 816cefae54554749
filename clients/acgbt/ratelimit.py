"""No more than so many calls a minute with one key (document: frequency limits), kept on our side."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256

CALLS, WINDOW_SECONDS = 60, 60.0
# A person waits this long for a turn; more is told as a limit.
PATIENCE_SECONDS = 4.0
# Keys remembered; one that was not used for longer begins anew.
KEYS = 2000


@dataclass
class _Turns:
    """When the latest calls with a key were made, and until when the service wants none."""

    taken: deque[float] = field(default_factory=deque)
    closed_until: float = 0.0


class KeyRateLimiter:
    """Give turns to calls; keys are told apart by their digest, so none lies here.

    `share` returns our part of what all replicas may call together.
    """

    def __init__(
        self,
        *,
        share: Callable[[int], int] = int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._share = share
        self._clock = clock
        self._sleep = sleep
        self._turns: OrderedDict[bytes, _Turns] = OrderedDict()

    async def turn(self, key: str) -> float:
        """Take a turn, waiting a moment for it; returns 0, or the seconds to wait where that is too long."""
        turns = self._of(key)
        while (wait := self._wait(turns)) > 0:
            if wait > PATIENCE_SECONDS:
                return wait
            await self._sleep(wait)
        turns.taken.append(self._clock())
        return 0.0

    def close(self, key: str, seconds: float) -> None:
        """Give no turns for so long: the service said so."""
        turns = self._of(key)
        turns.closed_until = max(turns.closed_until, self._clock() + seconds)

    def _wait(self, turns: _Turns) -> float:
        now = self._clock()
        while turns.taken and turns.taken[0] <= now - WINDOW_SECONDS:
            turns.taken.popleft()
        full = len(turns.taken) >= self._share(CALLS)
        return max(turns.closed_until - now, turns.taken[0] + WINDOW_SECONDS - now if full else 0.0)

    def _of(self, key: str) -> _Turns:
        name = sha256(key.encode()).digest()[:16]
        turns = self._turns.setdefault(name, _Turns())
        self._turns.move_to_end(name)
        while len(self._turns) > KEYS:
            self._turns.popitem(last=False)
        return turns
