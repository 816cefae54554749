"""An answer that is being read: what it is, and its bytes, under the caps."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from yarl import URL

from clients.errors import BadResponse, Unreachable
from clients.fetch.describing import (
    is_packed,
    kind_of,
    length_of,
    name_of,
    range_of,
    validator_of,
    whole_length_of,
)
from clients.fetch.errors import OPERATION, SERVICE, TooLarge
from clients.fetch.guarding import guarded

GIB = 1024**3


@dataclass(frozen=True)
class Limits:
    """Caps on one fetch: bytes, and seconds for each step.

    Only time spent waiting for the source counts, so a reader that pauses does it no wrong. A source must
    give `pace_bytes` in each `pace` seconds of waiting: one that drips would hold its place for hours.
    """

    max_bytes: int = 50 * GIB
    connect: float = 10.0
    answer: float = 40.0
    silence: float = 30.0
    pace: float = 45.0
    pace_bytes: int = 48 * 1024
    whole: float = 12 * 3600.0
    buffer: int = 256 * 1024


class Fetched:
    """One open answer; it ends with the `async with` it came from."""

    def __init__(self, response: aiohttp.ClientResponse, asked: URL, reached: URL, limits: Limits) -> None:
        headers = response.headers
        part = range_of(headers) if response.status == 206 else None
        nothing_left = response.status == 416
        self._response = response
        self._limits = limits
        self._empty = nothing_left
        self.name = name_of(headers, asked, reached)
        self.mime = kind_of(headers, self.name)
        self.validator = validator_of(headers)
        self.offset = part[0] if part else (whole_length_of(headers) or 0) if nothing_left else 0
        self.size = part[1] if part else whole_length_of(headers) if nothing_left else length_of(headers)
        says = headers.get("Accept-Ranges", "").strip().lower()
        # Without a validator a rest cannot be told from a rest of something else.
        self.resumable = self.validator is not None and says != "none"
        if is_packed(headers, self.name):
            raise BadResponse(SERVICE, OPERATION, "packed although plain bytes were asked for")
        self._check(self.size or 0)

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the bytes from `offset` as they come; raises TooLarge, Unreachable at a cut or a stall."""
        if self._empty:
            return
        place, content, pace = self.offset, self._response.content, _Pace(self._limits)
        while block := await pace.timed(content):
            place += len(block)
            self._check(place)
            yield block
        if self.size is not None and place != self.size:
            raise Unreachable(SERVICE, OPERATION, "reset", sent=True)

    def _check(self, size: int) -> None:
        if size > self._limits.max_bytes:
            raise TooLarge(SERVICE, OPERATION, limit=self._limits.max_bytes)


class _Pace:
    """Measure how long a source lets us wait."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._clock = asyncio.get_running_loop().time
        self._waited = self._since = 0.0
        self._got = 0

    async def timed(self, content: aiohttp.StreamReader) -> bytes:
        """Read what has come, or wait for it."""
        began = self._clock()
        block = await guarded(content.readany())
        seconds = self._clock() - began
        self._waited += seconds
        self._since += seconds
        self._got += len(block)
        if self._got >= self._limits.pace_bytes:
            self._since, self._got = 0.0, 0
        if block and (self._since > self._limits.pace or self._waited > self._limits.whole):
            raise Unreachable(SERVICE, OPERATION, "timeout", sent=True)
        return block
