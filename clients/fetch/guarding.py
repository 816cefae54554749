"""What the library below raises, as errors of ours without its texts (they hold addresses)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp

from clients.errors import BadResponse, ClientError, Unreachable
from clients.faults import classify, is_garbled
from clients.fetch.errors import OPERATION, SERVICE

T = TypeVar("T")


async def guarded(work: Awaitable[T]) -> T:
    """Await a step of the library."""
    try:
        return await work
    except (aiohttp.ClientError, OSError, ValueError) as error:
        failure = _failure(error)
    raise failure


@asynccontextmanager
async def deadline(seconds: float) -> AsyncGenerator[None]:
    """Give a step so long, then raise Unreachable(timeout)."""
    try:
        async with asyncio.timeout(seconds):
            yield
            return
    except TimeoutError:
        pass  # raised outside, so that no address of the cause is kept
    raise Unreachable(SERVICE, OPERATION, "timeout", sent=True)


def _failure(error: Exception) -> ClientError:
    if is_garbled(error):
        return BadResponse(SERVICE, OPERATION, "not HTTP")
    kind, sent = classify(error)
    return Unreachable(SERVICE, OPERATION, kind, sent)
