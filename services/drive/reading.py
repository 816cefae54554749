"""Read folders: a page at a time as the server lists them, whole where another order is wanted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from clients.disktop.models import Listing
from services.clock import Clock
from services.drive.entries import Entry, Sort, of_file, of_folder, ordered
from services.drive.memory import Known, Memory
from services.recent import watched

# The server's own limit for one page.
SERVER_PAGE = 200
MOST_SERVER_PAGES = 100
AT_ONCE = 4
KEEP_SECONDS = 20.0
# Reading a large folder again and again would be slow; whoever wants to see changes at once presses Refresh.
KEEP_WHOLE_SECONDS = 120.0
# Reading more than this many pages takes long enough to say so.
CALM_PAGES = 3
# Sorting this many would hold up everybody else.
LARGE = 2_000

Listed = Callable[[int, str, int, int], Awaitable[Listing]]
# Told how many entries were read, and of how many.
Reading = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True)
class FolderPage:
    """Be one page of a folder as people turn them; `cut`: the folder is larger than what is read of it."""

    entries: tuple[Entry, ...]
    total: int
    page: int
    pages: int
    size: int
    cut: bool = False

    @property
    def first(self) -> int:
        """Return the number of the first entry, counted from 1."""
        return self.page * self.size + 1


class Folders:
    """Read folders through a memory."""

    def __init__(self, clock: Clock, listed: Listed, memory: Memory | None = None) -> None:
        self._clock = clock
        self._listed = listed
        self.memory = watched(memory or Memory())

    async def page(
        self,
        user_id: int,
        path: str,
        sort: Sort = Sort.SERVER,
        page: int = 0,
        size: int = 8,
        reading: Reading | None = None,
    ) -> FolderPage:
        """Return one page; the last one where there are fewer."""
        known = await self._known(user_id, path)
        if sort is Sort.SERVER and known.regular:
            found = await self._plain(user_id, path, known, page, size)
            if found is not None:
                return found
            # It shrank meanwhile: look again.
            self.memory.drop((user_id, path))
            known = await self._known(user_id, path)
        order = await self._order(user_id, path, known, sort, reading)
        return _cut_out(order, page, size, cut=known.cut)

    async def whole(self, user_id: int, path: str, *, fresh: bool = False) -> tuple[Entry, ...]:
        """Return everything directly in a folder."""
        if fresh:
            self.memory.drop((user_id, path))
        known = await self._known(user_id, path)
        return await self._order(user_id, path, known, Sort.SERVER, None)

    async def folders(self, user_id: int, path: str) -> tuple[Entry, ...]:
        """Return the folders directly in a folder, in the order people count."""
        known = await self._known(user_id, path)
        found = {entry.key: entry for entry in known.pages[1] if entry.is_dir}
        number = 1
        # Servers list folders before files: where a page brings none, no later one does.
        while found and known.regular and number * SERVER_PAGE < known.total and number < MOST_SERVER_PAGES:
            number += 1
            page = await self._server_page(user_id, path, known, number)
            new = {entry.key: entry for entry in page if entry.is_dir and entry.key not in found}
            if not new:
                break
            found |= new
        return ordered(found.values(), Sort.NAME)

    async def _known(self, user_id: int, path: str) -> Known:
        known = self.memory.get((user_id, path), self._clock.now())
        if known is not None:
            return known
        listing = await self._listed(user_id, path, 1, SERVER_PAGE)
        first = _entries(listing)
        regular = len(first) < SERVER_PAGE or (len(first) == SERVER_PAGE < listing.total)
        total = len(first) if len(first) < SERVER_PAGE else max(listing.total, len(first))
        known = Known(total, regular, {1: first}, until=self._clock.now() + KEEP_SECONDS)
        self.memory.put((user_id, path), known)
        return known

    async def _plain(self, user_id: int, path: str, known: Known, page: int, size: int) -> FolderPage | None:
        """Return a page of the server's own order; None where the server's pages no longer fit its total."""
        pages = max(1, -(-known.total // size))
        page = min(page, pages - 1)
        start, end = page * size, min((page + 1) * size, known.total)
        shown: list[Entry] = []
        for number in range(start // SERVER_PAGE + 1, (max(end, 1) - 1) // SERVER_PAGE + 2):
            entries = await self._server_page(user_id, path, known, number)
            base = (number - 1) * SERVER_PAGE
            shown += entries[max(0, start - base) : max(0, end - base)]
        if len(shown) != end - start:
            return None
        return FolderPage(tuple(shown), known.total, page, pages, size)

    async def _server_page(self, user_id: int, path: str, known: Known, number: int) -> tuple[Entry, ...]:
        if number not in known.pages:
            listing = await self._listed(user_id, path, number, SERVER_PAGE)
            known.pages[number] = _entries(listing)
            if self.memory.get((user_id, path), self._clock.now()) is known:
                self.memory.put((user_id, path), known)
        return known.pages[number]

    async def _order(
        self, user_id: int, path: str, known: Known, sort: Sort, reading: Reading | None
    ) -> tuple[Entry, ...]:
        if sort not in known.orders:
            if Sort.SERVER not in known.orders:
                found = await self._read(user_id, path, known, reading)
                known.orders[Sort.SERVER] = ordered(found, Sort.SERVER)
            everything = known.orders[Sort.SERVER]
            if len(everything) > LARGE:
                known.orders[sort] = await asyncio.to_thread(ordered, everything, sort)
            else:
                known.orders[sort] = ordered(everything, sort)
            if len(known.pages) > 1:
                known.until = self._clock.now() + KEEP_WHOLE_SECONDS
            # The orders hold everything that the pages held.
            known.pages = {1: known.pages[1]}
            self.memory.put((user_id, path), known)
        return known.orders[sort]

    async def _read(
        self, user_id: int, path: str, known: Known, reading: Reading | None
    ) -> tuple[Entry, ...]:
        """Return all entries, each once; a server may repeat the folders on every page."""
        found = {entry.key: entry for entry in known.pages[1]}
        promised = max(1, min(-(-known.total // SERVER_PAGE), MOST_SERVER_PAGES)) if known.regular else 1
        for start in range(2, promised + 1, AT_ONCE):
            if reading is not None and promised > CALM_PAGES:
                await reading(len(found), known.total)
            numbers = range(start, min(start + AT_ONCE, promised + 1))
            pages = await asyncio.gather(*(self._server_page(user_id, path, known, n) for n in numbers))
            found |= {entry.key: entry for page in pages for entry in page}
        number = promised
        # Without a total that can be trusted: until a page is not full, or brings nothing new.
        if known.regular and len(found) >= known.total:
            return tuple(found.values())
        while len(known.pages[number]) >= SERVER_PAGE and number < MOST_SERVER_PAGES:
            number += 1
            before = len(found)
            found |= {e.key: e for e in await self._server_page(user_id, path, known, number)}
            if len(found) == before:
                break
        known.cut = number >= MOST_SERVER_PAGES and len(known.pages[number]) >= SERVER_PAGE
        return tuple(found.values())


def _entries(listing: Listing) -> tuple[Entry, ...]:
    return (*map(of_folder, listing.folders), *map(of_file, listing.files))


def _cut_out(order: tuple[Entry, ...], page: int, size: int, *, cut: bool) -> FolderPage:
    pages = max(1, -(-len(order) // size))
    page = min(page, pages - 1)
    return FolderPage(order[page * size : (page + 1) * size], len(order), page, pages, size, cut)
