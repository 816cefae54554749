"""Look into the person's own drive: folders, searches, details, links, space."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from clients.disktop.client import DiskTop
from clients.disktop.models import FileMeta, Listing, ShareEnabled, Space
from clients.errors import ClientError, NotFound
from services.clock import Clock
from services.drive.changes import Changes
from services.drive.entries import Entry, of_file
from services.drive.links import PlayLink, TimedLink
from services.drive.reading import Folders
from services.drive.weighing import Weight, weigh
from services.errors import ServiceError, ServiceOff
from services.names import Service
from services.recent import Recent
from services.steps import Reached, nothing
from services.tokens import Tokens

T = TypeVar("T")

DATES_AT_ONCE = 4
DATES_KEPT = 20_000
DATES_SECONDS = 3600.0
# A date is nice to have: who waits for a page should not wait longer for it.
DATES_PATIENCE = 2.5
SPACE_SECONDS = 60.0
SEARCH_LIMIT = 200
# Scopes by which `/` means the whole drive instead of the application's own folder.
WHOLE = frozenset({"files.read_all", "files.write_all"})
APPS_FOLDER = "/我的应用数据/"


@dataclass(frozen=True)
class Found:
    """Be what a search found; the server may know of more than it sends."""

    files: tuple[Entry, ...]
    total: int


class Drive:
    """Look into drives, each with its owner's account."""

    def __init__(
        self, clock: Clock, disktop: DiskTop | None, tokens: Tokens, *, reached: Reached = nothing
    ) -> None:
        self._clock = clock
        self._disktop = disktop
        self._tokens = tokens
        self._dates: Recent[tuple[int, int], float] = Recent(DATES_KEPT)
        self._spaces: Recent[int, Space] = Recent(2_000)
        self.folders = Folders(clock, self._listed)
        self.changes = Changes(self._call, self._client, self.folders, self.changed, reached=reached)

    def changed(self, user_id: int) -> None:
        """Forget what was read of a drive: something in it changed."""
        self.folders.memory.forget(user_id)
        self._spaces.drop(user_id)

    async def search(self, user_id: int, words: str, ext: str | None = None) -> Found:
        """Find files by their names, in all folders."""
        client = self._client()
        found = await self._call(user_id, lambda t: client.search(t, words, ext, SEARCH_LIMIT))
        return Found(tuple(map(of_file, found.files)), max(found.total, len(found.files)))

    async def search_kinds(self, user_id: int, words: str, exts: Sequence[str]) -> Found:
        """Find files of several extensions; the server takes one at a time."""
        gate = asyncio.Semaphore(DATES_AT_ONCE)

        async def one(ext: str) -> Found:
            async with gate:
                return await self.search(user_id, words, ext)

        parts = await asyncio.gather(*(one(ext) for ext in exts))
        files = {entry.key: entry for part in parts for entry in part.files}
        return Found(tuple(files.values()), sum(part.total for part in parts))

    async def details(self, user_id: int, file_id: int) -> FileMeta:
        """Ask for everything about a file."""
        client = self._client()
        meta = await self._call(user_id, lambda t: client.meta(t, file_id))
        self._keep_date(user_id, file_id, meta)
        return meta

    async def dates(self, user_id: int, entries: Sequence[Entry]) -> dict[int, float]:
        """Return when files were made, as far as it can be known quickly."""
        now = self._clock.now()
        known = {e.id: e.created for e in entries if not e.is_dir and e.created is not None}
        for entry in entries:
            kept = self._dates.get((user_id, entry.id), now)
            if kept is not None and not entry.is_dir:
                known.setdefault(entry.id, kept)
        missing = [e.id for e in entries if not e.is_dir and e.id not in known]
        if missing:
            known |= await self._asked(user_id, missing)
        return known

    async def _asked(self, user_id: int, ids: Sequence[int]) -> dict[int, float]:
        gate, found = asyncio.Semaphore(DATES_AT_ONCE), dict[int, float]()

        async def ask(file_id: int) -> None:
            async with gate:
                try:
                    meta = await self.details(user_id, file_id)
                except (ClientError, ServiceError):
                    return
                if meta.create_time:
                    found[file_id] = meta.create_time

        tasks = [asyncio.ensure_future(ask(file_id)) for file_id in ids]
        try:
            await asyncio.wait(tasks, timeout=DATES_PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return found

    def _keep_date(self, user_id: int, file_id: int, meta: FileMeta) -> None:
        if meta.create_time:
            self._dates.put((user_id, file_id), meta.create_time, self._clock.now() + DATES_SECONDS)

    async def download(self, user_id: int, file_id: int) -> TimedLink:
        """Get a direct address of a file."""
        client = self._client()
        got = await self._call(user_id, lambda t: client.download(t, file_id))
        return TimedLink(got.url, self._clock.now() + got.expires_in)

    async def play(self, user_id: int, file_id: int) -> PlayLink:
        """Get the play lists of a film."""
        client = self._client()
        got = await self._call(user_id, lambda t: client.stream(t, file_id))
        qualities = tuple((q.name, q.url) for q in got.qualities if q.url)
        return PlayLink(got.stream_url, self._clock.now() + got.expires_in, got.duration, qualities)

    async def space(self, user_id: int) -> Space | None:
        """Return the space of the drive; None where the grant does not cover it or nobody answers."""
        now = self._clock.now()
        kept = self._spaces.get(user_id, now)
        if kept is not None:
            return kept
        try:
            space = await self._call(user_id, self._client().quota)
        except (ClientError, ServiceError):
            return None
        self._spaces.put(user_id, space, now + SPACE_SECONDS)
        return space

    async def scopes(self, user_id: int) -> frozenset[str]:
        """Return what the person granted."""
        return frozenset((await self._tokens.link(user_id, Service.DISKTOP)).scopes)

    async def enable_sharing(self, user_id: int) -> ShareEnabled:
        """Switch sharing on for the person's account."""
        return await self._call(user_id, self._client().share_enable)

    async def reachable(self, user_id: int, path: str | None) -> str | None:
        """Return a path as the listing takes it: details name it from the root of the whole drive."""
        if not path or not path.startswith("/"):
            return None
        if await self.scopes(user_id) & WHOLE:
            return path
        below = path.removeprefix(APPS_FOLDER)
        return "/" + below.partition("/")[2] if below != path else None

    async def weigh(self, user_id: int, path: str, entries: Sequence[Entry]) -> Weight:
        """Count what entries hold, folders with all below them as far as it can be told quickly."""
        return await weigh(self.folders, user_id, path, entries)

    async def _listed(self, user_id: int, path: str, page: int, limit: int) -> Listing:
        client = self._client()
        try:
            return await self._call(user_id, lambda t: client.files(t, path, page, limit))
        except NotFound:
            # Somebody changes the drive elsewhere: what was read of it may all be old.
            self.changed(user_id)
            raise

    async def _call(self, user_id: int, work: Callable[[str], Awaitable[T]]) -> T:
        return await self._tokens.call(user_id, Service.DISKTOP, work)

    def _client(self) -> DiskTop:
        if self._disktop is None:
            raise ServiceOff(Service.DISKTOP)
        return self._disktop
