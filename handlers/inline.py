"""`@bot TITLE` in any chat: titles with posters, and the way to the private chat; no secret."""

from __future__ import annotations

import asyncio

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import InlineQueryHandler

from clients.errors import ClientError
from clients.tmdb.models import Title
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.resources import heading
from handlers.texts import Html, escape, plain
from handlers.views import View
from services.errors import ServiceError

RESULTS_A_PAGE = 20
CACHE_SECONDS = 60
# Telegram forgets an inline query after some seconds, and so do people.
PATIENCE = 8.0
OVERVIEW_LIMIT = 400


async def inline(update: Update, context: LinkHiveContext) -> None:
    """Answer an inline query with titles in the asker's language."""
    query = update.inline_query
    if query is None:
        return
    words = " ".join(query.query.split())
    results: list[InlineQueryResultArticle] = []
    following, button = "", _button(context, "inline.hint")
    if words:
        try:
            async with asyncio.timeout(PATIENCE):
                results, following = await _results(context, words, _page(query.offset))
            button = _button(context, "inline.open") if results else _button(context, "inline.none", words)
        except (ClientError, ServiceError, TimeoutError):
            button = _button(context, "inline.down")
    try:
        # Personal, because Telegram would show one language's answer to everybody else too.
        await query.answer(
            results,
            cache_time=CACHE_SECONDS if results else 0,
            is_personal=True,
            next_offset=following,
            button=button,
        )
    except BadRequest:
        # The asker typed on: Telegram has forgotten this query.
        return


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
    payload = f"t_{title.media_type}_{title.id}"
    lines: list[str] = [heading(say, title)]
    if title.overview:
        lines += ["", Html(f"<blockquote expandable>{escape(title.overview, OVERVIEW_LIMIT)}</blockquote>")]
    view = View(Html("\n".join(lines)), picture=titles.poster(title))
    button = InlineKeyboardButton(say.label("inline.open"), url=context.deep_link(payload))
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


def register(home: LinkHiveApplication) -> None:
    """Answer inline queries."""
    home.add_handler(InlineQueryHandler(inline))
