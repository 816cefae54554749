"""Mika, a video site with a transcoder: videos, uploads, tasks, statistics, settings (seed document 002)."""

import time
from collections.abc import Callable

from clients.transport import Transport


class Mika:
    """Calls with a user's token or key. Every call may raise any ClientError."""

    def __init__(self, transport: Transport, *, now: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._now = now

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()
