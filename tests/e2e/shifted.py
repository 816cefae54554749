"""Be `python -m bot`, with a clock that a test moves: `shifted.py CLOCK_FILE run`.

Only the machine's clock is another one; every line of the product is the real one. Beside the clock a test
may lay a file `kill` with a step's name: there the process kills itself, and the file is gone.
"""

import asyncio
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

from bot import process
from bot.__main__ import main
from bot.wiring import linkhive
from services.clock import SystemClock

FILE = Path(sys.argv.pop(1))
KILL = FILE.with_name("kill")
LOOK_SECONDS = 0.05


def now(_self: SystemClock) -> float:
    return time.time() + float(FILE.read_text())


async def sleep(self: SystemClock, seconds: float) -> None:
    until = self.now() + seconds
    while (left := until - self.now()) > 0:  # noqa: ASYNC110 - the clock is another process's
        await asyncio.sleep(min(left, LOOK_SECONDS))


async def reached(step: str) -> None:
    if KILL.exists() and KILL.read_text() == step:
        KILL.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    SystemClock.now = now  # type: ignore[method-assign]
    SystemClock.sleep = sleep  # type: ignore[method-assign]
    process.linkhive = partial(linkhive, reached=reached)  # type: ignore[attr-defined]
    main()
