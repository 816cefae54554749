"""Copy a plan of shared files into the user's drive, skipping what lies there already."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from clients.disktop.client import DiskTop
from clients.disktop.errors import TAKEN
from clients.disktop.models import Listing, SharedFile, Transferred
from clients.errors import ClientError, Forbidden, Rejected
from services.errors import TransferProblem
from services.saving.locks import SaveLock
from services.saving.trees import Plan
from services.steps import nothing

T = TypeVar("T")

PAGE = 200
MOST_PAGES = 100
BATCH = 100

Key = tuple[str, int]


class Call(Protocol):
    """Do a call with the user's token."""

    def __call__(self, work: Callable[[str], Awaitable[T]], /) -> Awaitable[T]:
        """Do it."""
        ...


@dataclass
class Progress:
    """Count what has been done of `files` in all; `missed` ones the service did not copy."""

    files: int = 0
    saved: int = 0
    already: int = 0
    missed: int = 0
    folders: int = 0
    bytes: int = 0

    @property
    def done(self) -> int:
        """Count the files that are settled."""
        return self.saved + self.already + self.missed


Told = Callable[[Progress], Awaitable[None]]


@dataclass(frozen=True)
class Place:
    """Be one folder of the drive: what lies in it; `exists` is False before it is made."""

    path: str
    exists: bool
    files: Counter[Key]
    folders: frozenset[str]


class Saving:
    """Save from one share."""

    def __init__(
        self,
        client: DiskTop,
        share: Call,
        drive: Call,
        lock: SaveLock,
        surl: str,
        code: str | None,
        told: Told = nothing,
    ) -> None:
        self._client = client
        self._told = told
        self._share = share
        self._drive = drive
        self._lock = lock
        self._surl = surl
        self._code = code
        self._places: dict[str, Place] = {}
        self._progress = Progress()

    async def run(self, plan: Plan, target: str) -> Progress:
        """Copy the plan to a folder; raises TransferProblem(full) before anything is copied.

        Raises TransferProblem(filled) where the drive filled up on the way, by somebody else's doing.
        """
        self._progress.files = plan.count
        missing: list[tuple[str, list[SharedFile]]] = []
        for below, files in plan.folders.items():
            path = (target.rstrip("/") + below) or "/"
            missing.append((path, self._missing(await self._place(path), files)))
            await self._told(self._progress)
        needed = sum(file.size for _, files in missing for file in files)
        if needed:
            await self._must_fit(needed)
        for path, files in missing:
            await self._make(path)
            for start in range(0, len(files), BATCH):
                try:
                    await self._copy(path, files[start : start + BATCH])
                except TransferProblem as problem:
                    raise await self._told_more(problem, needed) from problem
                await self._told(self._progress)
        return self._progress

    async def _told_more(self, problem: TransferProblem, needed: int) -> TransferProblem:
        """Say how much is missing, where the service only says that the drive is full."""
        if problem.kind != "full":
            return problem
        left, saved = needed - self._progress.bytes, self._progress.saved
        try:
            free = (await self._drive(self._client.quota)).free_bytes
        except ClientError:
            return problem
        return TransferProblem("filled" if saved else "full", needed=left, free=free, saved=saved)

    def _missing(self, place: Place, files: Sequence[SharedFile]) -> list[SharedFile]:
        there = place.files.copy()
        missing = []
        for file in files:
            if there[file.name, file.size] > 0:
                there[file.name, file.size] -= 1
                self._progress.already += 1
            else:
                missing.append(file)
        return missing

    async def _must_fit(self, needed: int) -> None:
        try:
            space = await self._drive(self._client.quota)
        except Forbidden:
            return  # the grant does not cover it: the copy itself will tell
        if space.total_bytes and needed > space.free_bytes:
            raise TransferProblem("full", needed=needed, free=space.free_bytes)

    async def _copy(self, path: str, files: Sequence[SharedFile]) -> None:
        ids = [file.id for file in files]

        def transfer(token: str) -> Awaitable[Transferred]:
            return self._client.share_transfer(token, self._surl, ids, path, self._code)

        try:
            done = await self._share(lambda token: self._lock.send(lambda: transfer(token)))
        except ClientError as error:
            # It may have worked all the same: look, and copy nothing twice.
            if not error.doubtful or self._missing_now(await self._listed(path), files):
                raise
            copied = len(files)
        else:
            copied = min(done.transferred or len(done.file_ids), len(files))
        self._progress.saved += copied
        self._progress.missed += len(files) - copied
        self._progress.bytes += sum(file.size for file in files)

    def _missing_now(self, place: Place, files: Sequence[SharedFile]) -> bool:
        wanted = Counter((file.name, file.size) for file in files)
        return any(place.files[key] < count for key, count in wanted.items())

    async def _make(self, path: str) -> None:
        """Make a folder and those above it, where they are missing."""
        if path == "/" or (await self._place(path)).exists:
            return
        parent, _, name = path.rpartition("/")
        await self._make(parent or "/")
        try:
            await self._drive(lambda t: self._client.make_folder(t, parent or "/", name))
        except Rejected as error:
            if error.code not in TAKEN:
                raise
        self._places[path] = Place(path, True, Counter(), frozenset())
        self._progress.folders += 1

    async def _place(self, path: str) -> Place:
        if path not in self._places:
            self._places[path] = await self._found(path)
        return self._places[path]

    async def _found(self, path: str) -> Place:
        """Look for a folder from above: a server may list a missing one as empty."""
        if path != "/":
            parent, _, name = path.rpartition("/")
            above = await self._place(parent or "/")
            if name not in above.folders:
                return Place(path, False, Counter(), frozenset())
        return await self._listed(path)

    async def _listed(self, path: str) -> Place:
        files: Counter[Key] = Counter()
        folders: set[str] = set()
        for number in range(1, MOST_PAGES + 1):
            page = await self._page(path, number)
            files.update((file.name, file.size) for file in page.files)
            folders.update(folder.name for folder in page.folders)
            if len(page.files) + len(page.folders) < PAGE:
                break
        return Place(path, True, files, frozenset(folders))

    async def _page(self, path: str, number: int) -> Listing:
        return await self._drive(lambda t: self._client.files(t, path, number, PAGE))
