"""One file of the spool: written and hashed at once, in threads, then read in parts."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

T = TypeVar("T")

# Blocks this large are worth a trip to a thread; more would only cost memory.
BLOCK = 512 * 1024
# Smaller when read: every part on its way holds one, has the next ready, and a third in the connection.
READ = 256 * 1024


class InThread(Protocol):
    """Do something in a thread."""

    def __call__(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Return what will come of it."""
        ...


class SpoolLost(Exception):
    """Say that the file does not hold what was written."""


class SpoolFile:
    """Be an upload's bytes; `length` of them are there."""

    def __init__(self, descriptor: int, length: int, in_thread: InThread) -> None:
        self.length = length
        self._descriptor = descriptor
        self._in_thread = in_thread
        self._digest = hashlib.md5(usedforsecurity=False)
        self._hashed = 0
        self._write: asyncio.Future[None] | None = None

    @property
    def md5(self) -> str:
        """Return the digest of all that was written."""
        if self._hashed != self.length:
            raise SpoolLost
        return self._digest.hexdigest()

    async def recount(self) -> None:
        """Hash what an earlier process wrote, so that more can be added."""
        if self._hashed == self.length:
            return
        await self._rehash()

    async def holds(self, digest: str | None) -> bool:
        """Tell whether what can be read has this digest."""
        with suppress(SpoolLost, OSError):
            await self._rehash()
            return self._digest.hexdigest() == digest
        return False

    async def _rehash(self) -> None:
        self._digest, self._hashed = hashlib.md5(usedforsecurity=False), 0

        async for block in self.read(0, self.length):
            await self._in_thread(lambda block=block: self._digest.update(block))  # type: ignore[misc]
            self._hashed += len(block)

    async def restart(self) -> None:
        """Begin anew."""
        await self.settle()
        # Waited for like other writes: a descriptor that is closed meanwhile may be another file's by then.
        self._write = self._in_thread(lambda: os.ftruncate(self._descriptor, 0))
        await self.settle()
        self.length, self._hashed, self._digest = 0, 0, hashlib.md5(usedforsecurity=False)

    async def append(self, blocks: Sequence[bytes]) -> None:
        """Add blocks at the end; returns when the ones before are written, while these still are."""
        await self.settle()
        self._write = self._in_thread(lambda: self._add(blocks))

    async def settle(self) -> None:
        """Wait until all that was added is written and hashed."""
        if self._write is not None:
            # Cancelling who waits does not stop a thread: the file must outlive it.
            await asyncio.shield(self._write)
            self._write = None

    def _add(self, blocks: Sequence[bytes]) -> None:
        data = memoryview(b"".join(blocks))
        self._digest.update(data)
        self._hashed += len(data)
        while data:
            done = os.pwrite(self._descriptor, data, self.length)
            self.length += done
            data = data[done:]

    async def read(self, offset: int, size: int) -> AsyncIterator[bytes]:
        """Yield a part in blocks, the next read while the last is used."""
        end = offset + size
        ahead = self._block(offset, end)
        try:
            while offset < end:
                block = await ahead
                if not block:
                    raise SpoolLost
                offset += len(block)
                ahead = self._block(offset, end)
                yield block
        finally:
            await asyncio.wait([ahead])

    def _block(self, offset: int, end: int) -> "asyncio.Future[bytes]":
        size = max(0, min(READ, end - offset))
        return self._in_thread(lambda: os.pread(self._descriptor, size, offset) if size else b"")

    async def close(self) -> None:
        """Close it once nothing is written any more."""
        if self._write is not None:
            await asyncio.wait([self._write])
        os.close(self._descriptor)
