"""Reach the Bot API on aiohttp: a small pool that survives cancellation and many calls at once."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
UPLOAD_SECONDS = 60.0
MAX_BYTES = 64 * 1024 * 1024

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class NotSent(TimedOut):
    """Say that no connection was made in time: the call has certainly taken no effect."""


class Request(BaseRequest):
    """Carry calls to the Bot API; one that timed out after it was sent raises `TimedOut`."""

    def __init__(
        self,
        *,
        connections: int = 256,
        proxy: str | None = None,
        read_timeout: float = READ_SECONDS,
        connect_timeout: float = CONNECT_SECONDS,
    ) -> None:
        self._connections = connections
        self._proxy = proxy
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Return how long an answer may take, in seconds."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the pool."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=60, enable_cleanup_closed=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the pool."""
        # Let go of first: one that cannot be closed must not be taken for an open one.
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - a full pool counts as connecting
    ) -> tuple[int, bytes]:
        """Make one call and return status and body."""
        if self._session is None:
            raise RuntimeError("this request was not initialized")
        timeout = self._timeout(request_data, read_timeout, write_timeout, connect_timeout)
        body, headers = _body(request_data)
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=timeout,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                return response.status, _told(response.status, await _read(response))
        except aiohttp.ConnectionTimeoutError:
            raise NotSent("no connection in time") from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            # The text of some of these holds the address, and with it the token.
            raise NetworkError(f"{type(error).__name__}: {_cause(error)}") from None

    def _timeout(
        self, data: RequestData | None, read: Any, write: Any, connect: Any
    ) -> aiohttp.ClientTimeout:
        reading = self._read_timeout if read is self.DEFAULT_NONE else read
        connecting = self._connect_timeout if connect is self.DEFAULT_NONE else connect
        if data is not None and data.contains_files:
            writing = UPLOAD_SECONDS if write is self.DEFAULT_NONE else write
            reading = None if reading is None or writing is None else reading + writing
        total = None if reading is None or connecting is None else reading + connecting
        return aiohttp.ClientTimeout(
            total=total, connect=connecting, sock_connect=connecting, sock_read=reading
        )


def _body(data: RequestData | None) -> tuple[aiohttp.FormData | bytes | None, dict[str, str]]:
    """Return body and headers: a plain form, which is cheap, unless there are files."""
    if data is None:
        return None, {}
    if not data.contains_files:
        return data.url_encoded_parameters().encode(), _FORM
    form = aiohttp.FormData(quote_fields=False)
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form, {}


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read a body to its end, but no more than any file or answer of Telegram can hold."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise NetworkError("the answer is too large")
    return bytes(body)


def _told(status: int, body: bytes) -> bytes:
    """Return an answer; a refusal that is not Telegram's JSON is left out, or its text would go into logs."""
    if status < 300:
        return body
    try:
        return body if isinstance(json.loads(body), dict) else b"{}"
    except (ValueError, RecursionError):
        return b"{}"


def _cause(error: BaseException) -> str:
    inner = getattr(error, "os_error", None) or error.__cause__
    return type(inner).__name__ if inner is not None else "connection failed"
