"""What a message brings that can be uploaded: a file of its own, or addresses of files."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from telegram import ExternalReplyInfo, Message, PhotoSize

from handlers.scenes import Scene
from handlers.texts import plain
from services import zones
from services.sharelinks.finding import extract, hdhive_slug, hdhive_title
from services.uploads import Source

Carrier = Message | ExternalReplyInfo

MOST_ADDRESSES = 20
NAME_LIMIT = 80
# An animation comes as a document too, for older bots: the first that is there counts.
KINDS = ("animation", "video", "audio", "document", "voice", "video_note")
_ADDRESS = re.compile(r"https?://[^\s<>\"'，。；、！？》」』】]+", re.IGNORECASE)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,20}://", re.IGNORECASE)
_TAIL = ".,;:!?)]}*_"
_UNFIT = re.compile(r"[\\/:*?\"<>|]+")
_SUFFIXES = {"photo": ".jpg", "video_note": ".mp4", "video": ".mp4", "animation": ".mp4", "voice": ".ogg"}


def file_of(scene: Scene[Any], carrier: Carrier, words: str = "") -> Source | None:
    """Return the file a message carries, None for one without; `words` name a file that has no name."""
    if carrier.photo:
        return _source(scene, "photo", max(carrier.photo, key=_area), words, carrier)
    for kind in KINDS:
        file = getattr(carrier, kind, None)
        if file is not None:
            return _source(scene, kind, file, words, carrier)
    return None


async def content_of(scene: Scene[Any], source: Source, most: int) -> bytes:
    """Return the bytes of a file that was sent; of one above `most`, enough to see that it is too large."""
    data = bytearray()
    async with scene.services.uploads.sources["telegram"](source, 0, None) as opened:
        async for block in opened.blocks():
            data += block
            if len(data) > most:
                break
    return bytes(data[: most + 1])


def _area(size: PhotoSize) -> int:
    return size.width * size.height


def _source(scene: Scene[Any], kind: str, file: Any, words: str, carrier: Carrier) -> Source:
    mime = "image/jpeg" if kind == "photo" else getattr(file, "mime_type", None)
    name = getattr(file, "file_name", None) or _song(file) or _titled(kind, mime, words)
    name = name or _dated(scene, kind, mime, carrier)
    return Source(kind="telegram", ref=file.file_id, name=name, size=file.file_size, mime=mime)


def _song(file: Any) -> str:
    title = getattr(file, "title", None)
    if not title:
        return ""
    performer = getattr(file, "performer", None)
    return _fit(f"{performer} - {title}" if performer else title) + _suffix("audio", file.mime_type)


def _titled(kind: str, mime: str | None, words: str) -> str:
    first = _fit(next(iter(words.strip().splitlines()), ""))
    return first + _suffix(kind, mime) if first else ""


def _dated(scene: Scene[Any], kind: str, mime: str | None, carrier: Carrier) -> str:
    """Return a name of what it is and when it was sent; pictures of one album differ by their number."""
    when, number = datetime.fromtimestamp(scene.received_at, tz=_zone(scene)), 0
    if isinstance(carrier, Message):
        when, number = carrier.date.astimezone(_zone(scene)), carrier.message_id
    word = scene.say.label(f"upload.name.{kind}")
    told = f"{word} {when:%Y-%m-%d %H.%M}"
    return (f"{told} {number}" if number else told) + _suffix(kind, mime)


def _zone(scene: Scene[Any]) -> tzinfo:
    return zones.of(scene.person.preferences.timezone)


def _fit(name: str) -> str:
    return plain(_UNFIT.sub(" ", name), NAME_LIMIT).strip(" .")


def _suffix(kind: str, mime: str | None) -> str:
    return (mimetypes.guess_extension(mime) if mime else None) or _SUFFIXES.get(kind, "")


def addresses(message: Carrier) -> tuple[str, ...]:
    """Return the addresses in a message's words and behind them, each once."""
    if not isinstance(message, Message):
        return ()
    entities = [*message.entities, *message.caption_entities]
    hidden = [entity.url for entity in entities if entity.url]
    return tuple(dict.fromkeys([*in_words(message.text or message.caption or ""), *hidden]))


def in_words(words: str) -> tuple[str, ...]:
    """Return the web addresses in words, each once."""
    return tuple(dict.fromkeys(_trimmed(words)))[:MOST_ADDRESSES]


def _trimmed(words: str) -> Iterator[str]:
    for match in _ADDRESS.finditer(words):
        address = match[0].rstrip(_TAIL)
        # Names with brackets are common; only a bracket that was opened before the address is cut off.
        own = match[0][len(address) :].startswith(")") and address.count("(") > address.count(")")
        yield address + ")" if own else address


def folder_in(words: str) -> str | None:
    """Return the folder that is named after the addresses: all from the first lonely slash on."""
    found = re.search(r"(?:^|\s)(/[^/\s].*|/)$", _ADDRESS.sub(" ", words).strip())
    return found[1].strip() if found else None


def of_addresses(found: Sequence[str]) -> tuple[Source, ...]:
    """Return addresses as sources; their names and sizes are known once they are asked."""
    return tuple(Source(kind="url", ref=address) for address in found)


def speaks(words: str) -> bool:
    """Tell whether words say something the bot acts on by itself, such as share links."""
    return bool(hdhive_slug(words) or hdhive_title(words) or extract(words))
