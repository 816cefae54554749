"""What every call to Mika goes through: credential, envelope, errors, models."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from clients.clocks import ahead_of
from clients.credentials import ApiKey, Credential
from clients.encoding import Pairs
from clients.errors import NotAuthorized
from clients.mika.errors import error_for
from clients.mika.signing import headers_for
from clients.models import read
from clients.multipart import Multipart
from clients.reply import Reply, object_of
from clients.retry_after import date_told
from clients.transport import Timeouts, Transport

M = TypeVar("M")

# A part that makes no headway for this long is given up; a slow line that still moves is not.
SILENCE_SECONDS = 50.0
# Putting the chunks of a large video together takes the server a while before it says a word.
_PATIENT = Timeouts(connect=8.0, read=45.0, total=50.0)


class Calls:
    """The base of all groups of calls. Every call may raise any ClientError.

    Only reads and what is harmless twice are repeated.
    """

    def __init__(self, transport: Transport, *, now: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._patient = transport.sibling(transport.base_url, timeout=_PATIENT)
        self._now = now
        # How far the site's clock is ahead of ours, once a signature was refused for it.
        self._ahead = 0

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
        heard: list[Reply] = []

        def check(operation: str, reply: Reply) -> None:
            heard.append(reply)
            self._check(operation, reply)

        async def send(ahead: int) -> Reply:
            return await (self._patient if patient else self._transport).request(
                operation,
                method,
                path,
                params=params,
                json=json,
                headers=self._headers(operation, who, ahead),
                idempotent=repeat or method == "GET",
                check=check,
            )

        try:
            reply = await send(self._ahead)
        except NotAuthorized:
            ahead = self._told_ahead(who, heard)
            if ahead is None:
                raise
            # Perhaps refused for our clock, not for the key: nothing was done, so once more by the site's.
            reply = await send(ahead)
            self._ahead = ahead
        return self._data(operation, reply)

    def _told_ahead(self, who: Credential | None, heard: Sequence[Reply]) -> int | None:
        """Return how far the clock that refused a signature is ahead, None where it was not for that."""
        if not (heard and isinstance(who, ApiKey)):
            return None
        return ahead_of(date_told(heard[-1].headers), self._now(), self._ahead)

    async def _send(self, operation: str, path: str, who: Credential, form: Multipart) -> object:
        headers = {**self._headers(operation, who, self._ahead), "content-type": form.content_type}
        reply = await self._patient.send(
            operation,
            path,
            form.blocks(),
            form.size,
            params=(),
            headers=headers,
            silence=SILENCE_SECONDS,
            check=self._check,
        )
        return self._data(operation, reply)

    def _headers(self, operation: str, who: Credential | None, ahead: int) -> dict[str, str]:
        now = self._now() + ahead
        return dict(headers_for(who, now, service=self._transport.service, operation=operation))

    def _data(self, operation: str, reply: Reply) -> object:
        return object_of(reply, service=self._transport.service, operation=operation).get("data")

    def _check(self, operation: str, reply: Reply) -> None:
        error = error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _as(self, kind: type[M], value: object, operation: str) -> M:
        return read(kind, value, service=self._transport.service, operation=operation)
