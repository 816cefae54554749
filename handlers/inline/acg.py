"""`@bot acg WORDS`: what ACGBT has; what is sent holds the title, and no link to the thing itself."""

from __future__ import annotations

import re

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode

from clients.acgbt.models import Resource
from handlers.acg.state import LINK, WORDS_LIMIT
from handlers.acg.views import SIGN, named
from handlers.context import LinkHiveContext
from handlers.sizes import size
from handlers.texts import Html, bold, escape, plain
from services.acgbt.catalogue import A_PAGE, Wanted
from services.names import Service

WORDS = ("acg", "acgbt", "动漫")
# Beside titles of films and series only the first few.
BESIDE = 5
_ASKED = re.compile(r"(?:acg(?:bt)?[ :：]+|动漫[ :：]*)(\S.*)", re.IGNORECASE)


def words_of(query: str) -> str | None:
    """Return what is searched on ACGBT, None where a title is meant."""
    asked = _ASKED.fullmatch(query)
    return asked[1] if asked else None


async def results(
    context: LinkHiveContext, words: str, page: int
) -> tuple[list[InlineQueryResultArticle], str]:
    """Return a page of what words find, and where the next one begins."""
    if not context.services.offers(Service.ACGBT):
        return [], ""
    wanted = Wanted(words=plain(words, 4 * WORDS_LIMIT)[:WORDS_LIMIT].strip())
    found = await context.services.acg.catalogue.listed(context.person.user.id, wanted, page)
    following = str(page + 1) if (page + 1) * A_PAGE < found.total else ""
    return [_article(context, one) for one in found.items], following


def _article(context: LinkHiveContext, one: Resource) -> InlineQueryResultArticle:
    say, payload = context.say, f"{LINK}{one.id}"
    title = named(say, one.title)
    told = [escape(one.category_name or "", 24)] + ([escape(size(one.size))] if one.size else [])
    facts = Html(" · ").join([fact for fact in told if fact] + [say("acg.seeders", seeders=one.seeders)])
    button = InlineKeyboardButton(say.label("inline.open"), url=context.home.deep_link(payload))
    return InlineQueryResultArticle(
        id=payload,
        title=f"{SIGN} {plain(title, 120)}",
        description=plain(str(facts), 120),
        input_message_content=InputTextMessageContent(
            Html(f"{SIGN} {bold(title)}\n{facts}"),
            ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
        reply_markup=InlineKeyboardMarkup([[button]]),
    )
