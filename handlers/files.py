"""How files and folders are written on cards."""

from __future__ import annotations

from handlers.filekinds import FILMS, SOUNDS
from handlers.texts import Html, Speaker, code

FILES_A_PAGE = 8
# Eight names of this length, and two paths, still fit one message.
NAME_LIMIT = 160


def folder_name(say: Speaker, path: str) -> Html:
    """Return a folder of the drive as people know it: the one everything goes to has a name."""
    return say("save.root") if path == "/" else code(path)


def ending(name: str, ext: str = "") -> str:
    """Return a file's extension, from its name where a server does not tell it."""
    return (ext or (name.rpartition(".")[2] if "." in name else "")).casefold().lstrip(".")


def is_playable(name: str, ext: str = "") -> bool:
    """Tell whether a file is a film or a sound, which can be played where it lies."""
    return ending(name, ext) in FILMS | SOUNDS


def icon(name: str, ext: str = "", *, is_dir: bool = False) -> str:
    """Return the sign of what an entry is."""
    if is_dir:
        return "📁"
    kind = ending(name, ext)
    return "🎬" if kind in FILMS else "🎵" if kind in SOUNDS else "📄"
