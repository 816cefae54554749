"""`@bot TITLE` in any chat: titles with posters, and the way to the private chat; no secret."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace

import structlog
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Message,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import InlineQueryHandler, MessageHandler, filters

from clients.errors import ClientError
from clients.tmdb.models import Title
from handlers import commands
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.inline import acg, drive
from handlers.resources import heading
from handlers.texts import Html, escape, plain
from handlers.titlelist import payload_of
from handlers.views import View
from services.errors import ServiceError
from services.names import Service

log = structlog.get_logger(__name__)

RESULTS_A_PAGE = 20
CACHE_SECONDS = 60
# Telegram forgets an inline query after some seconds, and so do people.
PATIENCE = 8.0
# What stands beside titles is not waited for as long as they are.
BESIDE_PATIENCE = 2.5
OVERVIEW_LIMIT = 400
_PAYLOAD = re.compile(r"[?&]start=([A-Za-z0-9_-]{1,64})$")
_FORGOTTEN = re.compile(r"query is too old|query.id.(is.)?invalid", re.IGNORECASE)


async def inline(update: Update, context: LinkHiveContext) -> None:
    """Answer an inline query: titles in the asker's language, or files of the asker's own drive."""
    query = update.inline_query
    if query is None:
        return
    words, page = " ".join(query.query.split()), _page(query.offset)
    answer = await _answer(context, words, page)
    try:
        # Personal, because Telegram would show one person's answer, in their language, to everybody else too.
        await query.answer(
            answer.results,
            cache_time=answer.keep,
            is_personal=True,
            next_offset=answer.following,
            button=answer.button,
        )
    except BadRequest as error:
        # The asker typed on: Telegram has forgotten this query. Whatever else it refuses is a fault of ours.
        if not _FORGOTTEN.search(error.message):
            log.warning("inline_answer_refused", reason=error.message)


@dataclass(frozen=True)
class Answer:
    """What an inline query is answered: results, where more of them begin, and the button above them."""

    button: InlineQueryResultsButton
    results: list[InlineQueryResultArticle] = field(default_factory=list)
    following: str = ""
    keep: int = 0


async def _answer(context: LinkHiveContext, words: str, page: int) -> Answer:
    own, torrents = drive.words_of(words), acg.words_of(words)
    if own is not None:
        files = await _files(context, own, page)
        return files if files.results or page else await _rather_titles(context, files, words)
    if torrents is not None and context.services.offers(Service.ACGBT):
        return await _torrents(context, torrents, page)
    return await _titles(context, words, page)


async def _titles(context: LinkHiveContext, words: str, page: int) -> Answer:
    if not words:
        return Answer(_button(context, "inline.hint"))
    try:
        async with asyncio.timeout(PATIENCE):
            found, following = await _results(context, words, page)
    except (ClientError, ServiceError, TimeoutError):
        return Answer(_button(context, "inline.down"))
    if not following:
        found += (await _beside(context, words))[: RESULTS_A_PAGE - len(found)]
    if not found and not page:
        return Answer(_button(context, "inline.none", words))
    key = "inline.drive_hint" if words.casefold() in drive.WORDS else "inline.open"
    return Answer(_button(context, key), found, following, CACHE_SECONDS)


async def _torrents(context: LinkHiveContext, words: str, page: int) -> Answer:
    """Answer with what ACGBT has."""
    try:
        async with asyncio.timeout(PATIENCE):
            found, following = await acg.results(context, words, page)
    except (ClientError, ServiceError, TimeoutError):
        return Answer(_button(context, "inline.acg_down"))
    if not found and not page:
        return Answer(_button(context, "inline.none", words))
    return Answer(_button(context, "inline.open"), found, following, CACHE_SECONDS)


async def _beside(context: LinkHiveContext, words: str) -> list[InlineQueryResultArticle]:
    """Return the first of what ACGBT has beside the titles, or nothing where it takes long or fails."""
    try:
        async with asyncio.timeout(BESIDE_PATIENCE):
            found, _ = await acg.results(context, words, 0)
    except (ClientError, ServiceError, TimeoutError):
        return []
    return found[: acg.BESIDE]


async def _files(context: LinkHiveContext, words: str, page: int) -> Answer:
    """Answer with the asker's own files; what lies in a drive changes, so nothing of it is kept."""
    try:
        async with asyncio.timeout(PATIENCE):
            found, following = await drive.results(context, words, page)
    except (ClientError, ServiceError, TimeoutError) as error:
        return Answer(drive.trouble(context, error))
    if not found and not page:
        return Answer(_button(context, "inline.none", words))
    return Answer(_button(context, "inline.drive"), found, following)


async def _rather_titles(context: LinkHiveContext, none: Answer, words: str) -> Answer:
    """Answer with titles where the drive has no such file; the button still tells of the drive."""
    if not drive.may_be_title(words):
        return none
    return replace(none, results=(await _titles(context, words, 0)).results)


def _page(offset: str) -> int:
    return int(offset) if offset.isdecimal() and len(offset) < 4 else 0


def _button(context: LinkHiveContext, key: str, query: str = "") -> InlineQueryResultsButton:
    text = context.say.label(key, query=plain(query, 30))
    return InlineQueryResultsButton(text[:64], start_parameter="inline")


async def _results(
    context: LinkHiveContext, words: str, page: int
) -> tuple[list[InlineQueryResultArticle], str]:
    found = await context.services.titles.search(words, context.person.language, page, RESULTS_A_PAGE)
    following = str(page + 1) if page + 1 < found.pages else ""
    return [_article(context, title) for title in found.titles], following


def _article(context: LinkHiveContext, title: Title) -> InlineQueryResultArticle:
    say, titles = context.say, context.services.titles
    payload = payload_of(title.media_type, title.id)
    lines: list[str] = [heading(say, title)]
    if title.overview:
        lines += ["", Html(f"<blockquote expandable>{escape(title.overview, OVERVIEW_LIMIT)}</blockquote>")]
    view = View(Html("\n".join(lines)), picture=titles.poster(title))
    button = InlineKeyboardButton(say.label("inline.open"), url=context.home.deep_link(payload))
    return InlineQueryResultArticle(
        id=payload,
        title=say.label("title.year", title=title.title, year=title.year)
        if title.year
        else plain(title.title),
        description=plain(title.overview, 120) or None,
        thumbnail_url=titles.poster(title, size="w92"),
        input_message_content=InputTextMessageContent(
            view.text, ParseMode.HTML, link_preview_options=view.preview
        ),
        reply_markup=InlineKeyboardMarkup([[button]]),
    )


def payload_in(message: Message) -> str | None:
    """Return where the button of a message leads that was made of one of our results, None for any other."""
    if message.via_bot is None or message.via_bot.id != message.get_bot().id or message.reply_markup is None:
        return None
    buttons = [button for row in message.reply_markup.inline_keyboard for button in row]
    found = (_PAYLOAD.search(button.url or "") for button in buttons)
    return next((one[1] for one in found if one is not None), None)


class _Chosen(filters.MessageFilter):
    def filter(self, message: Message) -> bool:
        return payload_in(message) is not None


async def chosen(update: Update, context: LinkHiveContext) -> None:
    """Open what was chosen in the private chat, or forwarded there: its words are no title to search."""
    context.args = [payload_in(message_of(update)) or ""]
    await commands.run(update, context, context.home.routes.commands["start"])


def register(home: LinkHiveApplication) -> None:
    """Answer inline queries."""
    chosen_here = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE & filters.TEXT & _Chosen()
    home.add_handler(MessageHandler(chosen_here, chosen))
    drive.register(home)
    home.add_handler(InlineQueryHandler(inline))
