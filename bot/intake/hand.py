"""Hand a stored update to the application and learn whether it worked."""

from __future__ import annotations

import functools
from typing import Any

from telegram import Update
from telegram.ext import Application

from bot.intake.dispatch import Hand, Unreadable
from handlers.context import Delivery, delivery
from storage.inbox import Entry

App = Application[Any, Any, Any, Any, Any, Any]


def hand_to(application: App) -> Hand:
    """Return the way from the intake into an application."""
    return functools.partial(_hand, application)


async def _hand(application: App, entry: Entry, last_attempt: bool) -> None:
    try:
        update = Update.de_json(entry.payload, application.bot)
    except Exception as error:
        raise Unreadable(type(error).__name__) from error
    told = Delivery(entry.received_at, last_attempt)
    token = delivery.set(told)
    try:
        await application.process_update(update)
    finally:
        delivery.reset(token)
    if told.failures:
        # The error handler keeps what no handler expected; the intake decides about a repeat.
        raise told.failures[0]
