"""/search and plain titles: titles → one title and what is shared of it → one resource."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from telegram import Update

from clients.errors import ClientError
from clients.hdhive.models import Resource
from clients.tmdb.models import MediaType, Title
from handlers import cards, commands, notes, problems, titlelist, unlock
from handlers.application import LinkHiveApplication
from handlers.asking import ask
from handlers.context import LinkHiveContext, is_private, message_of
from handlers.notes import NoticeState
from handlers.resources import SLUG, heading, price_label, row
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.search import sources
from handlers.subscribe import command as subscribe
from handlers.texts import Html, Speaker, escape
from handlers.views import Inline, Open, Press, Row, View, grid, pages_row
from handlers.wording import said
from services.errors import NotLinked, ServiceError, ServiceOff
from services.names import Service
from services.titles import Found
from storage.dialogs import Dialog

RESOURCES_A_PAGE = 5
OVERVIEW_LIMIT = 280
ASK = "search.title"


class SearchState(State):
    """Where in the search the card is: the list of titles, or one title's resources."""

    query: str = ""
    page: int = 0
    kind: str = ""
    tmdb_id: int = 0
    resource_page: int = 0


async def show(scene: Scene[SearchState]) -> View:
    """Show the titles found, or the chosen title with what is shared of it."""
    return await (show_title(scene) if scene.state.tmdb_id else show_titles(scene))


async def show_titles(scene: Scene[SearchState]) -> View:
    """Show one page of the titles found."""
    say, state = scene.say, scene.state
    found = await titlelist.look(scene, state.query, state.page)
    close = Press(say.label("button.close"), "close")
    if not found.titles:
        again = Inline(say.label("button.search"), state.query)
        more = await sources.look(scene, state.query)
        helping = [Press(say.label("button.help"), problems.HELP_STEP)] if scene.private else []
        text = Html("\n".join([say("search.none", query=state.query), *more.lines]))
        return View(text, (*more.rows, [again, *helping, close]))
    lines = [say("search.heading", query=state.query), _count(say, found), "", *titlelist.lines(scene, found)]
    return View(Html("\n".join(lines)), [*titlelist.rows(scene, found, pick="title"), [close]])


def _count(say: Speaker, found: Found) -> Html:
    text = say.plural("search.count", found.total)
    if found.pages < 2:
        return text
    return Html(f"{text} · {say('search.page', page=found.page + 1, pages=found.pages)}")


async def show_title(scene: Scene[SearchState]) -> View:
    """Show one title and, in the private chat, what is shared of it."""
    say, state = scene.say, scene.state
    title = await scene.services.titles.details(MediaType(state.kind), state.tmdb_id, scene.person.language)
    lines: list[str] = [heading(say, title)]
    if title.overview:
        lines += ["", Html(f"<blockquote expandable>{escape(title.overview, OVERVIEW_LIMIT)}</blockquote>")]
    asked = asyncio.gather(_shared(scene, title.title), sources.look(scene, title.title))
    (shared, rows), more = await asked
    text = Html("\n".join([*lines, "", *shared, *more.lines]))
    ways = [*rows, *more.rows, await _follow_row(scene), _leave(scene)]
    return View(text, ways, picture=scene.services.titles.poster(title))


async def _follow_row(scene: Scene[SearchState]) -> Row:
    """Return the button that follows the title, or shows how it is followed here."""
    say, state, services = scene.say, scene.state, scene.services
    if not services.offers(Service.HDHIVE):
        return []
    known = await services.subscriptions.follows.find(scene.chat_id, state.kind, state.tmdb_id)
    return [Press(say.label("button.subscribe" if known is None else "button.subscribed"), "follow")]


def _leave(scene: Scene[SearchState]) -> Row:
    say, leave = scene.say, []
    if scene.state.query:
        leave.append(Press(say.label("button.back"), "titles"))
    return [*leave, Press(say.label("button.close"), "close")]


async def _shared(scene: Scene[SearchState], film: str) -> tuple[list[Html], list[Row]]:
    say, state = scene.say, scene.state
    if not scene.private:
        payload = titlelist.payload_of(state.kind, state.tmdb_id)
        return [say("resources.group")], [[Open(say.label("button.private"), scene.home.deep_link(payload))]]
    try:
        found = await scene.services.titles.resources(scene.user_id, MediaType(state.kind), state.tmdb_id)
    except ServiceOff:
        return [say("resources.off")], []
    except NotLinked:
        link = problems.link_button(scene, Service.HDHIVE)
        return [say("resources.not_linked")], [[link, Press(say.label("button.retry"), "show")]]
    except (ClientError, ServiceError) as error:
        # The title is worth showing even while its resources cannot be had.
        retry = Press(say.label("button.retry"), "show")
        again = [retry] if problems.may_repeat(error) else []
        return [problems.sentence(say, error)], [[*problems.steps(scene, error), *again]]
    return _listed(scene, found, film)


def _listed(scene: Scene[SearchState], found: Sequence[Resource], film: str) -> tuple[list[Html], list[Row]]:
    say = scene.say
    if not found:
        return [say("resources.none")], []
    pages = -(-len(found) // RESOURCES_A_PAGE)
    page = min(scene.state.resource_page, pages - 1)
    first = page * RESOURCES_A_PAGE
    shown = list(enumerate(found[first : first + RESOURCES_A_PAGE], first + 1))
    count = say.plural("resources.count", len(found))
    lines = [Html(f"<b>{count}</b>"), *(row(say, n, resource, film) for n, resource in shown)]
    buttons = [
        Press(
            say.label(
                "button.resource",
                number=n,
                price=price_label(say, owned=r.is_unlocked, points=r.unlock_points),
            ),
            "resource",
            r.slug,
        )
        for n, r in shown
        if SLUG.fullmatch(r.slug)
    ]
    return lines, [*grid(buttons, 2), pages_row(say, "resources", page, pages)]


async def page(scene: Scene[SearchState], arg: str) -> SearchState:
    """Turn the pages of titles."""
    return scene.state.model_copy(update={"page": number(arg, titlelist.MOST_PAGES), "tmdb_id": 0})


async def pick_title(scene: Scene[SearchState], arg: str) -> SearchState:
    """Choose a title: `movie_550`."""
    kind, tmdb_id = titlelist.chosen(arg)
    return scene.state.model_copy(update={"kind": kind, "tmdb_id": tmdb_id, "resource_page": 0})


async def titles(scene: Scene[SearchState], _arg: str) -> SearchState:
    """Go back to the list of titles."""
    return scene.state.model_copy(update={"tmdb_id": 0})


async def resources(scene: Scene[SearchState], arg: str) -> SearchState:
    """Turn the pages of resources."""
    return scene.state.model_copy(update={"resource_page": number(arg, titlelist.MOST_PAGES)})


async def resource(scene: Scene[SearchState], arg: str) -> Switch:
    """Go on to one resource, remembering the way back."""
    if not SLUG.fullmatch(arg):
        raise InvalidPress(arg)
    state = scene.state
    title = await scene.services.titles.details(MediaType(state.kind), state.tmdb_id, scene.person.language)
    origin = state.model_dump(mode="json")
    return Switch(unlock.RESOURCE.name, unlock.ResourceState(slug=arg, origin=origin, film=title.title))


async def more(scene: Scene[SearchState], arg: str) -> Switch:
    """Go on to what another source has under the same words."""
    state = scene.state
    if not state.tmdb_id:
        return sources.go(scene, arg, state.query)
    title = await scene.services.titles.details(MediaType(state.kind), state.tmdb_id, scene.person.language)
    return sources.go(scene, arg, title.title)


async def follow(scene: Scene[SearchState], _arg: str) -> Switch | None:
    """Follow the title, or show how it is followed here."""
    return await subscribe.follow(scene, scene.state.kind, scene.state.tmdb_id)


SEARCH = Route(
    "search",
    SearchState,
    show,
    {
        "page": page,
        "title": pick_title,
        "titles": titles,
        "resources": resources,
        "resource": resource,
        "follow": follow,
        sources.ACTION: more,
    },
)


async def search(update: Update, context: LinkHiveContext) -> None:
    """Search a title, or ask for one."""
    query = " ".join(context.args or [])
    if query.strip():
        await find(update, context, query)
        return
    scene, say = cards.scene_of(update, context, NoticeState()), context.say
    if is_private(update):
        await ask(scene, ASK, say("search.ask"))
        return
    await notes.tell(scene, say("search.ask_group"), Inline(say.label("button.search"), ""))


async def find(update: Update, context: LinkHiveContext, query: str) -> None:
    """Open the search card for a title; a title that stands alone is shown at once."""
    state = SearchState(query=titlelist.asked(query))
    scene = cards.scene_of(update, context, state)
    try:
        found = await titlelist.look(scene, state.query)
        if len(found.titles) == 1:
            state = _only(state, found.titles[0])
    except problems.KNOWN as error:
        await cards.post(scene, SEARCH.name, cards.trouble(SEARCH, scene, error))
        return
    await cards.begin(update, context, SEARCH, state)


def _only(state: SearchState, title: Title) -> SearchState:
    return SearchState(query="", kind=title.media_type, tmdb_id=title.id, page=state.page)


async def answered(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the title that was asked for."""
    await find(update, context, said(message_of(update)))


async def from_deep_link(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Open one title: `t_movie_550`, from inline results and groups."""
    try:
        kind, tmdb_id = titlelist.linked(payload)
    except InvalidPress:
        scene = cards.scene_of(update, context, NoticeState())
        await ask(scene, ASK, context.say("search.ask"))
        return
    await cards.begin(update, context, SEARCH, SearchState(kind=kind, tmdb_id=tmdb_id))


def register(home: LinkHiveApplication) -> None:
    """Offer the search."""
    home.card(SEARCH)
    commands.add(home, "search", search)
    home.start_link(titlelist.LINK, from_deep_link)
    home.dialog(ASK, answered)
