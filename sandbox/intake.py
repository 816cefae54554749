"""Take in bytes of any size: onto the disk in blocks, never whole in memory."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from sandbox.contents import Kept
from sandbox.waiting import in_thread

# Blocks this large are worth a trip to a thread.
BUFFER = 1024 * 1024


class TooLarge(Exception):
    """More came than may be kept."""


async def gathered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what arrives in larger blocks."""
    waiting: list[bytes] = []
    size = 0
    async for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BUFFER:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def put(file: int, block: bytes, at: int) -> None:
    """Write a block to its place, all of it."""
    view = memoryview(block)
    while view:
        done = os.pwrite(file, view, at)
        view, at = view[done:], at + done


async def keep(path: Path, pieces: AsyncIterator[bytes], limit: int) -> Kept:
    """Write a stream to a new file; raises TooLarge and leaves nothing when it goes on past the limit."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        return await _fill(path, file, gathered(pieces), limit)
    except BaseException:
        _drop(path)
        raise
    finally:
        os.close(file)


def _drop(path: Path) -> None:
    # A reset may have been faster.
    path.unlink(missing_ok=True)


async def _fill(path: Path, file: int, blocks: AsyncIterator[bytes], limit: int) -> Kept:
    digest, size = hashlib.md5(usedforsecurity=False), 0

    def add(block: bytes, at: int) -> None:
        digest.update(block)
        put(file, block, at)

    async for block in blocks:
        if size + len(block) > limit:
            raise TooLarge
        await in_thread(add, block, size)
        size += len(block)
    return Kept(path, size, digest.hexdigest())
