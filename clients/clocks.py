"""The difference between a service's clock and ours: a signature may be refused for it alone."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from clients.errors import NotAuthorized

T = TypeVar("T")

# A difference that no signature is refused for, and one that no clock has.
SMALL_SECONDS, ABSURD_SECONDS = 30, 366 * 86_400


class ClockSkew:
    """Sign calls to a service by its own clock, once a signature was refused for ours."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        # How far the service's clock is ahead of ours.
        self._ahead = 0

    async def call(self, send: Callable[[int], Awaitable[T]], *, signed: bool) -> T:
        """Make a call that is signed at the time `send` is given, in whole seconds of the epoch.

        Where that is refused and the service tells another time, the call goes out once more by that; what is
        refused has done nothing, so any call may. Without a signature there is no clock to be refused for.
        """
        # Others may learn of the clock while this is on its way: what counts is what it was signed with.
        ahead = self._ahead
        try:
            return await send(self._by(ahead))
        except NotAuthorized as error:
            told = ahead_of(error.service_time, self._now(), ahead) if signed else None
            if told is None:
                raise
        answer = await send(self._by(told))
        # Kept only once it is proven: who has a wrong key must not set the clock of all others.
        self._ahead = told
        return answer

    def _by(self, ahead: int) -> int:
        return int(self._now()) + ahead


def ahead_of(told: float | None, now: float, believed: int) -> int | None:
    """Return how far a clock that tells a time is ahead of ours; None where that changes nothing."""
    if told is None:
        return None
    ahead = int(told) - int(now)
    if abs(ahead - believed) <= SMALL_SECONDS or abs(ahead) > ABSURD_SECONDS:
        return None
    return ahead
