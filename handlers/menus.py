"""The command menus, per kind of chat and language."""

from __future__ import annotations

import itertools

from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from handlers.application import Command, LinkHiveApplication
from handlers.texts import LANGUAGES

# Telegram shows the menu without a language to everybody whose language has none of its own.
FALLBACK = "en"


async def publish(home: LinkHiveApplication) -> None:
    """Tell Telegram the commands of every scope and language, and what the bot is for."""
    table = list(home.routes.commands.values())
    private = [c for c in table if not c.admin]
    shared = [c for c in private if not c.private]
    for language in LANGUAGES:
        code = "" if language == FALLBACK else language
        for scope, listed in (
            (BotCommandScopeDefault(), private),
            (BotCommandScopeAllPrivateChats(), private),
            (BotCommandScopeAllGroupChats(), shared),
        ):
            await home.bot.set_my_commands(_menu(home, listed, language), scope, language_code=code or None)
        say = home.texts.speaker(language)
        await home.bot.set_my_description(say.label("menu.description"), language_code=code or None)
        await home.bot.set_my_short_description(say.label("menu.short"), language_code=code or None)
    await _for_admins(home, table)


async def _for_admins(home: LinkHiveApplication, table: list[Command]) -> None:
    if not any(c.admin for c in table):
        return
    for admin, language in itertools.product(home.policy.admin_ids, LANGUAGES):
        code = None if language == FALLBACK else language
        try:
            scope = BotCommandScopeChat(admin)
            await home.bot.set_my_commands(_menu(home, table, language), scope, language_code=code)
        except TelegramError:
            # An admin who never wrote to the bot has no chat yet.
            continue


def _menu(home: LinkHiveApplication, listed: list[Command], language: str) -> list[BotCommand]:
    say = home.texts.speaker(language)
    return [BotCommand(c.name, say.label(f"command.{c.name}")) for c in listed]
