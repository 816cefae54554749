"""Fetch what a user's address leads to, without ever leaving the public Internet."""

import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp

from clients.connection import system_trust
from clients.errors import RateLimited, UpstreamBroken
from clients.fetch.describing import range_of, validator_of, whole_length_of
from clients.fetch.errors import OPERATION, SERVICE, AddressRefused, SourceGone
from clients.fetch.fetched import Fetched, Limits
from clients.fetch.gate import Gate, Pinned, Resolver, system_resolver
from clients.fetch.guarding import deadline, guarded
from clients.fetch.targets import Target, read_target
from clients.retry_after import DEFAULT_SECONDS, retry_delay

REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
# Packed answers are refused, so that a small one cannot become a large one.
_HEADERS = {"user-agent": "LinkHive", "accept": "*/*", "accept-encoding": "identity"}


class Fetcher:
    """Open addresses that users give; `allowed_hosts` (host or host:port) may lie in private ranges."""

    def __init__(
        self,
        *,
        allowed_hosts: frozenset[str] = frozenset(),
        resolver: Resolver = system_resolver,
        limits: Limits | None = None,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self._gate = Gate(allowed_hosts, resolver)
        self._limits = limits or Limits()
        self._trust = verify

    @asynccontextmanager
    async def open(self, url: str, offset: int = 0, validator: str | None = None) -> AsyncGenerator[Fetched]:
        """Open an address for reading from `offset`, if it still is what `validator` says, else from 0.

        Look at `offset` of what is yielded. Raises AddressRefused, TooLarge, SourceGone, RateLimited,
        Unreachable, UpstreamBroken and BadResponse; no error holds the address.
        """
        asked = read_target(url)
        wanted = _range(offset, validator)
        async with AsyncExitStack() as stack:
            reached, response = await self._arrive(stack, asked, wanted)
            if wanted and not _usable(response, offset, validator):
                # The file has changed, or the source counts otherwise: all of it, from the start.
                await stack.aclose()
                reached, response = await self._arrive(stack, asked, {})
            yield Fetched(response, asked.url, reached.url, self._limits)

    async def _arrive(
        self, stack: AsyncExitStack, target: Target, headers: Mapping[str, str]
    ) -> tuple[Target, aiohttp.ClientResponse]:
        for _ in range(REDIRECTS + 1):
            response = await self._ask(stack, target, headers)
            place = response.headers.get("Location") if response.status in _MOVED else None
            if place is None:
                if not (headers and response.status == 416):
                    _check(response, partial=bool(headers))
                return target, response
            await stack.aclose()
            target = read_target(place, base=target.url)
        raise AddressRefused.because("redirects")

    async def _ask(
        self, stack: AsyncExitStack, target: Target, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        addresses = await self._gate.addresses(target)
        session = await stack.enter_async_context(self._session(Pinned(target, addresses)))
        opened = session.get(target.url, headers=headers, allow_redirects=False)
        async with deadline(self._limits.answer):
            return await guarded(stack.enter_async_context(opened))

    def _session(self, pinned: Pinned) -> aiohttp.ClientSession:
        """Make a session for one request; none is kept, so no connection serves a second look-up."""
        connector = aiohttp.TCPConnector(
            ssl=self._trust or system_trust(),
            resolver=pinned,
            socket_factory=pinned.socket,
            use_dns_cache=False,
            force_close=True,
            limit=1,
        )
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._limits.connect, sock_read=self._limits.silence
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=self._limits.buffer,
        )


def _range(offset: int, validator: str | None) -> dict[str, str]:
    # Without a validator nobody could tell whether the rest belongs to the same file.
    return {"range": f"bytes={offset}-", "if-range": validator} if offset > 0 and validator else {}


def _usable(response: aiohttp.ClientResponse, offset: int, validator: str | None) -> bool:
    """Tell whether an answer to a range is that range of the same file, or the whole file anew."""
    if response.status == 416:
        return whole_length_of(response.headers) == offset and validator_of(response.headers) == validator
    if response.status != 206:
        return True
    found = range_of(response.headers)
    same = validator_of(response.headers) in (None, validator)
    return found is not None and found[0] == offset and same


def _check(response: aiohttp.ClientResponse, *, partial: bool) -> None:
    status = response.status
    if status in (200, 203) or (status == 206 and partial):
        return
    if status == 429:
        headers = {name.lower(): value for name, value in response.headers.items()}
        delay = retry_delay(headers, None, time.time())
        raise RateLimited(SERVICE, OPERATION, DEFAULT_SECONDS if delay is None else delay)
    if 400 <= status < 500 and status not in (408, 425):
        raise SourceGone(SERVICE, OPERATION, status=status)
    raise UpstreamBroken(SERVICE, OPERATION, status)
