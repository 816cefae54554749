"""Further sources of a search: what each has under the same words, in the person's own accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from handlers import problems
from handlers.acg.shelf import TORRENTS
from handlers.drive.shelf import SHELF
from handlers.problems import service_name
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.shelves import Hits, Source
from handlers.texts import Html
from handlers.videos.shelf import VIDEOS
from handlers.views import Button, Press, Row, grid
from services.errors import LinkLost, MissingScope, NotLinked, ServiceOff
from services.recent import Recent
from storage.database import Database

ACTION = "more"
ROWS = 3
# Who waits for a title should not wait longer for what lies beside it.
PATIENCE = 4.0
KEEP_SECONDS = 60.0
KEPT = 2_000

# In the order in which they stand on the card. One that somebody has no account at is left out for them.
SOURCES: tuple[Source, ...] = (TORRENTS, VIDEOS, SHELF)

# Turning the pages of what is shared asks nobody else anew.
_KEPT: WeakKeyDictionary[Database, Recent[tuple[int, str, str], Hits]] = WeakKeyDictionary()


@dataclass(frozen=True)
class More:
    """What stands below a search's own results: lines, and a button for each source."""

    lines: Sequence[Html] = ()
    rows: Sequence[Row] = ()


async def look(scene: Scene[Any], words: str) -> More:
    """Ask every source at the same time; nothing of it is for groups."""
    if not scene.private or not words:
        return More()
    told = await asyncio.gather(*(_told(scene, source, words) for source in SOURCES))
    lines = [line for part in told for line in part[0]]
    return More(lines, grid([button for part in told for button in part[1]], 2))


def go(scene: Scene[Any], name: str, words: str) -> Switch:
    """Return the way to all that a source has."""
    source = next((source for source in SOURCES if source.name == name), None)
    if source is None:
        raise InvalidPress(name)
    return source.card(scene, words)


async def _told(scene: Scene[Any], source: Source, words: str) -> tuple[list[Html], list[Button]]:
    say, service = scene.say, service_name(scene.say, source.name)
    try:
        hits = await _hits(scene, source, words)
    except (NotLinked, LinkLost, MissingScope, ServiceOff):
        return [], []
    except TimeoutError:
        button = Press(say.label("button.source", service=service), ACTION, source.name)
        return [Html(""), say("search.more_slow", service=service)], [button]
    except problems.KNOWN as error:
        return [Html(""), Html(f"<b>{service}</b>"), problems.sentence(say, error)], []
    if not hits.total:
        return [], []
    heading = say.plural("search.more", hits.total, service=service)
    button = Press(say.label("button.source_hits", service=service, n=hits.total), ACTION, source.name)
    return [Html(""), heading, *hits.rows[:ROWS]], [button]


async def _hits(scene: Scene[Any], source: Source, words: str) -> Hits:
    kept = _KEPT.setdefault(scene.services.db, Recent(KEPT))
    key, now = (scene.user_id, source.name, words), scene.services.clock.now()
    known = kept.get(key, now)
    if known is None:
        async with asyncio.timeout(PATIENCE):
            known = await source.find(scene, words)
        kept.put(key, known, now + KEEP_SECONDS)
    return known
