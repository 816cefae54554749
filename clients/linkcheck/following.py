"""A result stream followed over cuts and silences until the job is over."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from clients.errors import (
    BadResponse,
    ClientError,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
)
from clients.linkcheck.models import CheckEvent, JobState

# Following goes on in the background: it may obey a longer Retry-After than a call does.
LONGEST_WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Patience:
    """Seconds of silence before asking again, first pause, and fruitless tries before giving up.

    `answer` is how long asking may take; a service that has shown no sign of life for `mute` is given up.
    """

    silence: float = 15.0
    pause: float = 0.5
    tries: int = 6
    longest_pause: float = 15.0
    answer: float = 10.0
    mute: float = 40.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Source(Protocol):
    """The two calls that following needs."""

    def events(
        self, job_id: str, last_event_id: str | None = None, *, silence: float = 30.0
    ) -> AsyncGenerator[CheckEvent]:
        """Read one connection."""
        ...

    async def job(self, job_id: str) -> JobState:
        """Ask how far the job is."""
        ...


class Following:
    """One reader of one job: remembers what it has told and where the stream stood."""

    def __init__(self, source: Source, job_id: str, patience: Patience) -> None:
        self._source = source
        self._job_id = job_id
        self._patience = patience
        self._last_id: str | None = None
        self._told_ids: set[str] = set()
        self._told_items: set[str] = set()
        self._fruitless = 0
        self._heard = time.monotonic()
        self._failure: ClientError | None = None

    async def events(self, last_event_id: str | None = None) -> AsyncGenerator[CheckEvent]:
        """Tell every result once, then one `done`."""
        self._last_id = last_event_id
        while True:
            news = False
            async with aclosing(self._connection()) as connection:
                async for event in connection:
                    news = True
                    yield event
                    if event.kind == "done":
                        return
            if await self._is_complete(news):
                yield CheckEvent(id=self._last_id, kind="done")
                return
            await self._rest(news)

    async def _connection(self) -> AsyncGenerator[CheckEvent]:
        """Tell what is new on one connection; its end, cut or silence is remembered, not raised."""
        self._failure = None
        stream = self._source.events(self._job_id, self._last_id, silence=self._patience.silence)
        async with aclosing(stream):
            while True:
                try:
                    # Comments keep the bytes flowing: silence here means no event.
                    async with asyncio.timeout(self._patience.silence):
                        event = await anext(stream)
                    self._heard = time.monotonic()
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    self._failure = Unreachable("linkcheck", "follow", "timeout", sent=True)
                    return
                except (NotFound, Misconfigured, Rejected):
                    raise
                except ClientError as error:
                    self._failure = error
                    return
                if self._is_new(event):
                    yield event

    def _is_new(self, event: CheckEvent) -> bool:
        # An SSE id holds until the next one: only results are told apart by it, and only where it changed.
        known = event.id is not None and event.id != self._last_id and event.id in self._told_ids
        if event.id is not None and not known:
            self._last_id = event.id
            self._told_ids.add(event.id)
        if event.result is None:
            return not known
        if event.result.item_id in self._told_items:
            return False
        self._told_items.add(event.result.item_id)
        return True

    async def _is_complete(self, news: bool) -> bool:
        # A job that is over may still have results we were cut off from: only a full count, or a
        # connection that closed by itself with nothing new, has shown us all.
        job = await self._state()
        if job is None or not job.finished:
            return False
        return 0 < job.total <= len(self._told_items) or (not news and self._failure is None)

    async def _state(self) -> JobState | None:
        try:
            async with asyncio.timeout(self._patience.answer):
                job = await self._source.job(self._job_id)
        except (NotFound, Misconfigured, Rejected):
            raise
        except ClientError as error:
            self._failure = error
            return None
        except TimeoutError:
            self._failure = Unreachable("linkcheck", "job", "timeout", sent=True)
            return None
        self._heard = time.monotonic()
        if isinstance(self._failure, Unreachable) and not job.finished:
            # The service answers and the job runs: silence is only slowness.
            self._fruitless = 0
        return job

    async def _rest(self, news: bool) -> None:
        self._fruitless = 0 if news else self._fruitless + 1
        mute = time.monotonic() - self._heard >= self._patience.mute
        if mute or self._fruitless >= self._patience.tries:
            raise self._failure or BadResponse("linkcheck", "follow", "stream ends before the job")
        pause = min(self._patience.pause * 2.0 ** max(0, self._fruitless - 1), self._patience.longest_pause)
        if isinstance(self._failure, RateLimited):
            pause = min(self._failure.retry_after, LONGEST_WAIT_SECONDS)
        await self._patience.sleep(pause)
