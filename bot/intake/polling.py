"""Fetch updates: the offset moves on only when they are committed, and a silent line is laid anew."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from bot.intake.store import NotStored, Store
from bot.intake.updates import ALLOWED, accepted, update_id
from bot.metrics import Metrics
from handlers.retryafter import seconds_of
from services.clock import Clock
from storage.supervisor import Supervisor

log = logging.getLogger(__name__)

POLL_SECONDS = 25
# An answer later than this is none: 25 + 10 s, then a new line, stays below the minute we promise.
MARGIN_SECONDS = 10.0
BATCH = 100
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
CONFLICT_PAUSE = 10.0


async def _unheard() -> None:
    """Tell nobody."""


class Poller:
    """Poll getUpdates through its own request object, which it may close and open again."""

    def __init__(
        self,
        bot: ExtBot[Any],
        line: BaseRequest,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        *,
        poll_seconds: float = POLL_SECONDS,
        margin: float = MARGIN_SECONDS,
        alarmed: Callable[[], Awaitable[None]] = _unheard,
        supervisor: Supervisor | None = None,
    ) -> None:
        self._bot = bot
        self._line = line
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._margin = margin
        # Hears of every meeting with another poller.
        self._alarmed = alarmed
        self._supervisor = supervisor or Supervisor()
        self._offset = 0
        self._failures = 0
        self._webhook_gone = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to poll."""
        self._task = self._supervisor.start("poller", self._run)

    async def stop(self) -> None:
        """Stop; an answer under way is fetched again at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._once()
            except Conflict as error:
                await self._conflict(error)
            except RetryAfter as error:
                await self._told_to_wait(error)
            except (TelegramError, TimeoutError, NotStored) as error:
                await self._failed(error)
            except Exception as error:
                log.exception("the poller met something new")
                await self._failed(error)

    async def _once(self) -> None:
        if not self._webhook_gone:
            await self._bot.delete_webhook(drop_pending_updates=False)
            self._webhook_gone = True
        raw = await self._ask()
        self._metrics.conflict.set(0)
        updates = accepted(raw)
        if updates:
            await self._store.accept(updates)
            self._offset = max(update_id(update) for update in updates) + 1
        # What was answered and not stored comes again with every poll: that is no pulse.
        self._metrics.polls.labels("answered").inc()
        self._metrics.polled(self._clock.now())
        if self._failures:
            log.info("polls are answered again", extra={"after_failures": self._failures})
        self._failures = 0

    async def _ask(self) -> list[Any]:
        arguments = {
            "offset": self._offset,
            "limit": BATCH,
            "timeout": self._poll_seconds,
            "allowed_updates": list(ALLOWED),
        }
        wait = self._poll_seconds + self._margin
        # Bot.get_updates would parse what we store as it came.
        data = RequestData([RequestParameter.from_input(name, value) for name, value in arguments.items()])
        async with asyncio.timeout(wait + self._margin):
            answer = await self._line.post(f"{self._bot.base_url}/getUpdates", data, read_timeout=wait)
        return answer if isinstance(answer, list) else []

    async def _conflict(self, error: Conflict) -> None:
        self._metrics.poll_failed("conflict", type(error).__name__)
        if "webhook" in error.message.lower():
            log.warning("a webhook stands in the way of polling; removing it")
            self._webhook_gone = False
            await self._clock.sleep(FIRST_PAUSE)
            return
        self._metrics.conflict.set(1)
        log.error("ALARM: another program polls with this bot's token; updates are lost to it")
        try:
            await self._alarmed()
        except Exception:
            # Polling goes on whatever becomes of the note.
            log.exception("the alarm could not be noted")
        await self._clock.sleep(CONFLICT_PAUSE)

    async def _told_to_wait(self, error: RetryAfter) -> None:
        seconds = seconds_of(error)
        self._metrics.poll_failed("too_many", type(error).__name__)
        log.warning("Telegram wants no poll for a while", extra={"seconds": seconds})
        await self._clock.sleep(seconds)

    async def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._metrics.poll_failed("failed", type(error).__name__)
        refused = isinstance(error, (InvalidToken, BadRequest))
        log.log(
            logging.ERROR if refused else logging.WARNING,
            "polling failed",
            extra={"error": type(error).__name__, "reason": str(error), "failures": self._failures},
        )
        doublings = 0
        if not isinstance(error, NotStored):
            # Our own database is not spared by waiting longer, as Telegram is.
            doublings = min(self._failures - 1, 10)
            await self._lay_anew()
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**doublings)
        await self._clock.sleep(pause * random.uniform(0.7, 1.0))  # noqa: S311 - jitter, no secret

    async def _lay_anew(self) -> None:
        """Close every connection of the line: a half-open one would stay silent for ever."""
        for step in (self._line.shutdown, self._line.initialize):
            try:
                await step()
            except Exception:
                # A line that is not laid fails the next poll, and then is laid anew again.
                log.exception("the line was not laid anew as it should be")
