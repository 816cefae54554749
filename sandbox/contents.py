"""Bytes of files: kept on disk for what was really sent, made up on demand for what only has a size."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5, sha256
from itertools import count
from pathlib import Path
from typing import Protocol

from sandbox.waiting import in_thread

BLOCK = 256 * 1024
# Up to this size a made-up file's digest is that of its bytes; above, computing it would hold the machine.
TRUE_DIGEST = 8 * 1024 * 1024
_PATTERN = 64 * 1024


class Content(Protocol):
    """The bytes of one file, wherever they come from."""

    @property
    def size(self) -> int:
        """Return how many bytes there are."""

    @property
    def md5(self) -> str:
        """Return the digest a service shows."""

    def blocks(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Yield a stretch of the bytes."""


@dataclass(frozen=True)
class Made:
    """Bytes nobody keeps: one pattern again and again, its own for each key."""

    key: str
    size: int
    # What the file begins with, when it should be more than a pattern: a picture, a text.
    head: bytes = b""

    @cached_property
    def md5(self) -> str:
        """Return the digest: the true one of a small file, a stand-in's idea of it for a large one."""
        if self.size > TRUE_DIGEST:
            return md5(f"{self.key}:{self.size}".encode(), usedforsecurity=False).hexdigest()
        return self.true_md5()

    def true_md5(self) -> str:
        """Return the digest of the bytes, however long that takes."""
        digest = md5(usedforsecurity=False)
        for at in range(0, self.size, BLOCK):
            digest.update(self.piece(at, min(BLOCK, self.size - at)))
        return digest.hexdigest()

    def piece(self, start: int, length: int) -> bytes:
        """Return a stretch of the bytes, at most a block."""
        skip = start % _PATTERN
        head = self.head[start : start + length]
        return head + self._tile[skip + len(head) : skip + length]

    @cached_property
    def _tile(self) -> bytes:
        # As long as a block from any place in the pattern, so that every piece is one slice of it.
        pattern = sha256(self.key.encode()).digest() * (_PATTERN // 32)
        return pattern * (BLOCK // _PATTERN + 1)

    async def blocks(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Yield a stretch of the bytes."""
        end = start + length
        for at in range(start, end, BLOCK):
            yield self.piece(at, min(BLOCK, end - at))
            # Sending to somebody who left takes no time at all: let the loop notice that.
            await asyncio.sleep(0)


@dataclass(frozen=True)
class Plain:
    """Few bytes, kept in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """Return how many bytes there are."""
        return len(self.data)

    @cached_property
    def md5(self) -> str:
        """Return the digest."""
        return md5(self.data, usedforsecurity=False).hexdigest()

    async def blocks(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Yield a stretch of the bytes."""
        yield self.data[start : start + length]


@dataclass(frozen=True)
class Kept:
    """Bytes somebody sent, in a file of the shelf."""

    path: Path
    size: int
    md5: str

    async def blocks(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Yield a stretch of the bytes."""
        file = os.open(self.path, os.O_RDONLY)
        try:
            while length > 0:
                block = await in_thread(os.pread, file, min(BLOCK, length), start)
                if not block:
                    return
                yield block
                start, length = start + len(block), length - len(block)
        finally:
            os.close(file)


class Shelf:
    """The folder the kept bytes lie in; made when first needed, emptied at a reset, gone at the end."""

    def __init__(self, base: Path | None) -> None:
        self._base = base
        self._folder: Path | None = None
        self._numbers = count(1)

    def place(self, kind: str) -> Path:
        """Return the path of a new file."""
        if self._folder is None:
            if self._base is not None:
                self._base.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix="linkhive-files-", dir=self._base))
        return self._folder / f"{next(self._numbers)}.{kind}"

    def clear(self) -> None:
        """Throw everything away."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
