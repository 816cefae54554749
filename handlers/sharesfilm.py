"""Find out which film or series a share is of: by title at TMDB, or by a number or page."""

from __future__ import annotations

from typing import Any

from clients.errors import ClientError, NotFound
from clients.tmdb.models import MediaType
from handlers.resources import ICONS, title_name
from handlers.scenes import Scene
from handlers.sharesstate import ShareState, fresh
from handlers.texts import Html, link
from handlers.views import Button, Press, Row, View, grid, pages_row
from services import sharedfilms
from services.errors import ServiceError
from services.sharedfilms import Film
from services.titles import Found

HITS_A_PAGE = 5
QUERY_LIMIT = 100


async def found(scene: Scene[ShareState]) -> Found:
    """Return a page of the titles that the words find."""
    state = scene.state
    return await scene.services.titles.search(state.query, scene.person.language, state.hits, HITS_A_PAGE)


def hits(scene: Scene[ShareState], page: Found) -> tuple[list[Html], list[Row], str | None]:
    """Return titles as lines, buttons that pick them, and the poster of the first."""
    say, titles = scene.say, scene.services.titles
    first = page.page * HITS_A_PAGE + 1
    lines, picks, posters = [], [], []
    for number, title in enumerate(page.titles, first):
        poster, name = titles.poster(title), title_name(say, title)
        shown = link(name, poster) if poster else name
        lines.append(say("search.row", number=number, icon=ICONS[title.media_type], title=shown))
        picks.append(Press(str(number), "pick", f"{title.media_type}_{title.id}"))
        posters.append(poster)
    rows: list[list[Button]] = [*grid(picks, HITS_A_PAGE), pages_row(say, "hits", page.page, page.pages)]
    return lines, list(rows), next(iter(posters), None)


async def look(scene: Scene[ShareState], words: str) -> ShareState | Film:
    """Return the film that words name, or the state that shows what they may mean."""
    named = sharedfilms.named(words)
    if named is not None:
        return await whole(scene, named)
    query = " ".join(words.split())[:QUERY_LIMIT]
    asked = scene.at(fresh(scene.state, step="film", query=query, hits=0))
    page = await found(asked)
    if len(page.titles) == 1:
        only = page.titles[0]
        return await whole(scene, Film(kind=kind_of(only.media_type), number=only.id))
    return asked.state


async def whole(scene: Scene[Any], film: Film) -> Film:
    """Return a film with its name and poster; without them where TMDB cannot be asked. NotFound passes."""
    if film.source != "tmdb":
        return film
    titles = scene.services.titles
    try:
        title = await titles.details(MediaType(film.kind), film.number, scene.person.language)
    except NotFound:
        raise
    except (ClientError, ServiceError):
        return film
    name = scene.say.label("title.year", title=title.title, year=title.year) if title.year else title.title
    return film.model_copy(update={"name": name, "poster": titles.poster(title)})


async def named(scene: Scene[Any], film: Film | None) -> Film | None:
    """Return a film with its name where one can be found at all."""
    if film is None or film.name:
        return film
    try:
        return await whole(scene, film)
    except NotFound:
        return film


def kind_of(media_type: MediaType) -> sharedfilms.Kind:
    """Return TMDB's kind of title in the words of HDHive."""
    return "tv" if media_type is MediaType.TV else "movie"


def list_view(scene: Scene[ShareState], page: Found, head: list[Html], leave: Row) -> View:
    """Show the titles that were found, to pick one or to send other words."""
    say, query = scene.say, scene.state.query
    if not page.titles:
        return View(Html("\n".join([*head, say("share.no_film", query=query)])), (leave,))
    lines, rows, poster = hits(scene, page)
    text = Html("\n".join([*head, say("share.which_film", query=query), *lines]))
    return View(text, [*rows, leave], picture=poster)
