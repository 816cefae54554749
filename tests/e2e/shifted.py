"""Be `python -m bot`, with a clock that a test moves: `shifted.py CLOCK_FILE run`.

Only the machine's clock is another one; every line of the product is the real one.
"""

import asyncio
import sys
import time
from pathlib import Path

from bot.__main__ import main
from services.clock import SystemClock

FILE = Path(sys.argv.pop(1))
LOOK_SECONDS = 0.05


def now(_self: SystemClock) -> float:
    return time.time() + float(FILE.read_text())


async def sleep(self: SystemClock, seconds: float) -> None:
    until = self.now() + seconds
    while (left := until - self.now()) > 0:  # noqa: ASYNC110 - the clock is another process's
        await asyncio.sleep(min(left, LOOK_SECONDS))


if __name__ == "__main__":
    SystemClock.now = now  # type: ignore[method-assign]
    SystemClock.sleep = sleep  # type: ignore[method-assign]
    main()
