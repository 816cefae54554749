"""Vital signs: whether updates still reach us, and whether secrets can still be opened."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from telegram.error import TelegramError

from bot.metrics import Metrics
from services.clock import Clock
from storage import census
from storage.crypto import SecretUnreadable
from storage.database import Database
from storage.tx import Tx

log = logging.getLogger(__name__)

SIGNS = ("database", "updates", "secrets")
# A silent line is laid anew within a minute; when the second one is silent too, something else is wrong.
SILENCE_SECONDS = 120.0
# How long an answer of Telegram's, and a look at all secrets, are good for.
ASK_SECONDS = 30.0
SECRETS_SECONDS = 60.0


class Hearing(Protocol):
    """Know whether updates come that should come."""

    async def complaint(self) -> str | None:
        """Say for how long nothing came although it should; None when all is well."""
        ...


class Polled:
    """With polling Telegram answers every poll, be it with nothing: these answers are the pulse."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._began = clock.now()

    async def complaint(self) -> str | None:
        """Say for how long no poll was answered."""
        silent = self._clock.now() - max(self._began, self._metrics.last_poll_at or 0.0)
        return None if silent <= SILENCE_SECONDS else f"no poll was answered for {silent:.0f} s"


class Delivered:
    """With a webhook silence is normal, unless Telegram has updates for us and none arrives."""

    def __init__(self, clock: Clock, metrics: Metrics, waiting: Callable[[], Awaitable[int]]) -> None:
        self._clock = clock
        self._metrics = metrics
        self._waiting = waiting
        self._asked = float("-inf")
        self._since: float | None = None

    async def complaint(self) -> str | None:
        """Say for how long updates wait at Telegram while none is delivered."""
        now, came = self._clock.now(), self._metrics.last_update_at or 0.0
        if now - self._asked > ASK_SECONDS:
            self._asked = now
            await self._ask(now)
        if self._since is None:
            return None
        self._since = max(self._since, came)
        silent = now - self._since
        if silent <= SILENCE_SECONDS:
            return None
        return f"Telegram holds updates back and delivered none for {silent:.0f} s"

    async def _ask(self, now: float) -> None:
        try:
            waiting = await self._waiting()
        except TelegramError as error:
            # What cannot be asked proves nothing against us; the last answer stands.
            log.info("Telegram does not tell what waits", extra={"error": type(error).__name__})
            return
        if not waiting:
            self._since = None
        elif self._since is None:
            self._since = now


class Vitals:
    """Look at the signs beside the database's own."""

    def __init__(self, db: Database, clock: Clock, hearing: Hearing) -> None:
        self._db = db
        self._clock = clock
        self._hearing = hearing
        self._secrets: tuple[float, str | None] = (float("-inf"), None)

    async def signs(self) -> dict[str, str]:
        """Return what is ill and why."""
        found = (("updates", await self._hearing.complaint()), ("secrets", await self._unreadable()))
        return {sign: why for sign, why in found if why is not None}

    async def _unreadable(self) -> str | None:
        now = self._clock.now()
        if now - self._secrets[0] > SECRETS_SECONDS:
            self._secrets = (now, await self._db.read(_complaint))
        return self._secrets[1]


async def _complaint(tx: Tx) -> str | None:
    lacking = await census.without_key(tx, census.WATCHED)
    if lacking:
        places = ", ".join(lacking)
        return f"{sum(lacking.values())} secrets were sealed with a key that is gone ({places})"
    try:
        await census.open_newest(tx)
    except SecretUnreadable:
        return "the newest token does not open"
    return None
