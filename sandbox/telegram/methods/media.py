"""Photos, documents and albums."""

from typing import Any

from sandbox.contents import Plain
from sandbox.telegram import board
from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request
from sandbox.telegram.files import StoredFile, picture_size
from sandbox.telegram.formatting import caption
from sandbox.telegram.keyboards import is_url
from sandbox.telegram.methods.messages import caption_of, check_rights, deliver
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

_PHOTO_LIMIT = 10 * 1024 * 1024
_DOCUMENT_LIMIT = 50 * 1024 * 1024


async def send_photo(tg: Telegram, params: Params) -> Json:
    """Send a picture."""
    return _send(tg, params, "photo")


async def send_document(tg: Telegram, params: Params) -> Json:
    """Send a file."""
    return _send(tg, params, "document")


def _send(tg: Telegram, params: Params, kind: str) -> Json:
    chat = tg.chat_for_bot(params.text("chat_id"))
    file = file_of(tg, params, params.text(kind) or kind, kind)
    content = {**file.fields(), **caption_of(tg, params)}
    if kind == "photo" and params.flag("has_spoiler"):
        content["has_media_spoiler"] = True
    if params.flag("show_caption_above_media"):
        content["show_caption_above_media"] = True
    return deliver(tg, chat, params, content).data


def file_of(tg: Telegram, params: Params, reference: str, kind: str) -> StoredFile:
    """Return the file a parameter means: an upload, an address, or the id of a known file."""
    upload = params.upload(reference)
    if upload is not None:
        limit = _PHOTO_LIMIT if kind == "photo" else _DOCUMENT_LIMIT
        if not upload.content:
            raise bad_request("file must be non-empty")
        if len(upload.content) > limit:
            raise bad_request(f"too big for a {kind}")
        size = (
            dict(zip(("width", "height"), picture_size(upload.content), strict=True))
            if kind == "photo"
            else {}
        )
        return tg.files.put(kind, upload.name, upload.mime_type, Plain(upload.content), **size)
    if reference == kind or not reference:
        raise bad_request(f"there is no {kind} in the request")
    known = tg.files.get(reference)
    if known is not None:
        if (kind == "photo") != (known.kind == "photo"):
            # Other files go as documents whatever they were sent as.
            raise bad_request(f"can't use file of type {known.kind.capitalize()} as {kind.capitalize()}")
        return known
    if reference.startswith(("http://", "https://")) and is_url(reference):
        return tg.files.put_url(reference, photo=kind == "photo")
    raise bad_request("wrong remote file identifier specified: Wrong padding in the string")


def media_content(tg: Telegram, params: Params, item: Any) -> Json:
    """Return the message fields of an InputMedia."""
    if not isinstance(item, dict) or item.get("type") not in ("photo", "document"):
        raise bad_request("can't parse InputMedia: unsupported media type")
    kind = item["type"]
    file = file_of(tg, params, str(item.get("media", "")), kind)
    text, mode = str(item.get("caption") or ""), str(item.get("parse_mode") or "")
    content = {**file.fields(), **caption(text, mode, item.get("caption_entities"), tg.user_json)}
    if item.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return content


async def send_media_group(tg: Telegram, params: Params) -> list[Json]:
    """Send two to ten pictures or files as one album."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    items = params.listing("media", "media") or []
    if not 2 <= len(items) <= 10:
        raise bad_request("media group must include 2-10 items")
    contents = [media_content(tg, params, item) for item in items]
    if len({"photo" in content for content in contents}) > 1:
        raise bad_request("document can't be mixed with other media types")
    check_rights(tg, chat, contents[0])
    tg.limits.sending(chat.id, len(contents))
    album = str(13_000_000_000 + tg.feed.revision)
    return [board.post(tg, chat, tg.bot, {"media_group_id": album, **content}).data for content in contents]


async def get_file(tg: Telegram, params: Params) -> Json:
    """Tell where a file can be downloaded."""
    return await tg.files.describe(params.text("file_id"), tg.options.local_server)


METHODS: dict[str, Any] = {
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "getFile": get_file,
}
