"""`@bot drive WORDS`: the asker's own files; of one that is sent, others see the name and nothing more."""

from __future__ import annotations

import re

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode

from clients.errors import NotFound
from handlers import cards, notes, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.drive import searching as drivesearch
from handlers.drive.file import FILE, FileState
from handlers.drive.folder import DRIVE, DriveState
from handlers.filekinds import sign
from handlers.notes import NoticeState
from handlers.scenes import Scene
from handlers.sizes import size
from handlers.texts import Html, bold, plain
from handlers.views import Inline
from services.drive import Entry
from services.drive.pointers import point_to, pointed_at
from services.errors import ServiceOff

FILES_A_PAGE = 20
POINTER = "own_"
WORDS = ("drive", "网盘", "云盘")
_ASKED = re.compile(r"(?:drive[ :：]+|(?:网盘|云盘)[ :：]*)(\S.*)", re.IGNORECASE)


def may_be_title(query: str) -> bool:
    """Tell whether a query for the drive may as well be a title, such as *Drive My Car*."""
    return query[:6].casefold() == "drive "


def words_of(query: str) -> str | None:
    """Return what is searched in the drive, None where a title is meant."""
    asked = _ASKED.fullmatch(query)
    return asked[1] if asked else None


async def results(
    context: LinkHiveContext, words: str, page: int
) -> tuple[list[InlineQueryResultArticle], str]:
    """Return a page of the asker's files, and where the next one begins."""
    drive, user_id = context.services.drive, context.person.user.id
    found = await drive.search(user_id, *drivesearch.parts(words))
    first = page * FILES_A_PAGE
    shown = found.files[first : first + FILES_A_PAGE]
    following = str(page + 1) if first + FILES_A_PAGE < len(found.files) else ""
    return [_article(context, file) for file in shown], following


def _article(context: LinkHiveContext, file: Entry) -> InlineQueryResultArticle:
    say, name = context.say, plain(file.name) or "?"
    pointer = point_to(context.services.db.ring, context.person.user.id, file.id)
    url = context.home.deep_link(f"{POINTER}{pointer}")
    return InlineQueryResultArticle(
        # What Telegram keeps of a result is for its asker only, but this need not say more than a place.
        id=pointer,
        title=f"{sign(file)} {name}",
        description=size(file.size),
        input_message_content=InputTextMessageContent(
            Html(f"{sign(file)} {bold(name)}"),
            ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton(say.label("inline.own_file"), url=url)]]),
    )


def trouble(context: LinkHiveContext, error: Exception) -> InlineQueryResultsButton:
    """Return the button that stands in for files: it leads to what helps."""
    say = context.say
    if problems.needs_link(error):
        return InlineQueryResultsButton(say.label("inline.drive_link"), start_parameter="link_disktop")
    key = "inline.drive_off" if isinstance(error, ServiceOff) else "inline.drive_down"
    return InlineQueryResultsButton(say.label(key), start_parameter="inline")


async def open_file(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Open the file that a button in a message points to, for its owner only."""
    user_id = context.person.user.id
    file_id = pointed_at(context.services.db.ring, user_id, payload.removeprefix(POINTER))
    scene = cards.scene_of(update, context, NoticeState())
    try:
        if file_id is None:
            await _cannot(scene, "inline.foreign_file")
            return
        meta = await context.services.drive.details(user_id, file_id)
    except NotFound:
        await _cannot(scene, "inline.file_gone")
        return
    file = Entry(file_id, meta.name, False, meta.size, meta.md5, meta.create_time)
    behind = DriveState(path="/").model_dump(mode="json")
    await cards.begin(update, context, FILE, FileState(file=file, path=None, route=DRIVE, back=behind))


async def _cannot(scene: Scene[NoticeState], key: str) -> None:
    await notes.tell(scene, scene.say(key), Inline(scene.say.label("button.search_drive"), "drive "))


def register(home: LinkHiveApplication) -> None:
    """Open files from messages."""
    home.start_link(POINTER, open_file)
