"""The clock all stand-ins read: real time plus what the control API added."""

import time


class Clock:
    """Tell the sandbox's time."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Return the sandbox's time in epoch seconds."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> float:
        """Move the clock and return the new time."""
        self.offset += seconds
        return self.now()
