"""The folder that uploads pass through: bounded, one file for each, swept of what nobody needs."""

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from services.clock import Clock, SystemClock
from services.uploads.pace import GIB
from services.uploads.room import Room
from services.uploads.spoolfile import SpoolFile

T = TypeVar("T")

LIMIT = 100 * GIB
# Left free on the disk whatever happens: the database lives there too.
SPARE = GIB
THREADS = 4
BOOT = Path("/proc/sys/kernel/random/boot_id")


def _close(opened: "asyncio.Future[int]") -> None:
    if not opened.cancelled() and opened.exception() is None:
        os.close(opened.result())


def free_bytes(folder: Path) -> int:
    """Return how much more a folder's disk takes from us."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _boot() -> str:
    """Return what names this run of the machine: after a power cut a file may hold less than was written."""
    try:
        seed = BOOT.read_text()
    except OSError:
        seed = os.urandom(16).hex()
    return hashlib.sha256(seed.encode()).hexdigest()[:12]


class Spool:
    """Keep what was fetched until it is sent; without a folder given, in one that ends with it."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        limit: int = LIMIT,
        spare: int = SPARE,
        clock: Clock | None = None,
    ) -> None:
        self._given = folder
        self._limit = limit
        self._spare = spare
        self._boot = _boot()
        self._files: dict[int, SpoolFile] = {}
        self.room = Room(clock or SystemClock(), self._total, self._length)
        self._held = self.room.held
        # Of its own: a digest keeps a thread busy for as long as a file takes.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spool")

    def close(self) -> None:
        """End the threads; what a given folder holds stays for the next start."""
        self._threads.shutdown(wait=True)
        if self._given is None and "_folder" in self.__dict__:
            shutil.rmtree(self._folder, ignore_errors=True)

    @cached_property
    def _folder(self) -> Path:
        if self._given is None:
            return Path(tempfile.mkdtemp(prefix="linkhive-spool-"))
        self._given.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._given.stat().st_uid != os.getuid():
            raise PermissionError(errno.EPERM, "the spool belongs to somebody else")
        return self._given

    async def open(self, upload_id: int) -> SpoolFile:
        """Open an upload's file where an earlier run of this boot left it, else a new one."""
        opening = self.run(lambda: self._locked(self._path(upload_id)))
        try:
            descriptor = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # That stops no thread: what it opens is locked, and nobody would know of it.
            opening.add_done_callback(_close)
            await asyncio.wait([opening])
            raise
        file = SpoolFile(descriptor, os.fstat(descriptor).st_size, self.run)
        self._files[upload_id] = file
        self._held[upload_id] = max(self._held.get(upload_id, 0), file.length)
        return file

    async def shut(self, upload_id: int) -> None:
        """Close an upload's file; what is in it stays."""
        file = self._files.pop(upload_id, None)
        if file is not None:
            await file.close()
            self.room.rest(upload_id, file.length)

    async def drop(self, upload_id: int) -> None:
        """Delete an upload's file and give its room back."""
        self.room.leave(upload_id)
        await self.run(lambda: self._path(upload_id).unlink(missing_ok=True))

    async def sweep(self, needed: Mapping[int, int]) -> None:
        """Delete what belongs to no upload under way, and what an earlier boot left; count the rest.

        `needed` are the uploads under way with their people.
        """

        def sweep() -> dict[int, int]:
            kept: dict[int, int] = {}
            for path, upload_id in self._found():
                if upload_id in needed and path == self._path(upload_id):
                    kept[upload_id] = path.stat().st_size
                elif upload_id not in self._files:
                    path.unlink(missing_ok=True)
            return kept

        if self._given is None:
            return
        for upload_id, size in (await self.run(sweep)).items():
            self.room.found(upload_id, needed[upload_id], size)
        for upload_id in self._held.keys() - needed.keys() - self._files.keys():
            self.room.leave(upload_id)

    def _total(self) -> int:
        """Return the room there is for all that is and will be here."""
        here = sum(map(self._length, self._held))
        return min(self._limit, free_bytes(self._folder) - self._spare + here)

    def _length(self, upload_id: int) -> int:
        file = self._files.get(upload_id)
        return self._held.get(upload_id, 0) if file is None else file.length

    def run(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Do something with files in a thread."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _path(self, upload_id: int) -> Path:
        return self._folder / f"{upload_id}-{self._boot}.part"

    def _found(self) -> Iterator[tuple[Path, int]]:
        for path in self._folder.glob("*.part"):
            number, _, _ = path.stem.partition("-")
            if number.isdecimal():
                yield path, int(number)

    def _locked(self, path: Path) -> int:
        """Open a file that nobody else writes to; one that a stalled process still holds is left to it."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                path.unlink(missing_ok=True)
                continue
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(descriptor)):
                    return descriptor
            os.close(descriptor)
