"""ACGBT, a torrent index: resources, comments, publishing, messages, keys (seed document 001)."""

import time
from collections.abc import Callable

from clients.transport import Transport


class ACGBT:
    """Calls with a user's own key. Every call may raise any ClientError."""

    def __init__(self, transport: Transport, *, now: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._now = now

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()
