"""The sandbox's bot: `linkhive run` by the sandbox's clock, which the panel moves on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import aiohttp

from bot import logs, process, settings
from bot.cli import loop

log = logging.getLogger(__name__)

ASK_SECONDS = 30.0
AGAIN_SECONDS = 1.0


class FollowedClock:
    """Tell the sandbox's time: the machine's own, as far ahead as the sandbox says."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/control/clock"
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Return the epoch seconds."""
        return time.time() + self._offset

    async def sleep(self, seconds: float) -> None:
        """Wait by this clock: moving it on shortens the wait."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            moved = self._moved
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await moved.wait()

    async def follow(self) -> None:
        """Hear of every move, for as long as there is a sandbox."""
        patience = aiohttp.ClientTimeout(total=ASK_SECONDS * 2)
        async with aiohttp.ClientSession(timeout=patience) as http:
            while True:
                try:
                    await self._hear(http)
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self, http: aiohttp.ClientSession) -> None:
        query = {"offset": str(self._offset), "timeout": str(ASK_SECONDS)}
        async with http.get(self._url, params=query) as reply:
            offset = float((await reply.json())["offset"])
        if offset != self._offset:
            log.info("the sandbox's clock was moved", extra={"seconds": offset - self._offset})
            self._offset = offset
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()


async def run(chosen: settings.Settings, url: str) -> int:
    """Run until SIGTERM and return the exit code."""
    clock = FollowedClock(url)
    following = asyncio.create_task(clock.follow())
    try:
        return await process.run(chosen, clock)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def main(url: str) -> int:
    """Run the bot of a sandbox and return the exit code."""
    chosen = settings.load()
    logs.configure(chosen.log_format, chosen.log_level, chosen.secrets())
    return loop(run(chosen, url))
