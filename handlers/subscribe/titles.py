"""How a followed title is named and shown: in the reader's language where TMDB tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clients.errors import ClientError
from clients.tmdb.models import MediaType
from handlers.acg.views import SIGN
from handlers.resources import ICONS, title_name
from handlers.scenes import Scene
from handlers.texts import Html, escape
from services.errors import ServiceError
from services.subscriptions.naming import is_acg

NAME_LIMIT = 120


@dataclass(frozen=True)
class Shown:
    """Be a title as a card shows it."""

    kind: str
    tmdb_id: int
    name: Html
    plain: str
    picture: str | None = None

    @property
    def icon(self) -> str:
        """Return the sign of a film or a series."""
        return icon_of(self.kind)


def parts_of(title: str) -> tuple[str, int]:
    """Return kind and number of a title as it is followed: `movie_550`."""
    if is_acg(title):
        return "acg", 0
    kind, _, number = title.partition("_")
    return kind, int(number)


def icon_of(kind: str) -> str:
    """Return the sign of a film or a series, or of what else is followed."""
    return SIGN if kind == "acg" else ICONS.get(kind, "🎞")


async def shown(scene: Scene[Any], title: str, name: str) -> Shown:
    """Return a title in the reader's language with its poster; where TMDB is silent, as it was followed."""
    kind, number = parts_of(title)
    if is_acg(title):
        return Shown(kind, number, escape(name or title, NAME_LIMIT), name or title)
    try:
        details = await scene.services.titles.details(MediaType(kind), number, scene.person.language)
    except (ClientError, ServiceError):
        return Shown(kind, number, escape(name or title, NAME_LIMIT), name or title)
    named, picture = title_name(scene.say, details), scene.services.titles.poster(details)
    return Shown(kind, number, named, details.title, picture)
