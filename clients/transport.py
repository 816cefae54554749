"""The one way out: time-outs, caps, retries and exceptions of every upstream call."""

import asyncio
import ssl
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypedDict, TypeVar, Unpack

import aiohttp
import httpx
import stamina

from clients.connection import open_client
from clients.encoding import Pairs, form
from clients.errors import BadResponse, ClientError, Misconfigured, RateLimited, Unreachable, UpstreamBroken
from clients.faults import classify, is_garbled
from clients.outgoing import Outgoing
from clients.reply import Reply, UnreadableError, read_reply

T = TypeVar("T")
Check = Callable[[str, Reply], None]

# No call but an upload is longer, with all its repeats: after this long one that was sent has its answer, or
# never will. Whoever acts on a lost answer waits for that, or points are spent twice.
LONGEST_CALL_SECONDS = 50.0
# A call that may be repeated waits at most this long when told to come back.
SHORT_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Timeouts:
    """Seconds for connecting, for silence while reading, and for a call with all its retries."""

    connect: float = 8.0
    read: float = 20.0
    total: float = 45.0


class Carried(TypedDict, total=False):
    """Name what a call carries; at most one of `json`, `data`, and `content` with its type in the headers."""

    params: Pairs
    headers: Mapping[str, str]
    json: object
    data: Sequence[tuple[str, object]] | None
    content: bytes | None


class Transport:
    """Own the connections to one service until `aclose`."""

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        proxy: str | None = None,
        timeout: Timeouts | None = None,
        max_bytes: int = 8 * 1024 * 1024,
        attempts: int = 3,
        backoff: float = 0.25,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._same = partial(
            Transport,
            service,
            proxy=proxy,
            max_bytes=max_bytes,
            attempts=attempts,
            backoff=backoff,
            verify=verify,
        )
        self._timeout = timeout or Timeouts()
        self._max_bytes = max_bytes
        self._attempts = attempts
        self._backoff = backoff
        self._http = open_client(self.base_url, proxy, verify, keep=True)
        self._single = open_client(self.base_url, proxy, verify, keep=False)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()
        await self._single.aclose()

    def sibling(self, base_url: str, *, timeout: Timeouts) -> "Transport":
        """Make a transport to another address of the same service, by the same proxy."""
        return self._same(base_url, timeout=timeout)

    async def request(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        idempotent: bool,
        check: Check | None = None,
        **carried: Unpack[Carried],
    ) -> Reply:
        """Make one call; `check` raises a ClientError for an answer that is none.

        Raises Unreachable, UpstreamBroken (redirect), BadResponse (too large) and what `check` raises.
        Only calls marked idempotent are repeated, all within the time that one may take.
        """
        request = self._build(operation, method, path, **carried)
        try:
            async with asyncio.timeout(min(self._timeout.total, LONGEST_CALL_SECONDS)):
                if idempotent:
                    return await self._repeated(operation, request, check)
                return await self._once(operation, self._single, request, check)
        except TimeoutError:
            pass  # raised outside, so that no address of the cause is kept
        raise Unreachable(self.service, operation, "timeout", sent=True)

    async def send(
        self,
        operation: str,
        path: str,
        body: AsyncIterator[bytes],
        size: int,
        *,
        params: Pairs = (),
        headers: Mapping[str, str] | None = None,
        silence: float,
        check: Check | None = None,
    ) -> Reply:
        """POST `size` bytes as `body` yields them; never repeated, and as long as it moves without an end.

        `silence` seconds without headway are Unreachable. What `body` raises comes through unchanged.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(silence) as patience:
                source = Outgoing(body, size, lambda: patience.reschedule(loop.time() + silence))
                sent = {**source.headers, **(headers or {})}
                request = self._build(
                    operation, "POST", path, silence=silence, body=source, params=params, headers=sent
                )
                return await source.carried(self._once(operation, self._http, request, check))
        except TimeoutError:
            pass  # raised outside, as above
        raise Unreachable(self.service, operation, "timeout", sent=True)

    async def _repeated(self, operation: str, request: httpx.Request, check: Check | None) -> Reply:
        retries = stamina.retry_context(
            on=_worth_repeating,
            attempts=self._attempts,
            timeout=None,
            wait_initial=self._backoff,
            wait_jitter=self._backoff,
            wait_max=SHORT_WAIT_SECONDS,
        )
        async for attempt in retries:
            with attempt:
                return await self._once(operation, self._http, request, check)
        raise AssertionError("stamina gives up by raising")

    async def _once(
        self, operation: str, http: httpx.AsyncClient, request: httpx.Request, check: Check | None
    ) -> Reply:
        async with self._opened(operation, http, request) as response:
            reply = await self._guard(operation, read_reply(response, self._max_bytes))
        self._refuse_redirect(operation, reply)
        if check is not None:
            check(operation, reply)
        return reply

    @asynccontextmanager
    async def stream(
        self,
        operation: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        silence: float,
        check: Check | None = None,
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a GET that is read as it comes; `silence` seconds without a byte are Unreachable."""
        plain = {"accept": "text/event-stream", "accept-encoding": "identity", "cache-control": "no-store"}
        sent = {**plain, **(headers or {})}
        request = self._build(operation, "GET", path, silence=silence, headers=sent)
        async with self._opened(operation, self._single, request) as response:
            if not response.is_success:
                reply = await self._guard(operation, read_reply(response, self._max_bytes))
                self._refuse_redirect(operation, reply)
                if check is not None:
                    check(operation, reply)
                raise UpstreamBroken(self.service, operation, reply.status, html=reply.is_html)
            yield self._chunks(operation, response)

    async def _chunks(self, operation: str, response: httpx.Response) -> AsyncIterator[bytes]:
        source = response.aiter_raw()
        while (chunk := await self._guard(operation, anext(source, None))) is not None:
            yield chunk

    @asynccontextmanager
    async def _opened(
        self, operation: str, http: httpx.AsyncClient, request: httpx.Request
    ) -> AsyncGenerator[httpx.Response]:
        response = await self._guard(operation, http.send(request, stream=True))
        try:
            yield response
        finally:
            # What closing finds out no longer matters to this call.
            with suppress(httpx.HTTPError, aiohttp.ClientError, OSError):
                await response.aclose()

    def _build(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        silence: float | None = None,
        body: AsyncIterable[bytes] | None = None,
        **carried: Unpack[Carried],
    ) -> httpx.Request:
        """Build a request, with a `body` that is streamed in place of what it may carry."""
        headers, data = dict(carried.get("headers", {})), carried.get("data")
        content = carried.get("content") if body is None else body
        if data is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        connect = self._timeout.connect
        read = self._timeout.read if silence is None else silence
        try:
            _check_headers(headers)
            return self._http.build_request(
                method,
                self.base_url + path,
                params=list(carried.get("params", ())) or None,
                json=carried.get("json"),
                content=content if data is None else form(data),
                headers=headers,
                # The pool's time is aiohttp's for getting a connection, DNS included.
                timeout=httpx.Timeout(connect=connect, read=read, write=read, pool=connect),
            )
        except (ValueError, httpx.InvalidURL):
            pass  # a key or an address that fits no header and no URL
        raise Misconfigured(self.service, operation, code="unsendable")

    async def _guard(self, operation: str, work: Awaitable[T]) -> T:
        """Turn every exception of the libraries below into one of ours, without their texts."""
        try:
            return await work
        except UnreadableError as error:
            failure: ClientError = BadResponse(self.service, operation, str(error))
        except (httpx.HTTPError, aiohttp.ClientError, OSError, ValueError) as error:
            failure = self._failure(operation, error)
        raise failure

    def _failure(self, operation: str, error: Exception) -> ClientError:
        if is_garbled(error):
            return BadResponse(self.service, operation, "not HTTP")
        kind, sent = classify(error)
        return Unreachable(self.service, operation, kind, sent)

    def _refuse_redirect(self, operation: str, reply: Reply) -> None:
        # Following one could carry tokens to another host.
        if 300 <= reply.status < 400:
            raise UpstreamBroken(self.service, operation, reply.status, html=False)


def _check_headers(headers: Mapping[str, str]) -> None:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise ValueError("a header that cannot be sent")


def _worth_repeating(error: Exception) -> bool | float:
    if isinstance(error, RateLimited):
        # stamina reads 0.0 as "now"; False ends the call.
        return error.retry_after if error.retry_after <= SHORT_WAIT_SECONDS else False
    return isinstance(error, Unreachable) or (isinstance(error, UpstreamBroken) and error.status >= 500)
