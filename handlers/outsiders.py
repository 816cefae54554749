"""What stays with people who may use the bot no longer: to see what is kept, to unlink, to be forgotten."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import CommandHandler

from handlers import commands, presses
from handlers.context import LinkHiveContext, is_private


async def serve(update: Update, context: LinkHiveContext) -> bool:
    """Do what only takes away for somebody outside; False where that is not what they ask for."""
    if not is_private(update):
        return False
    if update.callback_query is not None:
        return await presses.press_of_outsider(update, context)
    for command in context.home.routes.commands.values():
        words = _words_of(update, command.name) if command.for_outsiders else None
        if words is not None:
            context.args = words
            await commands.run(update, context, command)
            return True
    return False


def _words_of(update: Update, name: str) -> list[str] | None:
    """Return the words behind a command; None where an update is not that command."""

    async def never(_update: Any, _context: Any) -> None:
        """Only looked at."""

    found = CommandHandler(name, never).check_update(update)
    return found[0] if isinstance(found, tuple) else None
