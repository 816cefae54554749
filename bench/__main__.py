"""Run the benchmarks: `python -m bench [name …]`, all of them without a name."""

import asyncio
import sys

from bench import mika, polls, upload, webhook

BENCHMARKS = {"webhook": webhook.main, "upload": upload.main, "mika": mika.main, "polls": polls.main}

for name in sys.argv[1:] or BENCHMARKS:
    print(f"== {name}")
    asyncio.run(BENCHMARKS[name]())
