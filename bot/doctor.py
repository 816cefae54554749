"""Check everything a running bot needs, and say how to mend what fails."""

from __future__ import annotations

from collections.abc import Iterable

from telegram import User, WebhookInfo
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot import database, lostkeys, probes
from bot.findings import Line, tables
from bot.metrics import Metrics
from bot.settings import Settings, prepare_libraries
from bot.telegram import WEBHOOK_PATH, connect
from bot.upstreams import open_upstreams
from services.clock import SystemClock
from storage import meta

MEND_SETTINGS = "set it in the environment or in .env"
OFF = "off (its credentials are not set)"


async def run(settings: Settings) -> int:
    """Check all there is, show the table, return 1 if anything fails."""
    prepare_libraries()
    lines = [Line("settings", ok=True)]
    lines += await lostkeys.findings(settings) or await _database(settings)
    lines += await _upstreams(settings)
    lines += await _telegram(settings)
    show(lines)
    return 0 if all(line.ok for line in lines) else 1


def show(lines: Iterable[Line]) -> None:
    """Print the table."""
    lines = list(lines)
    width = max(len(line.name) for line in lines)
    for line in lines:
        print(f"{'ok  ' if line.ok else 'FAIL'}  {line.name:<{width}}  {line.reason}")
        if line.mend:
            print(f"      {'':<{width}}  → {line.mend}")


async def _database(settings: Settings) -> list[Line]:
    try:
        async with database.opened(settings) as db:
            await db.write(lambda tx: meta.put(tx, "doctor", "was here"))
            now = SystemClock().now()
            return [Line("database", ok=True, reason=db.dialect), *await db.read(lambda tx: tables(tx, now))]
    except Exception as error:  # noqa: BLE001 - every reason is a finding
        mend = "check DATABASE_URL and SECRET_KEYS, that the server runs and that the folder can be written"
        reason = str(error.__cause__ or type(error).__name__)[:200]
        return [Line("database", ok=False, reason=reason, mend=mend)]


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
        mend = "copy TELEGRAM_TOKEN from BotFather again"
        return [Line("telegram", ok=False, reason="Telegram does not know the token", mend=mend)]
    except TelegramError as error:
        mend = "check TELEGRAM_API_URL, the network, and whether TELEGRAM_PROXY_URL is needed"
        return [Line("telegram", ok=False, reason=f"no answer ({type(error).__name__})", mend=mend)]
    finally:
        await bot.shutdown()


async def _switches(bot: ExtBot[None], settings: Settings) -> list[Line]:
    return [*_botfather(bot.bot), _webhook(await bot.get_webhook_info(), settings)]


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


def _webhook(info: WebhookInfo, settings: Settings) -> Line:
    if settings.telegram_updates == "polling":
        if info.url:
            mend = "start the bot, which removes it, or set TELEGRAM_UPDATES=webhook"
            return Line("webhook", ok=False, reason="one is set, but the settings say polling", mend=mend)
        return Line("webhook", ok=True, reason="none, as polling needs")
    if info.url != settings.public_url + WEBHOOK_PATH:
        mend = "start the bot, which sets it; check PUBLIC_URL"
        return Line("webhook", ok=False, reason="Telegram delivers elsewhere or nowhere", mend=mend)
    if info.last_error_message:
        mend = "check that PUBLIC_URL is reached from outside, with a valid certificate"
        return Line("webhook", ok=False, reason=f"last delivery failed: {info.last_error_message}", mend=mend)
    return Line("webhook", ok=True, reason=f"{info.pending_update_count} updates wait")
