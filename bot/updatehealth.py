"""Whether updates still reach us: by the answers to polls, or by what Telegram says of our webhook."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

from telegram import WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.metrics import Metrics
from services.clock import Steady

log = logging.getLogger(__name__)

# A silent line is laid anew within a minute; when the second one is silent too, something else is wrong.
SILENCE_SECONDS = 120.0
# How often it is seen to that Telegram is asked, whoever asks for health.
WATCH_SECONDS = 10.0
# How long an answer of Telegram's is good for, and how long it is waited for.
ASK_SECONDS = 30.0
ASK_PATIENCE = 25.0
# Who took the webhook once is likely to do it again: somebody is to look.
RETAKEN_SECONDS = 300.0
UNKNOWN_TOKEN = "Telegram does not know the bot's token any more"  # noqa: S105 - words


class UpdateHealth(Protocol):
    """Know whether updates come that should come."""

    def complaint(self) -> str | None:
        """Say at once why no update can come, or for how long none did that should; None when all is well."""
        ...


async def watch(health: UpdateHealth, clock: Steady) -> None:
    """Look after the updates for as long as the bot runs: nobody may ask for health."""
    while True:
        health.complaint()
        await clock.sleep(WATCH_SECONDS)


class Polled:
    """With polling Telegram answers every poll, be it with nothing: these answers are the pulse.

    They are noted by the same clock, which nobody sets back.
    """

    def __init__(self, clock: Steady, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._began = clock.now()

    def complaint(self) -> str | None:
        """Say that the token is refused, or for how long no poll was answered and its updates stored."""
        trouble = self._metrics.poll_trouble
        if trouble == InvalidToken.__name__:
            return UNKNOWN_TOKEN
        silent = self._clock.now() - max(self._began, self._metrics.last_poll_at or 0.0)
        if silent <= SILENCE_SECONDS:
            return None
        return f"no poll was answered for {silent:.0f} s" + (f" ({trouble})" if trouble else "")


class Delivered:
    """With a webhook silence is normal, unless it is not ours or Telegram has updates and none arrives.

    `look` asks Telegram for the webhook, `take` sets ours again. Both are called in the background: a slow
    Telegram must not make us look dead, so the last answer stands meanwhile.
    """

    def __init__(
        self,
        clock: Steady,
        metrics: Metrics,
        url: str,
        look: Callable[[], Awaitable[WebhookInfo]],
        take: Callable[[], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._url = url
        self._look = look
        self._take = take
        self._began = clock.now()
        self._asked = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._was_ours = False
        self._unknown = False
        self._elsewhere = False
        self._retaken = float("-inf")
        self._since: float | None = None
        # The last update, and when it was seen that there was a new one.
        self._newest: tuple[float | None, float] = (None, self._began)

    def complaint(self) -> str | None:
        """Say why nothing can be delivered, or for how long updates wait at Telegram and none arrives."""
        now = self._clock.now()
        if now - self._asked > ASK_SECONDS and (self._asking is None or self._asking.done()):
            self._asked = now
            self._asking = asyncio.create_task(self._ask())
        if self._unknown:
            return UNKNOWN_TOKEN
        if self._metrics.last_update_at != self._newest[0]:
            self._newest = (self._metrics.last_update_at, now)
        return self._taken(now) or self._silence(now)

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _taken(self, now: float) -> str | None:
        if self._elsewhere:
            return "Telegram delivers elsewhere or nowhere"
        ago = now - self._retaken
        return (
            f"the webhook was not ours; it was set again {ago:.0f} s ago" if ago <= RETAKEN_SECONDS else None
        )

    def _silence(self, now: float) -> str | None:
        if self._since is None:
            return None
        silent = now - max(self._since, self._newest[1])
        if silent <= SILENCE_SECONDS:
            return None
        return f"Telegram holds updates back and delivered none for {silent:.0f} s"

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(ASK_PATIENCE):
                info = await self._look()
                self._unknown = False
                await self._judge(info)
        except InvalidToken:
            self._unknown = True
            log.error("ALARM: %s; no update can arrive", UNKNOWN_TOKEN)  # noqa: TRY400 - it says all
        except (TelegramError, TimeoutError) as error:
            # What cannot be asked proves nothing against us; the last answer stands.
            log.warning("Telegram does not tell of the webhook", extra={"error": type(error).__name__})
        except Exception:
            log.exception("the webhook could not be looked at")

    async def _judge(self, info: WebhookInfo) -> None:
        now = self._clock.now()
        if same_address(info.url, self._url):
            self._was_ours, self._elsewhere = True, False
            if not info.pending_update_count:
                self._since = None
            elif self._since is None:
                self._since = now
        elif self._was_ours or now - self._began > SILENCE_SECONDS:
            await self._take_again(urlsplit(info.url).hostname)
        # Else it is being set for the first time just now.

    async def _take_again(self, host: str | None) -> None:
        self._elsewhere, self._since = True, None
        # A host only: the paths of others may hold a secret.
        log.error(
            "ALARM: the webhook is not ours, updates are lost to whose it is; it is set again",
            extra={"host": host or "none"},
        )
        try:
            await self._take()
        except InvalidToken:
            raise
        except TelegramError as error:
            log.warning("the webhook could not be set again", extra={"reason": str(error)})
        else:
            self._elsewhere, self._retaken = False, self._clock.now()


def same_address(url: str, own: str) -> bool:
    """Tell whether two addresses are one, however they are spelled."""
    return _spelled(url) == _spelled(own)


def _spelled(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        parts.hostname,
        parts.port or {"http": 80, "https": 443}.get(parts.scheme),
        parts.path,
    )
