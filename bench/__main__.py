"""Run the benchmarks: `python -m bench [name …]`, all of them without a name."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

from bench import mika, polls, upload, webhook

BENCHMARKS = {"webhook": webhook.main, "upload": upload.main, "mika": mika.main, "polls": polls.main}


async def main(benchmark: Callable[[], Awaitable[None]]) -> None:
    working = asyncio.ensure_future(benchmark())
    # What it started ends with it, however it is ended.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    await working


if unknown := set(sys.argv[1:]) - BENCHMARKS.keys():
    sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}")
for name in sys.argv[1:] or BENCHMARKS:
    print(f"== {name}")
    asyncio.run(main(BENCHMARKS[name]))
