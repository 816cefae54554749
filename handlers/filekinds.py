"""Kinds of files as people think of them."""

from __future__ import annotations

from collections.abc import Mapping

from services.drive import Entry

# Which extensions a search by kind asks the server for, the commonest first.
KINDS: Mapping[str, tuple[str, ...]] = {
    "video": ("mp4", "mkv", "avi", "mov", "ts", "m2ts", "wmv", "flv", "webm", "rmvb", "iso"),
    "audio": ("mp3", "flac", "m4a", "wav", "ogg", "aac", "ape"),
    "picture": ("jpg", "jpeg", "png", "gif", "webp", "heic", "bmp"),
    "document": ("pdf", "docx", "doc", "txt", "md", "epub", "xlsx", "pptx", "srt", "ass", "nfo"),
    "archive": ("zip", "rar", "7z", "tar", "gz"),
}
_SIGNS = {"video": "🎬", "audio": "🎵", "picture": "🖼", "document": "📄", "archive": "🗜"}
# What a player takes, with what nobody looks for; a disc image is a film, but nothing plays it.
FILMS = frozenset({*KINDS["video"], "m4v", "mpg", "mpeg", "rm", "vob", "3gp", "ogv"}) - {"iso"}
SOUNDS = frozenset({*KINDS["audio"], "wma", "opus"})
_KIND_OF = {ext: kind for kind, exts in KINDS.items() for ext in exts}


def kind_of(entry: Entry) -> str:
    """Return a file's kind, empty for any other."""
    return _KIND_OF.get(entry.ext, "")


def sign(entry: Entry) -> str:
    """Return the sign before an entry's name."""
    return "📁" if entry.is_dir else _SIGNS.get(kind_of(entry), "📄")


def plays(entry: Entry, mime: str | None = None) -> bool:
    """Tell whether a file may be a film or music."""
    return entry.ext in FILMS | SOUNDS or (mime or "").startswith(("video/", "audio/"))
