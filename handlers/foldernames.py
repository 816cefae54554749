"""Names that people type for files and folders of their drive."""

from __future__ import annotations

from typing import Any

from clients.errors import Rejected
from handlers.scenes import Scene
from handlers.texts import Html, Speaker
from services.names import Service

# What common drives take; more than this many bytes no file system takes.
MOST_CHARACTERS = 200
MOST_BYTES = 255
# How a server says that the name is taken.
_TAKEN = frozenset({"name_conflict", "folder_exists", "already_exists", "file_exists"})


def given(words: str | None) -> str:
    """Return a typed name without the space around it."""
    return (words or "").strip()


def fault(name: str) -> str | None:
    """Return the text key of what is wrong with a name, None for a good one."""
    if not name:
        return "names.empty"
    if "/" in name or "\\" in name:
        return "names.slash"
    if name in (".", "..") or any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        return "names.odd"
    if len(name) > MOST_CHARACTERS or len(name.encode(errors="replace")) > MOST_BYTES:
        return "names.long"
    return None


def question(say: Speaker, text: Html, wrong: str | None) -> Html:
    """Return a question for a name, after what was wrong with the last answer."""
    return text if wrong is None else Html(f"{say(wrong, most=MOST_CHARACTERS)}\n{text}")


def taken(error: Rejected) -> bool:
    """Tell whether a refusal says that the name is taken."""
    return error.code in _TAKEN


async def make(scene: Scene[Any], path: str, name: str) -> bool:
    """Make a folder; False where one of that name lies there already."""
    client = scene.services.require_disktop()
    try:
        await scene.services.tokens.call(
            scene.user_id, Service.DISKTOP, lambda token: client.make_folder(token, path, name)
        )
    except Rejected as error:
        if not taken(error):
            raise
        return False
    return True
