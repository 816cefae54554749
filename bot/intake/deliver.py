"""Hand a stored update to the application and learn whether it worked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from telegram import Update
from telegram.ext import Application

from bot.intake.dispatch import Hand, Unreadable
from bot.intake.ratelimit import Decision, RateLimiter
from bot.intake.shape import Misshapen, check
from bot.intake.updates import ALLOWED
from bot.metrics import Metrics
from handlers.context import Delivery, delivery
from storage.inbox import Entry
from storage.workcontext import WorkContext, work_context

App = Application[Any, Any, Any, Any, Any, Any]


# Tells whether somebody was forgotten since their update came.
IsForgotten = Callable[[WorkContext | None], bool]


def delivery_to(
    application: App,
    limiter: RateLimiter | None = None,
    metrics: Metrics | None = None,
    forgotten: IsForgotten | None = None,
) -> Hand:
    """Return the way from the intake into an application; with `limiter` nobody gets more than is fair."""
    return functools.partial(_deliver, application, limiter, metrics, forgotten)


async def _deliver(
    application: App,
    limiter: RateLimiter | None,
    metrics: Metrics | None,
    forgotten: IsForgotten | None,
    entry: Entry,
    last_attempt: bool,
) -> None:
    decision = Decision.TAKE if limiter is None else limiter.check(entry)
    work = work_of(entry)
    if decision is not Decision.LEAVE and not (forgotten is not None and forgotten(work)):
        told = Delivery(entry.received_at, last_attempt, too_many=decision is Decision.TELL)
        await _process(application, entry, work, told)
    if limiter is not None:
        limiter.settled([entry.update_id])
    if decision is not Decision.TAKE and metrics is not None:
        metrics.updates.labels("too_many").inc()


async def _process(application: App, entry: Entry, work: WorkContext | None, told: Delivery) -> None:
    token = delivery.set(told)
    try:
        with work_context(work):
            await application.process_update(read(application, entry))
    finally:
        delivery.reset(token)
    if told.failures:
        # The error handler keeps what no handler expected; the intake decides about a repeat.
        raise told.failures[0]


def work_of(entry: Entry) -> WorkContext | None:
    """Return for whom an update is handled."""
    if entry.owner_id is None:
        return None
    return WorkContext(entry.owner_id, entry.received_at, entry.update_id)


def read(application: App, entry: Entry) -> Update:
    """Return a stored update as python-telegram-bot's own type, with only what we asked Telegram for."""
    asked = {name: entry.payload[name] for name in ("update_id", *ALLOWED) if name in entry.payload}
    try:
        check(asked)
        return Update.de_json(asked, application.bot)
    except Misshapen as error:
        raise Unreadable(f"not as the Bot API says: {error}") from None
    except Exception as error:
        raise Unreadable(type(error).__name__) from error
