"""Take in bytes of any size: onto the disk in blocks, never whole in memory."""

import asyncio
import hashlib
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

from sandbox.contents import Kept
from sandbox.states.uploads import Arriving, Part
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


async def metered(pieces: AsyncIterator[bytes], rate: float) -> AsyncIterator[bytes]:
    """Yield what arrives, no faster than so many bytes a second (0: as fast as it comes)."""
    loop = asyncio.get_running_loop()
    began, arrived = loop.time(), 0
    async for piece in pieces:
        yield piece
        arrived += len(piece)
        if rate > 0 and (early := arrived / rate - (loop.time() - began)) > 0:
            await asyncio.sleep(early)


async def write_part(upload: Arriving, number: int, pieces: AsyncIterator[bytes]) -> Part | None:
    """Write a part's bytes (from 1) to their place while they arrive; None where they are too few or many."""
    size, etag, start = 0, 0, (number - 1) * upload.chunk_size
    expected = upload.expected(number)
    file = os.open(upload.path, os.O_WRONLY)
    try:
        async for block in gathered(pieces):
            if size + len(block) > expected:
                return None
            etag = await in_thread(_put, file, block, start + size, etag)
            size += len(block)
    finally:
        os.close(file)
    return Part(size, f"{etag:08x}") if size == expected else None


def _put(file: int, block: bytes, at: int, etag: int) -> int:
    put(file, block, at)
    return zlib.crc32(block, etag)


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
