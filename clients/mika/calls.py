"""What every call to Mika goes through: credential, envelope, errors, models."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from clients.clocks import ClockSkew
from clients.credentials import ApiKey, Credential
from clients.encoding import Pairs
from clients.mika.errors import error_for
from clients.mika.signing import headers_for
from clients.models import read
from clients.multipart import Multipart
from clients.reply import Reply, object_of
from clients.transport import LONGEST_CALL_SECONDS, Timeouts, Transport

M = TypeVar("M")

# A part that makes no headway for this long is given up; a slow line that still moves is not.
SILENCE_SECONDS = 50.0
# Putting the chunks of a large video together takes the server a while before it says a word.
_PATIENT = Timeouts(connect=8.0, read=45.0, total=LONGEST_CALL_SECONDS)


class Calls:
    """The base of all groups of calls. Every call may raise any ClientError.

    Only reads and what is harmless twice are repeated.
    """

    def __init__(self, transport: Transport, *, now: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._patient = transport.sibling(transport.base_url, timeout=_PATIENT)
        self._skew = ClockSkew(now)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._patient.aclose()
        await self._transport.aclose()

    def link(self, path: str | None) -> str | None:
        """Make the address of a cover, an avatar or a playlist absolute; None for what is no web address."""
        word = (path or "").strip()
        try:
            scheme = urlsplit(word).scheme
        except ValueError:
            return None
        if scheme in ("http", "https"):
            return word
        if not word or scheme or not word.isprintable():
            return None
        base = self._transport.base_url
        if word.startswith("//"):
            return f"{urlsplit(base).scheme}:{word}"
        return f"{base.removesuffix('/api')}/{word.lstrip('/')}"

    async def _get(
        self, kind: type[M], operation: str, path: str, who: Credential | None, params: Pairs = ()
    ) -> M:
        return self._as(kind, await self._call(operation, "GET", path, who, params=params), operation)

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        who: Credential | None,
        *,
        params: Pairs = (),
        json: object = None,
        repeat: bool = False,
        patient: bool = False,
    ) -> object:
        async def send(seconds: int) -> Reply:
            return await (self._patient if patient else self._transport).request(
                operation,
                method,
                path,
                params=params,
                json=json,
                headers=self._headers(operation, who, seconds),
                idempotent=repeat or method == "GET",
                check=self._check,
            )

        return await self._opened(operation, who, send)

    async def _send(self, operation: str, path: str, who: Credential, form: Multipart) -> object:
        async def send(seconds: int) -> Reply:
            return await self._patient.send(
                operation,
                path,
                form.blocks(),
                form.size,
                headers={**self._headers(operation, who, seconds), "content-type": form.content_type},
                silence=SILENCE_SECONDS,
                check=self._check,
            )

        return await self._opened(operation, who, send)

    async def _opened(
        self, operation: str, who: Credential | None, send: Callable[[int], Awaitable[Reply]]
    ) -> object:
        """Make a call, signed by the site's clock, and return what its envelope holds."""
        reply = await self._skew.call(send, signed=isinstance(who, ApiKey))
        envelope = object_of(reply, service=self._transport.service, operation=operation)
        return envelope.get("data")

    def _headers(self, operation: str, who: Credential | None, seconds: int) -> dict[str, str]:
        return dict(headers_for(who, seconds, service=self._transport.service, operation=operation))

    def _check(self, operation: str, reply: Reply) -> None:
        error = error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _as(self, kind: type[M], value: object, operation: str) -> M:
        return read(kind, value, service=self._transport.service, operation=operation)
