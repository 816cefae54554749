"""What no handler expected: a changed message for the person, a report for the intake."""

from __future__ import annotations

import structlog
from telegram import Update
from telegram.constants import ChatType
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, delivery
from storage import chats

log = structlog.get_logger(__name__)


async def unexpected(update: object, context: LinkHiveContext) -> None:
    """Settle what Telegram refused; report everything else, so that the update is tried again."""
    error = context.error
    if not isinstance(error, Exception):
        return
    if isinstance(error, Forbidden | ChatMigrated | BadRequest):
        await _settle(update, context, error)
        if isinstance(error, BadRequest):
            await _apologize(update, context)
        return
    log.error("update_failed", error=type(error).__name__, exc_info=error)
    current = delivery.get()
    if current is not None:
        current.failures.append(error)
    if current is None or current.last_attempt:
        await _apologize(update, context)


async def _settle(update: object, context: LinkHiveContext, error: TelegramError) -> None:
    """Note a lost or moved chat; a message that Telegram will never take is not worth another try."""
    log.warning("telegram_refused", error=type(error).__name__, reason=error.message)
    chat = update.effective_chat if isinstance(update, Update) else None
    if chat is None:
        return
    now, db = context.services.clock.now(), context.services.db
    if isinstance(error, ChatMigrated):
        new = error.new_chat_id
        await db.write(lambda tx: chats.migrate(tx, chat.id, new, now=now))
    elif isinstance(error, Forbidden):
        state: chats.State = "blocked" if chat.type == ChatType.PRIVATE else "kicked"
        await db.write(lambda tx: chats.set_state(tx, chat.id, state, now=now))


async def _apologize(update: object, context: LinkHiveContext) -> None:
    if not isinstance(update, Update) or not context.known:
        return
    words, reply = context.say.label("problem.unknown"), context.reply
    try:
        if reply is not None and not reply.given:
            await reply.give(words, alert=True)
        elif update.effective_chat is not None:
            await context.bot.send_message(update.effective_chat.id, words)
    except TelegramError as error:
        log.warning("apology_not_sent", error=type(error).__name__)


def register(home: LinkHiveApplication) -> None:
    """Take every error nobody expected, and every command nobody registered."""
    home.add_error_handler(unexpected)
