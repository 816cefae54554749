"""Uploads that are under way: which parts are there, and the digest of what has come so far."""

import asyncio
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.waiting import in_thread

_STEP = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """One part that has arrived."""

    size: int
    etag: str


@dataclass
class Arriving:
    """One upload, from its beginning to its end: a file of known size that comes in parts."""

    id: str
    person: int
    name: str
    size: int
    chunk_size: int
    expires_at: float
    path: Path
    parts: dict[int, Part] = field(default_factory=dict)
    # What the end was answered with; the upload is over then.
    outcome: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self._digest = hashlib.md5(usedforsecurity=False)
        self._hashed = 0
        self._lock = asyncio.Lock()

    @property
    def total_parts(self) -> int:
        """Return how many parts the file has."""
        return -(-self.size // self.chunk_size)

    def expected(self, number: int) -> int:
        """Return the size a part must have."""
        return min(self.chunk_size, self.size - (number - 1) * self.chunk_size)

    def rewritten(self, number: int) -> None:
        """Note that a part is being written anew: what was hashed of it counts no more."""
        self.parts.pop(number, None)
        if number <= self._hashed:
            self._digest, self._hashed = hashlib.md5(usedforsecurity=False), 0

    async def hash_on(self) -> None:
        """Hash the parts that follow on what is hashed, each read once, in a thread."""
        async with self._lock:
            while (part := self.parts.get(number := self._hashed + 1)) is not None:
                digest = self._digest.copy()
                try:
                    await in_thread(self._add, digest, number)
                except FileNotFoundError:
                    # Aborted, or the sandbox was reset.
                    return
                # Not if it was written anew meanwhile.
                if self.parts.get(number) is part and self._hashed == number - 1:
                    self._digest, self._hashed = digest, number

    async def digest(self) -> str:
        """Return the digest of the whole file; most of it was computed while parts arrived."""
        await self.hash_on()
        return self._digest.hexdigest()

    def _add(self, digest: "hashlib._Hash", number: int) -> None:
        left, at = self.expected(number), (number - 1) * self.chunk_size
        with self.path.open("rb") as file:
            while left > 0:
                block = os.pread(file.fileno(), min(_STEP, left), at)
                if not block:
                    return
                digest.update(block)
                left, at = left - len(block), at + len(block)


@dataclass(kw_only=True)
class Session(Arriving):
    """An upload to Disk.Top: into which folder, and the digest that was told beforehand."""

    folder: int
    md5: str
