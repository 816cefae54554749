"""Be the real bot, and die by kill -9 at a named step: `c_runner.py STEP NUMBER`, or `- 0` to live on."""

import asyncio
import os
import signal
import sys

from bot.settings import load
from bot.wiring import linkhive


def dying(step: str, number: int):  # type: ignore[no-untyped-def]
    """Return what ends this process at the nth time that a step is reached."""
    left = number

    async def reached(name: str) -> None:
        nonlocal left
        if name == step:
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return reached


async def main(step: str, number: int) -> None:
    async with linkhive(load(), reached=dying(step, number)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
