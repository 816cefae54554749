"""What no handler expected: a changed message for the person, a report for the intake."""

from __future__ import annotations

import structlog
from telegram import Update
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError
from telegram.ext import ApplicationHandlerStop

from handlers.application import LinkHiveApplication
from handlers.cards import topic_of
from handlers.context import LinkHiveContext, delivery
from storage import users
from storage.workcontext import Forgotten

log = structlog.get_logger(__name__)


async def unexpected(update: object, context: LinkHiveContext) -> None:
    """Note what Telegram refused; report everything else, so that the update is tried again.

    No further handler sees the update: who could not be told that they may not use the bot still may not.
    """
    await _note(update, context)
    raise ApplicationHandlerStop


async def _note(update: object, context: LinkHiveContext) -> None:
    error = context.error
    if not isinstance(error, Exception):
        return
    if isinstance(error, Forgotten):
        await _let_go()
        return
    if isinstance(error, Forbidden | ChatMigrated | BadRequest):
        # The sender has noted a lost or moved chat; what Telegram will never take is not worth another try.
        log.warning("telegram_refused", error=type(error).__name__, reason=error.message)
        if isinstance(error, BadRequest):
            await _apologize(update, context)
        return
    log.error("update_failed", error=type(error).__name__, exc_info=error)
    current = delivery.get()
    if current is not None:
        current.failures.append(error)
    if current is None or current.last_attempt:
        await _apologize(update, context)


async def _let_go() -> None:
    """Stop the clock on a press whose person is forgotten: there is nothing more to do for them."""
    current = delivery.get()
    if current is not None and current.reply is not None:
        await current.reply.give()


async def _apologize(update: object, context: LinkHiveContext) -> None:
    # The library hands errors over with a context of their own, which has not met anybody yet.
    if not isinstance(update, Update) or update.effective_user is None:
        return
    # Asked although the person may be remembered: who is told to try again should not get their answer later.
    if not await _database_answers(context, update.effective_user.id):
        return
    context.meet(await context.services.people.known(update.effective_user.id))
    words, current = context.say.label("problem.unknown"), delivery.get()
    reply = current.reply if current is not None else None
    try:
        if reply is not None and not reply.given:
            await reply.give(words, alert=True)
        elif update.effective_chat is not None:
            topic = topic_of(update.effective_message)
            await context.bot.send_message(update.effective_chat.id, words, message_thread_id=topic)
    except TelegramError as error:
        log.warning("apology_not_sent", error=type(error).__name__)


async def _database_answers(context: LinkHiveContext, user_id: int) -> bool:
    """Tell whether the failure can be kept at all: otherwise this was not the last try."""
    try:
        await context.services.db.read(lambda tx: users.get(tx, user_id))
    except Exception:  # noqa: BLE001 - however a database fails that is away
        return False
    return True


def register(home: LinkHiveApplication) -> None:
    """Take every error nobody expected."""
    home.add_error_handler(unexpected)
