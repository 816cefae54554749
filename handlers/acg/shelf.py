"""What a search finds on ACGBT."""

from __future__ import annotations

from typing import Any

from handlers.acg import command as acg
from handlers.acg.state import asked
from handlers.acg.views import short
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.shelves import Hits, Source
from services.names import Service


async def find(scene: Scene[Any], words: str) -> Hits:
    """Look for resources by words; the page that was read serves the list as well."""
    wanted = asked(words).wanted
    found = await scene.services.acg.catalogue.listed(scene.user_id, wanted)
    return Hits(found.total, [short(scene, one) for one in found.items])


def card(scene: Scene[Any], words: str) -> Switch:
    """Return the way to the list, and back to the search."""
    if scene.card is None:
        raise InvalidPress(words)
    origin = scene.state.model_dump(mode="json")
    state = asked(words).model_copy(update={"origin": origin, "origin_route": scene.card.route})
    return Switch(acg.LIST.name, state)


TORRENTS = Source(Service.ACGBT, find, card)
