"""Open the files that people send: over the Bot API, or on the disk it shares with a server of one's own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import aiohttp
from telegram import File
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot
from yarl import URL

from bot.settings import Settings
from clients.connection import system_trust
from clients.errors import RateLimited, Unreachable, UnreachableKind, UpstreamBroken
from clients.fetch.errors import OPERATION, SERVICE, SourceGone
from clients.fetch.fetched import Fetched, Limits
from clients.fetch.guarding import deadline, guarded
from handlers.retryafter import seconds_of
from services.errors import UploadProblem
from services.uploads import Opened, Source, Uploads

# What Telegram's own server hands to bots (bots/api, getFile).
LIMIT = 20 * 1024**2
TELEGRAM = "api.telegram.org"
BLOCK = 512 * 1024
LIMITS = Limits()


def serve(uploads: Uploads, bot: ExtBot[None], settings: Settings) -> None:
    """Let uploads take the files that people send."""
    files = TelegramFiles(bot, settings)
    uploads.sources["telegram"] = files.open
    if files.limited:
        uploads.limits["telegram"] = LIMIT


class TelegramFiles:
    """Open files by their id; errors are those of any source."""

    def __init__(self, bot: ExtBot[None], settings: Settings) -> None:
        self._bot = bot
        self._proxy = settings.proxy_for("telegram")
        self.limited = URL(settings.telegram_api_url).host == TELEGRAM

    @asynccontextmanager
    async def open(self, source: Source, offset: int, validator: str | None) -> AsyncGenerator[Opened]:
        """Open a file at an offset, or from its start where the server cannot do that.

        Raises UploadProblem(too_big_for_bot) where only a Bot API server of one's own would give it.
        """
        file = await self._file(source)
        # The bytes behind an id never change.
        mark = f"{file.file_unique_id} {file.file_size}"
        start = offset if validator == mark else 0
        path = file.file_path or ""
        # Only a server that the operator runs may name files of this machine.
        if not self.limited and Path(path).is_absolute():
            with _LocalFile(Path(path), source, start, mark) as local:
                yield local
        else:
            async with self._fetched(path, start) as fetched:
                fetched.validator, fetched.resumable = mark, True
                # The whole type is known to be right; its attributes are no properties.
                yield cast("Opened", fetched)

    async def _file(self, source: Source) -> File:
        try:
            return await self._bot.get_file(source.ref)
        except TelegramError as error:
            failure = _failure(error)
        raise failure

    @asynccontextmanager
    async def _fetched(self, url: str, start: int) -> AsyncGenerator[Fetched]:
        headers = {"range": f"bytes={start}-"} if start else {}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=LIMITS.connect, sock_read=LIMITS.silence)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=system_trust(), force_close=True, limit=1),
            timeout=timeout,
            headers={"accept-encoding": "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=LIMITS.buffer,
        ) as session:
            asked = URL(url)
            async with deadline(LIMITS.answer):
                answer = await guarded(
                    session.get(asked, headers=headers, proxy=self._proxy, allow_redirects=False)
                )
            async with answer:
                _check(answer.status, start)
                # Neither the address nor the answer knows the file's own name: the message does.
                yield Fetched(answer, asked, asked, LIMITS)


def _check(status: int, start: int) -> None:
    # 416: nothing is left after what is there already.
    if status in (200, 206) or (status == 416 and start):
        return
    if 400 <= status < 500 and status != 429:
        raise SourceGone(SERVICE, OPERATION, status=status)
    raise UpstreamBroken(SERVICE, OPERATION, status)


def _failure(error: TelegramError) -> Exception:
    """Return what a refusal of getFile means; its text stays behind."""
    if isinstance(error, RetryAfter):
        return RateLimited(SERVICE, OPERATION, seconds_of(error))
    if isinstance(error, BadRequest) and "too big" in str(error).lower():
        return UploadProblem("too_big_for_bot", limit=LIMIT)
    if isinstance(error, (BadRequest, Forbidden, InvalidToken)):
        return SourceGone(SERVICE, OPERATION, status=404)
    kind: UnreachableKind = "timeout" if isinstance(error, TimedOut) else "other"
    return Unreachable(SERVICE, OPERATION, kind, sent=False)


class _LocalFile:
    """Read a file of this machine as a source."""

    def __init__(self, path: Path, source: Source, start: int, mark: str) -> None:
        try:
            self._file = path.open("rb", buffering=0)
        except OSError:
            raise SourceGone(SERVICE, OPERATION, status=404) from None
        self.name = source.name or path.name
        self.size: int | None = os.fstat(self._file.fileno()).st_size
        self.mime = source.mime
        self.resumable = True
        self.validator: str | None = mark
        self.offset = start if start <= self.size else 0

    def __enter__(self) -> _LocalFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the bytes from `offset`."""
        place = self.offset
        while block := await asyncio.to_thread(os.pread, self._file.fileno(), BLOCK, place):
            place += len(block)
            yield block
