"""The command menus, per kind of chat and language, and those of people who chose another language."""

from __future__ import annotations

import json
from hashlib import sha256

from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import BadRequest, Forbidden, TelegramError

from handlers.application import Command, LinkHiveApplication
from handlers.texts import LANGUAGES
from services.jobs import Lease
from services.people import Language, language_of
from storage import jobs, meta, speakers
from storage.jobs import Job
from storage.preferences import Preferences
from storage.tx import Tx

# Telegram shows the menu without a language to everybody whose language has none of its own.
FALLBACK = "en"
# The menu of one private chat, after its person chose a language or was forgotten.
OWN = "menu.own"
_PUBLISHED = "menus"


async def publish(home: LinkHiveApplication) -> None:
    """Tell Telegram the commands of every scope and language, and what the bot is for."""
    private, shared = _private(home), [c for c in _private(home) if not c.private]
    for language in LANGUAGES:
        code = _code(language)
        for scope, listed in (
            (BotCommandScopeDefault(), private),
            (BotCommandScopeAllPrivateChats(), private),
            (BotCommandScopeAllGroupChats(), shared),
        ):
            await home.bot.set_my_commands(_menu(home, listed, language), scope, language_code=code)
        say = home.texts.speaker(language)
        await home.bot.set_my_description(say.label("menu.description"), language_code=code)
        await home.bot.set_my_short_description(say.label("menu.short"), language_code=code)
    for admin in home.policy.admin_ids:
        try:
            await _tell(home, admin)
        except TelegramError:
            # An admin who never wrote to the bot has no chat yet.
            continue
    await home.services.db.write(lambda tx: _renew(tx, home))


async def _renew(tx: Tx, home: LinkHiveApplication) -> None:
    """Have everybody's own menu told anew where the commands are not those of the last start."""
    told = [[[c.command, c.description] for c in _menu(home, _private(home), one)] for one in LANGUAGES]
    mark = sha256(json.dumps(told).encode()).hexdigest()
    if await meta.get(tx, _PUBLISHED) == mark:
        return
    await meta.put(tx, _PUBLISHED, mark)
    for user in await speakers.choosers(tx):
        await _ask(tx, user, home.services.clock.now())


async def _ask(tx: Tx, user_id: int, now: float) -> None:
    await jobs.enqueue(tx, OWN, str(user_id), {"chat_id": user_id}, now, owner=user_id)


async def _tell(home: LinkHiveApplication, user_id: int) -> None:
    """Tell Telegram the menu of one private chat, or that it is like everybody's."""
    known = await home.services.db.read(lambda tx: speakers.get(tx, user_id))
    wanted, spoken = language_of(known.chosen, known.spoken), language_of(None, known.spoken)
    chat, admin = BotCommandScopeChat(user_id), user_id in home.policy.admin_ids
    if not admin and wanted == spoken:
        await home.bot.delete_my_commands(chat)
        return
    listed = list(home.routes.commands.values()) if admin else _private(home)
    if not admin or known.chosen:
        await home.bot.set_my_commands(_menu(home, listed, wanted), chat)
    # An operator who chose nothing reads the menu in the language of each of their apps.
    for language in LANGUAGES if admin else ():
        if known.chosen and language != FALLBACK:
            await home.bot.delete_my_commands(chat, language_code=language)
        elif not known.chosen:
            await home.bot.set_my_commands(_menu(home, listed, language), chat, language_code=_code(language))


def _private(home: LinkHiveApplication) -> list[Command]:
    return [c for c in home.routes.commands.values() if not c.admin]


def _code(language: str) -> str | None:
    return None if language == FALLBACK else language


def _menu(home: LinkHiveApplication, listed: list[Command], language: Language | str) -> list[BotCommand]:
    say = home.texts.speaker(language)
    return [BotCommand(c.name, say.label(f"command.{c.name}")) for c in listed]


def register(home: LinkHiveApplication) -> None:
    """Let a menu follow the language its person chose."""
    clock = home.services.clock

    async def changed(tx: Tx, old: Preferences, new: Preferences) -> None:
        if old.language != new.language:
            await _ask(tx, new.user_id, clock.now())

    async def spoken(tx: Tx, user_id: int) -> None:
        await _ask(tx, user_id, clock.now())

    async def will(tx: Tx, user_id: int, now: float) -> None:
        """What Telegram keeps for somebody goes with the rest; the job is nobody's, or it would go first."""
        if (await speakers.get(tx, user_id)).chosen:
            await jobs.enqueue(tx, OWN, str(user_id), {"chat_id": user_id}, now, owner=jobs.NOBODY)

    async def tell(job: Job, _lease: Lease) -> None:
        try:
            await _tell(home, int(job.payload["chat_id"]))
        except (BadRequest, Forbidden):
            # Who is gone needs no menu.
            return

    home.services.people.follow(changed)
    home.services.people.hear(spoken)
    home.services.forgetting.wills.append(will)
    home.job(OWN, tell)
