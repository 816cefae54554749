"""Weigh files and folders: how much they hold, as far as it can be told quickly."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from clients.errors import ClientError
from services.drive.entries import Entry
from services.drive.reading import SERVER_PAGE, Folders

WEIGHED_FOLDERS = 40
# A weight is nice to have: who is asked whether to delete should not wait longer for it, however many
# folders there are and however slowly the server lists them.
PATIENCE = 5.0


@dataclass(frozen=True)
class Weight:
    """Be how much some entries hold, with all below them; `more`: not everything was counted."""

    files: int
    folders: int
    bytes: int
    more: bool = False


async def weigh(folders: Folders, user_id: int, path: str, entries: Sequence[Entry]) -> Weight:
    """Count what entries of a folder hold, for a few seconds at most."""
    scale = _Scale()
    scale.take(path.rstrip("/"), entries)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await scale.look_inside(folders, user_id)
    return scale.weight()


class _Scale:
    """Hold what was counted, and the folders that were not looked into yet."""

    def __init__(self) -> None:
        self._files = self._bytes = self._looked = 0
        self._waiting: list[str] = []
        self._more = False

    def take(self, path: str, entries: Iterable[Entry]) -> None:
        """Count the entries of a folder."""
        for entry in entries:
            if entry.is_dir:
                self._waiting.append(f"{path}/{entry.name}")
            else:
                self._files += 1
                self._bytes += entry.size

    async def look_inside(self, folders: Folders, user_id: int) -> None:
        """Look into one folder after the other; one that cannot be read is left out."""
        while self._waiting and self._looked < WEIGHED_FOLDERS:
            here = self._waiting[0]
            try:
                page = await folders.page(user_id, here, size=SERVER_PAGE)
            except ClientError:
                self._more = True
            else:
                self._more = self._more or page.pages > 1
                self.take(here, page.entries)
            del self._waiting[0]
            self._looked += 1

    def weight(self) -> Weight:
        """Return what was counted; a folder that nobody looked into counts as one, with more in it."""
        more = self._more or bool(self._waiting)
        return Weight(self._files, self._looked + len(self._waiting), self._bytes, more)
