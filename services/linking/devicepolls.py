"""When to ask next for a device code's tokens (RFC 8628, 3.5): plain data and pure functions."""

from dataclasses import dataclass, field, replace
from typing import Literal

from clients.disktop.errors import DeviceDenied, DeviceExpired, DevicePending, DeviceSlowDown
from clients.disktop.models import DeviceCode
from clients.errors import BadResponse, ClientError, RateLimited, Unreachable, UpstreamBroken
from clients.transport import LONGEST_CALL_SECONDS

End = Literal["linked", "denied", "expired", "failed"]

SLOWER_SECONDS = 5.0
SHORTEST_SECONDS = 1.0
LONGEST_WAIT = 60.0
# Two clocks never tick as one: a poll is rather a little late than a little early.
SLACK_SECONDS = 0.05
_TRANSIENT = (Unreachable, UpstreamBroken, BadResponse, RateLimited)


@dataclass(frozen=True)
class Polling:
    """Be all that is known of one code's polling; `next_at` is the earliest time to ask again."""

    device_code: str = field(repr=False)
    interval: float
    expires_at: float
    next_at: float
    faults: int = 0

    @classmethod
    def begin(cls, given: DeviceCode, now: float) -> "Polling":
        """Wait a whole interval before the first question."""
        interval = max(given.interval, SHORTEST_SECONDS)
        return cls(given.device_code, interval, now + given.expires_in, _later(now, interval))

    def asked(self, now: float) -> "Polling":
        """Return what holds while a question is under way, for whoever comes after a kill in that moment."""
        # It may be on its way for as long as a call may take, and reach the service only then.
        slower = self.interval + SLOWER_SECONDS
        return replace(self, interval=slower, next_at=_later(now, LONGEST_CALL_SECONDS + slower))


def after(polling: Polling, error: ClientError, now: float) -> Polling | None:
    """Return how to go on after an answer that was no tokens; None ends it."""
    if isinstance(error, DevicePending):
        return replace(polling, next_at=_later(now, polling.interval), faults=0)
    if isinstance(error, DeviceSlowDown):
        slower = polling.interval + SLOWER_SECONDS
        return replace(polling, interval=slower, next_at=_later(now, slower), faults=0)
    if isinstance(error, _TRANSIENT):
        return _waiting(polling, error, now)
    return None


def end_of(error: ClientError) -> End:
    """Tell what an answer means that ends the polling."""
    if isinstance(error, DeviceDenied):
        return "denied"
    return "expired" if isinstance(error, DeviceExpired) else "failed"


def _waiting(polling: Polling, error: ClientError, now: float) -> Polling:
    """Wait twice as long after each fault in a row, and at least as long as the service asks for."""
    faults = polling.faults + 1
    grown = min(polling.interval * 2.0 ** min(faults, 10), LONGEST_WAIT)
    # An answer that was lost may have been slow_down.
    interval = polling.interval + (SLOWER_SECONDS if error.doubtful else 0.0)
    asked = error.retry_after if isinstance(error, RateLimited) else 0.0
    return replace(
        polling, interval=interval, next_at=_later(now, max(grown, interval, asked)), faults=faults
    )


def _later(now: float, seconds: float) -> float:
    return now + seconds + SLACK_SECONDS
