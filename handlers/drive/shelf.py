"""What a search finds in the person's own drive."""

from __future__ import annotations

from typing import Any

from handlers.drive import searching
from handlers.filekinds import sign
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.shelves import Hits, Source
from handlers.sizes import size
from handlers.texts import Html, escape
from services.names import Service

NAME_LIMIT = 80


async def find(scene: Scene[Any], words: str) -> Hits:
    """Look for files by words."""
    found = await scene.services.drive.search(scene.user_id, words)
    rows = [Html(f"{sign(file)} {escape(file.name, NAME_LIMIT)} · {size(file.size)}") for file in found.files]
    return Hits(found.total, rows)


def card(scene: Scene[Any], words: str) -> Switch:
    """Return the way to the search in the drive."""
    if scene.card is None:
        raise InvalidPress(words)
    return searching.card_of(words, scene.card.route, scene.state)


SHELF = Source(Service.DISKTOP, find, card)
