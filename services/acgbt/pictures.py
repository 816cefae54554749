"""Pictures and torrent files of resources: fetched under guard, held for moments, bad ones left out."""

import asyncio
import logging
import re
from collections.abc import Sequence

from clients.acgbt.models import Resource
from clients.errors import BadResponse, ClientError
from services.acgbt.catalogue import Catalogue
from services.names import Service
from services.recent import Recent

log = logging.getLogger(__name__)

# Drawn pictures of a few hundred KB each.
SIZE = 48
KEEP_SECONDS = 900.0
AT_ONCE = 4
# A card does not wait longer for its pictures.
SECONDS = 6.0
_DICT = re.compile(rb"d\d+:")


class Pictures:
    """Fetch what resources point at."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._drawn: Recent[tuple[str, ...], bytes] = Recent(SIZE)

    def kept(self, key: tuple[str, ...], now: float) -> bytes | None:
        """Return what was drawn of pictures lately."""
        return self._drawn.get(key, now)

    def keep(self, key: tuple[str, ...], drawn: bytes, now: float) -> None:
        """Keep what was drawn of pictures for a while."""
        self._drawn.put(key, drawn, now + KEEP_SECONDS)

    async def fetch(self, addresses: Sequence[str]) -> list[bytes | None]:
        """Return pictures in their order, None for each that could not be had in time."""
        found: list[bytes | None] = [None] * len(addresses)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(place: int, address: str) -> None:
            async with gate:
                try:
                    found[place] = await self._catalogue.client.file(address)
                except ClientError as error:
                    log.info("a picture was left out", extra={"error": type(error).__name__})

        tasks = [asyncio.create_task(one(n, address)) for n, address in enumerate(addresses)]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return found

    async def torrent(self, resource: Resource) -> bytes:
        """Return the torrent file of a resource; raises BadResponse for what is none."""
        data = await self._catalogue.client.file(resource.torrent_file or "")
        if not _DICT.match(data):
            raise BadResponse(Service.ACGBT, "torrent_file", "no torrent file")
        return data
