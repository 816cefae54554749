"""Connect to the Bot API: the bot with its two ways out, the webhook, the menus."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.intake.updates import ALLOWED
from bot.metrics import Metrics
from bot.sending.pacer import Pacer
from bot.sending.request import Request
from bot.sending.windows import Share
from bot.settings import Settings
from services.chatstatus import ChatStatuses
from services.clock import Clock
from services.steps import Reached, nothing
from storage.supervisor import Supervisor

log = logging.getLogger(__name__)

WEBHOOK_PATH = "/telegram/webhook"
WEBHOOK_CONNECTIONS = 100
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
SENDING_CONNECTIONS = 256


class TokenRefused(Exception):
    """Say that Telegram does not know the bot's token."""


@dataclass(frozen=True)
class Connection:
    """Hold the bot, and the line it polls on."""

    bot: ExtBot[None]
    line: Request


def connect(
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    chat_statuses: ChatStatuses | None = None,
    reached: Reached = nothing,
    share: Share = int,
    supervisor: Supervisor | None = None,
) -> Connection:
    """Build the bot; nothing is sent yet."""
    proxy = settings.proxy_for("telegram")
    line = Request(connections=4, proxy=proxy)
    bot = ExtBot(
        settings.telegram_token,
        base_url=f"{settings.telegram_api_url}/bot",
        base_file_url=f"{settings.telegram_api_url}/file/bot",
        request=Request(connections=SENDING_CONNECTIONS, proxy=proxy),
        get_updates_request=line,
        rate_limiter=Pacer(clock, metrics, chat_statuses, reached, share, supervisor),
    )
    # The type of a rate limiter's arguments says nothing to those who only send.
    return Connection(cast("ExtBot[None]", bot), line)


def has_own_api(settings: Settings) -> bool:
    """Tell whether the settings name another Bot API server than Telegram's own."""
    return bool(settings.telegram_api_url != Settings.model_fields["telegram_api_url"].default)


async def introduce(bot: ExtBot[None], clock: Clock, settings: Settings) -> None:
    """Learn the bot's own name; wait for Telegram as long as it takes, but not for another token."""
    try:
        await persist(bot.initialize, "getMe", clock)
    except InvalidToken:
        where = (
            f"; or is TELEGRAM_API_URL wrong ({settings.telegram_api_url})?" if has_own_api(settings) else ""
        )
        raise TokenRefused(f"TELEGRAM_TOKEN: Telegram does not know this token{where}") from None


async def persist(call: Callable[[], Awaitable[object]], name: str, clock: Clock) -> None:
    """Repeat a call that changes nothing by being repeated, until Telegram takes it."""
    pause = FIRST_PAUSE
    while True:
        try:
            await call()
        except InvalidToken:
            raise
        except TelegramError as error:
            log.warning("Telegram did not take a call", extra={"method": name, "reason": str(error)})
            await clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
        else:
            return


async def deliver_here(bot: ExtBot[None], settings: Settings) -> None:
    """Ask Telegram once to deliver here."""
    await bot.set_webhook(
        settings.public_url + WEBHOOK_PATH,
        secret_token=settings.telegram_webhook_secret,
        allowed_updates=list(ALLOWED),
        max_connections=WEBHOOK_CONNECTIONS,
    )


async def set_webhook(bot: ExtBot[None], settings: Settings, clock: Clock) -> None:
    """Ask Telegram to deliver here, until it does."""
    await persist(lambda: deliver_here(bot, settings), "setWebhook", clock)
    log.info("Telegram delivers to the webhook")
