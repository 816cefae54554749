"""How fast bytes move, over the last moments."""

from collections import deque

from services.clock import Clock, Steady

WINDOW = 12.0
# Closer together than this, counts are one sample.
GRAIN = 0.5


class Meter:
    """Count the bytes of one stage."""

    def __init__(self, clock: Clock) -> None:
        self._clock = Steady(clock)
        self.sent = 0
        self.total: int | None = None
        self._samples: deque[tuple[float, int]] = deque()

    def begin(self, total: int | None, sent: int = 0) -> None:
        """Start counting anew, with what is there already."""
        self.total, self.sent = total, sent
        self._samples.clear()
        self._samples.append((self._clock.now(), sent))

    def add(self, count: int) -> None:
        """Count bytes that moved; fewer than none where some must move again."""
        self.sent += count
        now = self._clock.now()
        if now - self._samples[-1][0] >= GRAIN:
            self._samples.append((now, self.sent))
            while len(self._samples) > 2 and now - self._samples[0][0] > WINDOW:
                self._samples.popleft()

    @property
    def speed(self) -> float | None:
        """Return bytes a second, None at the beginning."""
        if not self._samples:
            return None
        (since, before), now = self._samples[0], self._clock.now()
        if now - since < GRAIN:
            return None
        return max(0.0, (self.sent - before) / (now - since))

    @property
    def seconds_left(self) -> float | None:
        """Return how long the rest takes at this speed."""
        speed = self.speed
        if not speed or self.total is None:
            return None
        return max(0, self.total - self.sent) / speed
