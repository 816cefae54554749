"""People send files: the body of the request is the file, its fields stand in the query."""

import mimetypes

from starlette.routing import BaseRoute

from sandbox.contents import Content, Made
from sandbox.intake import TooLarge, keep
from sandbox.telegram import board
from sandbox.telegram.app.talking import check_open, say
from sandbox.telegram.app.wishes import Refused, Wish, route
from sandbox.telegram.chats import Json
from sandbox.telegram.files import KINDS, StoredFile, picture_size
from sandbox.telegram.formatting import caption
from sandbox.telegram.state import Telegram

# What Telegram's apps send without Premium.
SENT_LIMIT = 2_000 * 1024 * 1024
_HEAD = 1024 * 1024


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the route of sending files."""
    return [route(tg, "/file", send_file, raw=True)]


async def send_file(wish: Wish) -> Json:
    """Send a file `as` photo, video, audio and so on; `size` instead of a body makes up as many bytes."""
    kind, chat = wish.text("as", "document"), wish.chat
    if kind not in KINDS:
        raise Refused(400, f"as is one of {', '.join(KINDS)}")
    check_open(chat)
    name = wish.text("name", "file")
    body: Json = caption(wish.text("caption"), "", None, wish.tg.user_json)
    file = await _stored(wish, kind, name, await _content(wish, name))
    if wish.text("album"):
        body["media_group_id"] = wish.text("album")
    return board.shown(say(wish, chat, file.fields() | body))


async def _content(wish: Wish, name: str) -> Content:
    size = int(wish.number("size"))
    if size > SENT_LIMIT:
        raise Refused(413, "the file is too large")
    if size:
        return Made(f"sent {name}", size)
    assert wish.body is not None  # noqa: S101 - the route is a raw one
    try:
        kept = await keep(wish.tg.files.shelf.place("sent"), wish.body, SENT_LIMIT)
    except TooLarge as error:
        raise Refused(413, "the file is too large") from error
    if not kept.size:
        raise Refused(400, "the file is empty")
    return kept


async def _stored(wish: Wish, kind: str, name: str, content: Content) -> StoredFile:
    mime = wish.text("mime") or mimetypes.guess_type(name)[0] or "application/octet-stream"
    more = {what: int(wish.number(what)) for what in ("width", "height", "duration") if wish.text(what)}
    if kind == "photo":
        head = b"".join([block async for block in content.blocks(0, min(_HEAD, content.size))])
        more["width"], more["height"] = picture_size(head)
    return wish.tg.files.put(kind, name, mime, content, **more)
