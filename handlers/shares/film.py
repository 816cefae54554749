"""Find out which film or series a share is of: by title at TMDB, or by a number or page."""

from __future__ import annotations

from typing import Any

from clients.errors import ClientError, NotFound
from clients.tmdb.models import MediaType
from handlers import titlelist
from handlers.scenes import Scene
from handlers.shares.state import ShareState, fresh
from handlers.texts import Html
from handlers.views import Row, View
from services import sharedfilms
from services.errors import ServiceError
from services.sharedfilms import Film
from services.titles import Found


async def look(scene: Scene[ShareState], words: str) -> ShareState | Film:
    """Return the film that words name, or the state that shows what they may mean."""
    named = sharedfilms.named(words)
    if named is not None:
        return await whole(scene, named)
    state = fresh(scene.state, step="film", query=titlelist.asked(words), hits=0)
    page = await titlelist.look(scene, state.query)
    if len(page.titles) == 1:
        only = page.titles[0]
        return await whole(scene, Film(kind=kind_of(only.media_type), number=only.id))
    return state


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
    lines = titlelist.lines(scene, page, posters=True)
    text = Html("\n".join([*head, say("share.which_film", query=query), *lines]))
    first = scene.services.titles.poster(page.titles[0])
    return View(text, [*titlelist.rows(scene, page, turn="hits"), leave], picture=first)
