"""Titles that words found: a page of numbered lines, and a button for each."""

from __future__ import annotations

import re
from typing import Any

from clients.tmdb.models import MediaType, Title
from handlers.resources import ICONS, title_name
from handlers.scenes import InvalidPress, Scene
from handlers.texts import Html, link, plain
from handlers.views import Button, Press, grid, pages_row
from services.titles import Found

PER_PAGE = 5
QUERY_LIMIT = 100
MOST_PAGES = 10_000
# How deep links to titles begin: `t_movie_550`.
LINK = "t_"
_TITLE = re.compile(r"(movie|tv)_([0-9]{1,10})", re.ASCII)


def asked(words: str) -> str:
    """Return words as they are searched for: of a post the first line, which names what it is about."""
    first = next((line for line in words.splitlines() if plain(line)), "")
    return " ".join(first.split())[:QUERY_LIMIT]


async def look(scene: Scene[Any], query: str, page: int = 0) -> Found:
    """Return a page of the titles found; past the end (fewer are left, or it was forged) the last one."""
    search, language = scene.services.titles.search, scene.person.language
    found = await search(query, language, page, PER_PAGE)
    if found.titles or not found.total:
        return found
    return await search(query, language, found.pages - 1, PER_PAGE)


def _numbered(found: Found) -> list[tuple[int, Title]]:
    return list(enumerate(found.titles, found.page * PER_PAGE + 1))


def lines(scene: Scene[Any], found: Found, *, posters: bool = False) -> list[Html]:
    """Return titles as lines, on request as links to their posters."""
    shown = []
    for number, title in _numbered(found):
        name, poster = title_name(scene.say, title), scene.services.titles.poster(title)
        name = link(name, poster) if posters and poster else name
        shown.append(scene.say("search.row", number=number, icon=ICONS[title.media_type], title=name))
    return shown


def rows(
    scene: Scene[Any], found: Found, turn: str = "page", pick: str = "pick", sign: str = ""
) -> list[list[Button]]:
    """Return the buttons that pick a title, and those that turn pages."""
    picks = (
        Press(f"{sign}{number}", pick, arg_of(title.media_type, title.id))
        for number, title in _numbered(found)
    )
    return [*grid(picks, PER_PAGE), pages_row(scene.say, turn, found.page, found.pages)]


def arg_of(kind: str, tmdb_id: int) -> str:
    """Return how a button names a title."""
    return f"{kind}_{tmdb_id}"


def payload_of(kind: str, tmdb_id: int) -> str:
    """Return how a deep link names a title."""
    return f"{LINK}{arg_of(kind, tmdb_id)}"


def linked(payload: str) -> tuple[MediaType, int]:
    """Return the title that a deep link names; raises InvalidPress."""
    return chosen(payload.removeprefix(LINK))


def chosen(arg: str) -> tuple[MediaType, int]:
    """Return the title that a button names; raises InvalidPress."""
    named = _TITLE.fullmatch(arg)
    if named is None:
        raise InvalidPress(arg)
    return MediaType(named[1]), int(named[2])
