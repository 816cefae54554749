"""How fast titles are looked up: evenly over the interval, leaving people enough of what HDHive allows."""

import logging
from dataclasses import dataclass

from clients.errors import ClientError
from clients.hdhive.client import HDHive
from clients.hdhive.models import Quota
from services.beijing import DAY_SECONDS, day_of, end_of
from services.clock import Clock, Steady
from services.errors import ServiceError
from services.names import Service
from services.tokens import Tokens

log = logging.getLogger(__name__)

# So much faster than needed, so that a round ends before the next begins.
HEADROOM = 1.15
# Of what HDHive allows the application until its quota begins anew, this part; the rest is for people.
OUR_PART = 0.5
QUOTA_SECONDS = 600.0
_MILLISECONDS = 1e11


@dataclass(frozen=True)
class PollPace:
    """How often each title is looked up, how many a second at least, and how many at once."""

    interval: float = 900.0
    least: float = 4.0
    at_once: int = 8

    def rate(self, titles: int) -> float:
        """Return how many looks a second it takes."""
        return max(self.least, HEADROOM * titles / self.interval)


class Allowance:
    """Know how many calls HDHive leaves us, where it says so."""

    def __init__(self, clock: Clock, hdhive: HDHive, tokens: Tokens) -> None:
        self._clock = clock
        self._steady = Steady(clock)
        self._hdhive = hdhive
        self._tokens = tokens
        self._rate: float | None = None
        self._until = 0.0

    async def rate(self, user: int) -> float | None:
        """Return how many looks a second are left to us, None without a limit."""
        now = self._steady.now()
        if now < self._until:
            return self._rate
        try:
            quota = await self._tokens.call(user, Service.HDHIVE, self._hdhive.quota)
        except (ClientError, ServiceError) as error:
            # The looks themselves will tell what is wrong; another follower is asked next time.
            log.info("the quota was not told", extra={"error": type(error).__name__})
            return self._rate
        self._until = now + QUOTA_SECONDS
        self._rate = _allowed(quota, self._clock.now())
        return self._rate


def _allowed(quota: Quota, now: float) -> float | None:
    if quota.endpoint_remaining is None or quota.endpoint_remaining < 0:
        return None
    return quota.endpoint_remaining * OUR_PART / max(1.0, _reset(quota.daily_reset, now) - now)


def _reset(told: int | None, now: float) -> float:
    """Return when the quota begins anew: as told, in seconds or milliseconds, else at Beijing's midnight."""
    moment = float(told or 0)
    if moment > _MILLISECONDS:
        moment /= 1000
    return moment if now < moment <= now + 2 * DAY_SECONDS else end_of(day_of(now))
