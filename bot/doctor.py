"""Check everything a running bot needs, and say how to mend what fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from telegram import User, WebhookInfo
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot import database, lostkeys, probes
from bot.exits import FAILED, OK
from bot.findings import NEWS_SECONDS, Line, moment, tables
from bot.metrics import Metrics
from bot.settings import Settings, prepare_libraries
from bot.telegram import WEBHOOK_PATH, connect, has_own_api
from bot.updatehealth import same_address
from bot.upstreams import open_upstreams
from services.clock import SystemClock
from services.uploads.pace import GIB
from services.uploads.spool import SPARE, free_bytes
from storage import maintenance, meta

MEND_SETTINGS = "set it in the environment or in .env"
OFF = "off (its credentials are not set)"


async def run(settings: Settings) -> int:
    """Check all there is, show the table, return 1 if anything fails."""
    prepare_libraries()
    lines = [Line("settings", ok=True)]
    lines += await lostkeys.findings(settings) or await _database(settings)
    lines.append(await asyncio.to_thread(_disk, database.spool_folder(settings)))
    lines += await _upstreams(settings)
    lines += await _telegram(settings)
    show(lines)
    return OK if all(line.ok for line in lines) else FAILED


def show(lines: Iterable[Line]) -> None:
    """Print the table."""
    lines = list(lines)
    width = max(len(line.name) for line in lines)
    for line in lines:
        print(f"{line.verdict}  {line.name:<{width}}  {line.reason}")
        if line.mend:
            print(f"      {'':<{width}}  → {line.mend}")


async def _database(settings: Settings) -> list[Line]:
    mend = "check DATABASE_URL and SECRET_KEYS, that the server runs and that the folder can be written"
    try:
        async with database.existing(settings) as db:
            await db.write(lambda tx: meta.put(tx, "doctor", "was here"))
            now, admins = SystemClock().now(), bool(settings.admin_ids)
            found = await db.read(lambda tx: tables(tx, now, admins=admins))
            return [Line("database", ok=True, reason=db.dialect), *found]
    except database.NotReady as error:
        if error.missing is None or await asyncio.to_thread(database.can_be_made, error.missing):
            # A bot that was never started, or was just updated, mends this by itself.
            return [Line("database", ok=True, reason=error.reason, mend=error.mend)]
        reason = f"{error.reason}, and none can be made there"
    except Exception as error:  # noqa: BLE001 - every reason is a finding
        if isinstance(error.__cause__, maintenance.TooNew):
            mend = (
                "install the version that made it, or bring a backup of this one back (linkhive db restore)"
            )
        reason = str(error.__cause__ or type(error).__name__)[:200]
    return [Line("database", ok=False, reason=reason, mend=mend)]


def _disk(spool: Path) -> Line:
    """Look whether files on their way to a drive find room."""
    there = next(folder for folder in (spool, *spool.absolute().parents) if folder.exists())
    free = free_bytes(there)
    reason = f"{free / GIB:.1f} GiB free at {there}"
    if free > SPARE + GIB:
        return Line("disk", ok=True, reason=reason)
    mend = f"make room there: {SPARE / GIB:.0f} GiB is left free, and uploads need what is above it"
    return Line("disk", ok=free > SPARE, reason=reason, mend=mend)


async def _upstreams(settings: Settings) -> list[Line]:
    upstreams = open_upstreams(settings)
    try:
        found = await probes.ask_all(upstreams.probes(credentials=True))
    finally:
        await upstreams.aclose()
    lines = []
    for name in ("hdhive", "disktop", "linkcheck", "tmdb", "acgbt", "mika"):
        finding = found.get(name)
        if finding is None:
            lines.append(Line(name, ok=True, reason=OFF))
        else:
            lines.append(Line(name, ok=finding.ok, reason=finding.reason or finding.state, mend=finding.mend))
    return lines


async def _telegram(settings: Settings) -> list[Line]:
    bot = connect(settings, SystemClock(), Metrics()).bot
    try:
        await bot.initialize()
        return [Line("telegram", ok=True, reason=f"@{bot.username}"), *await _switches(bot, settings)]
    except InvalidToken:
        # A server that is no Bot API answers 404 as well, which Telegram says of a token it does not know.
        other = f"check TELEGRAM_API_URL ({settings.telegram_api_url}), or " if has_own_api(settings) else ""
        mend = f"{other}copy TELEGRAM_TOKEN from BotFather again"
        return [Line("telegram", ok=False, reason="Telegram does not know the token", mend=mend)]
    except TelegramError as error:
        mend = "check TELEGRAM_API_URL, the network, and whether TELEGRAM_PROXY_URL is needed"
        return [Line("telegram", ok=False, reason=f"no answer ({type(error).__name__})", mend=mend)]
    finally:
        await bot.shutdown()


async def _switches(bot: ExtBot[None], settings: Settings) -> list[Line]:
    now = SystemClock().now()
    webhook = _webhook(await bot.get_webhook_info(), settings, now)
    return [*_botfather(bot.bot), webhook, *await _allowed_groups(bot, settings)]


async def _allowed_groups(bot: ExtBot[None], settings: Settings) -> list[Line]:
    """Look for allowed groups the bot is not in: it cannot tell their members from strangers."""
    lines = []
    for group in sorted(id_ for id_ in settings.allowed_ids if id_ < 0):
        name = f"group {group}"
        try:
            await bot.get_chat(group)
            lines.append(Line(name, ok=True, reason="the bot is in it"))
        except ChatMigrated as error:
            reason, mend = "became a supergroup", f"write {error.new_chat_id} in ALLOWED_IDS"
            lines.append(Line(name, ok=True, reason=reason, mend=mend))
        except (BadRequest, Forbidden):
            mend = "take the bot into the group, or the number out of ALLOWED_IDS"
            lines.append(Line(name, ok=False, reason="the bot is not in it", mend=mend))
    return lines


def _botfather(me: User) -> list[Line]:
    inline = me.supports_inline_queries
    groups = me.can_join_groups
    return [
        Line("inline mode", ok=True)
        if inline
        else Line(
            "inline mode", ok=False, reason="off", mend="BotFather: /setinline, choose the bot, give a hint"
        ),
        Line("groups", ok=True)
        if groups
        else Line("groups", ok=False, reason="may not join", mend="BotFather: /setjoingroups, Enable"),
        # The bot answers commands and replies in groups; it need not read along.
        Line("privacy mode", ok=True, reason="off: reads all messages of its groups")
        if me.can_read_all_group_messages
        else Line("privacy mode", ok=True, reason="on"),
    ]


def _webhook(info: WebhookInfo, settings: Settings, now: float) -> Line:
    if settings.telegram_updates == "polling":
        if info.url:
            mend = "start the bot, which removes it, or set TELEGRAM_UPDATES=webhook"
            return Line("webhook", ok=False, reason="one is set, but the settings say polling", mend=mend)
        return Line("webhook", ok=True, reason="none, as polling needs")
    if not same_address(info.url, settings.public_url + WEBHOOK_PATH):
        mend = "start the bot, which sets it; check PUBLIC_URL"
        return Line("webhook", ok=False, reason="Telegram delivers elsewhere or nowhere", mend=mend)
    waiting = f"{info.pending_update_count} updates wait"
    if not info.last_error_date:
        return Line("webhook", ok=True, reason=waiting)
    # Telegram goes on telling the last failure long after it is over.
    failed = f"the last delivery that failed was at {moment(info.last_error_date.timestamp())}"
    if now - info.last_error_date.timestamp() > NEWS_SECONDS:
        return Line("webhook", ok=True, reason=f"{waiting}; {failed}")
    mend = "check that PUBLIC_URL is reached from outside, with a valid certificate"
    return Line("webhook", ok=False, reason=f"{failed}: {info.last_error_message}", mend=mend)
