"""Count sends against Telegram's limits: a window for all, a bucket and a window per chat."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

# How many of what all replicas may do together this one may.
Share = Callable[[int], int]

ALL = 30
# A little longer than Telegram's own second and minute: calls do not arrive as evenly as they leave.
ALL_SECONDS = 1.05
# Broadcasts leave this many places of every second to replies.
KEPT_FOR_REPLIES = 6
BURST = 4.0
CHAT_PER_SECOND = 1.0
# A rate is shared by so many parts.
FINE = 1000
GROUP = 20
GROUP_SECONDS = 61.0


class Window:
    """Allow so many events in any stretch of so many seconds."""

    def __init__(self, most: int, seconds: float, share: Share = int) -> None:
        self._most = most
        self._share = share
        self._seconds = seconds
        self._times: deque[float] = deque()

    def free_at(self, now: float, *, spare: int = 0) -> float:
        """Return when the next event is allowed, if `spare` places must stay free."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        over = len(self._times) - max(1, self._share(self._most) - spare)
        return now if over < 0 else self._times[over] + self._seconds

    def count(self, now: float) -> None:
        """Note an event."""
        self._times.append(now)


class ChatLimit:
    """Allow one chat a small burst, then one message a second; a group 20 a minute as well.

    A group's limits are shared by all replicas. A private chat's are not: it is answered by one of them
    at a time, its own limit is a soft one, and nobody should wait for answers that others might give.
    """

    def __init__(self, *, group: bool, share: Share = int) -> None:
        self._share = share if group else int
        self._tokens = BURST
        self._counted = 0.0
        self._group = Window(GROUP, GROUP_SECONDS, share) if group else None
        self._paused_until = 0.0

    @property
    def _burst(self) -> float:
        return float(self._share(int(BURST)))

    @property
    def _per_second(self) -> float:
        return CHAT_PER_SECOND * self._share(FINE) / FINE

    def free_at(self, now: float) -> float:
        """Return when the next message is allowed."""
        tokens = self._grown(now)
        bucket = now if tokens >= 1.0 else now + (1.0 - tokens) / self._per_second
        group = self._group.free_at(now) if self._group else now
        return max(bucket, group, self._paused_until)

    def count(self, now: float) -> None:
        """Note a message."""
        self._tokens, self._counted = self._grown(now) - 1.0, now
        if self._group:
            self._group.count(now)

    def pause(self, until: float) -> None:
        """Send nothing before a time: Telegram said so."""
        self._paused_until = max(self._paused_until, until)

    def unused(self, now: float) -> bool:
        """Tell whether a fresh limit would allow just the same."""
        if self._group and self._group.free_at(now, spare=GROUP - 1) > now:
            return False
        return self._grown(now) >= self._burst and self._paused_until <= now

    def _grown(self, now: float) -> float:
        grown = self._tokens + max(0.0, now - self._counted) * self._per_second
        return min(self._burst, grown)
