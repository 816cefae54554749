"""/search and plain titles: titles → one title and what is shared of it → one resource."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Update

from clients.errors import ClientError
from clients.hdhive.models import Resource
from clients.tmdb.models import MediaType, Title
from handlers import cards, commands, problems, unlock
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, chat_of, is_private, user_of
from handlers.resources import ICONS, heading, price_label, row, title_name
from handlers.scenes import Route, Scene, State, Switch
from handlers.texts import Html, escape
from handlers.views import Button, Open, Press, Row, View, grid
from services.errors import NotLinked, ServiceError, ServiceOff
from services.names import Service
from storage import dialogs
from storage.dialogs import Dialog

TITLES_A_PAGE = 5
RESOURCES_A_PAGE = 5
OVERVIEW_LIMIT = 280
QUERY_LIMIT = 100
ASK = "search.title"
ASK_SECONDS = 600


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
    found = await scene.services.titles.search(state.query, scene.person.language, state.page, TITLES_A_PAGE)
    close = Press(say.label("button.close"), "close")
    if not found.titles:
        return View(say("search.none", query=state.query), ([close],))
    first = state.page * TITLES_A_PAGE + 1
    lines = [say("search.heading", query=state.query), _count(scene, found.total, found.pages), ""]
    lines += [
        say("search.row", number=number, icon=ICONS[title.media_type], title=title_name(say, title))
        for number, title in enumerate(found.titles, first)
    ]
    picks = [
        Press(f"{number}", "title", f"{title.media_type}_{title.id}")
        for number, title in enumerate(found.titles, first)
    ]
    pages = _pages(scene, state.page, found.pages, "page")
    return View(Html("\n".join(lines)), [*grid(picks, TITLES_A_PAGE), pages, [close]])


def _count(scene: Scene[SearchState], total: int, pages: int) -> Html:
    text = scene.say.plural("search.count", total)
    if pages < 2:
        return text
    return Html(f"{text} · {scene.say('search.page', page=scene.state.page + 1, pages=pages)}")


def _pages(scene: Scene[SearchState], page: int, pages: int, action: str) -> Row:
    say, row_ = scene.say, []
    if page > 0:
        row_.append(Press(say.label("button.prev"), action, str(page - 1)))
    if page + 1 < pages:
        row_.append(Press(say.label("button.next"), action, str(page + 1)))
    return row_


async def show_title(scene: Scene[SearchState]) -> View:
    """Show one title and, in the private chat, what is shared of it."""
    say, state = scene.say, scene.state
    title = await scene.services.titles.details(MediaType(state.kind), state.tmdb_id, scene.person.language)
    lines: list[str] = [heading(say, title)]
    if title.overview:
        lines += ["", Html(f"<blockquote expandable>{escape(title.overview, OVERVIEW_LIMIT)}</blockquote>")]
    shared, rows = await _shared(scene)
    text = Html("\n".join([*lines, "", *shared]))
    return View(text, [*rows, _leave(scene)], picture=scene.services.titles.poster(title))


def _leave(scene: Scene[SearchState]) -> Row:
    say, leave = scene.say, []
    if scene.state.query:
        leave.append(Press(say.label("button.back"), "titles"))
    return [*leave, Press(say.label("button.close"), "close")]


async def _shared(scene: Scene[SearchState]) -> tuple[list[Html], list[Row]]:
    say, state = scene.say, scene.state
    if not scene.private:
        payload = f"t_{state.kind}_{state.tmdb_id}"
        return [say("resources.group")], [[Open(say.label("button.private"), scene.deep_link(payload))]]
    try:
        found = await scene.services.titles.resources(scene.user_id, MediaType(state.kind), state.tmdb_id)
    except ServiceOff:
        return [say("resources.off")], []
    except NotLinked:
        return [say("resources.not_linked")], [[problems.link_button(scene, Service.HDHIVE)]]
    except (ClientError, ServiceError) as error:
        # The title is worth showing even while its resources cannot be had.
        retry: Button = Press(say.label("button.retry"), "show")
        relink = [problems.link_button(scene, Service.HDHIVE)] if problems.needs_link(error) else []
        return [say("resources.failed", reason=problems.sentence(say, error))], [[*relink, retry]]
    return _listed(scene, found)


def _listed(scene: Scene[SearchState], found: Sequence[Resource]) -> tuple[list[Html], list[Row]]:
    say, page = scene.say, scene.state.resource_page
    if not found:
        return [say("resources.none")], []
    pages = -(-len(found) // RESOURCES_A_PAGE)
    first = page * RESOURCES_A_PAGE
    shown = list(enumerate(found[first : first + RESOURCES_A_PAGE], first + 1))
    count = say.plural("resources.count", len(found))
    lines = [Html(f"<b>{count}</b>"), *(row(say, number, resource) for number, resource in shown)]
    buttons = [
        Press(
            say.label(
                "button.resource",
                number=number,
                price=price_label(say, owned=r.is_unlocked, points=r.unlock_points),
            ),
            "resource",
            r.slug,
        )
        for number, r in shown
    ]
    return lines, [*grid(buttons, 2), _pages(scene, page, pages, "resources")]


async def page(scene: Scene[SearchState], arg: str) -> SearchState:
    """Turn the pages of titles."""
    return scene.state.model_copy(update={"page": max(0, int(arg)), "tmdb_id": 0})


async def pick_title(scene: Scene[SearchState], arg: str) -> SearchState:
    """Choose a title: `movie_550`."""
    kind, _, number = arg.partition("_")
    return scene.state.model_copy(
        update={"kind": MediaType(kind), "tmdb_id": int(number), "resource_page": 0}
    )


async def titles(scene: Scene[SearchState], _arg: str) -> SearchState:
    """Go back to the list of titles."""
    return scene.state.model_copy(update={"tmdb_id": 0})


async def resources(scene: Scene[SearchState], arg: str) -> SearchState:
    """Turn the pages of resources."""
    return scene.state.model_copy(update={"resource_page": max(0, int(arg))})


async def resource(scene: Scene[SearchState], arg: str) -> Switch:
    """Go on to one resource, remembering the way back."""
    origin = scene.state.model_dump(mode="json")
    return Switch(unlock.RESOURCE.name, unlock.ResourceState(slug=arg, origin=origin))


SEARCH = Route(
    "search",
    SearchState,
    show,
    {"page": page, "title": pick_title, "titles": titles, "resources": resources, "resource": resource},
)


async def search(update: Update, context: LinkHiveContext) -> None:
    """Search a title, or ask for one."""
    query = " ".join(context.args or [])
    if query.strip():
        await find(update, context, query)
        return
    if is_private(update):
        now = context.services.clock.now()
        user, chat = user_of(update).id, chat_of(update).id
        await context.services.db.write(
            lambda tx: dialogs.ask(tx, user, chat, ASK, {}, expires_at=now + ASK_SECONDS)
        )
    key = "search.ask" if is_private(update) else "search.ask_group"
    scene = cards.scene_of(update, context, SearchState())
    await cards.post(scene, commands.NOTICE.name, View(context.say(key)))


async def find(update: Update, context: LinkHiveContext, query: str) -> None:
    """Open the search card for a title; a title that stands alone is shown at once."""
    state = SearchState(query=" ".join(query.split())[:QUERY_LIMIT])
    await context.bot.send_chat_action(chat_of(update).id, "typing")
    scene = cards.scene_of(update, context, state)
    try:
        found = await context.services.titles.search(state.query, context.person.language, 0, TITLES_A_PAGE)
        if len(found.titles) == 1:
            state = _only(state, found.titles[0])
    except problems.KNOWN as error:
        await cards.post(scene, SEARCH.name, problems.view(scene, error, retry=("show", "")))
        return
    await cards.begin(update, context, SEARCH, state)


def _only(state: SearchState, title: Title) -> SearchState:
    return SearchState(query="", kind=title.media_type, tmdb_id=title.id, page=state.page)


async def answered(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the title that was asked for."""
    message = update.effective_message
    await find(update, context, (message.text if message else "") or "")


async def from_deep_link(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Open one title: `t_movie_550`, from inline results and groups."""
    _, kind, number = [*payload.split("_"), "", ""][:3]
    if kind not in ("movie", "tv") or not number.isdecimal() or len(number) > 10:
        await search(update, context)
        return
    await cards.begin(update, context, SEARCH, SearchState(kind=kind, tmdb_id=int(number)))


def register(home: LinkHiveApplication) -> None:
    """Offer the search."""
    home.card(SEARCH)
    commands.add(home, "search", search)
    home.start_link("t_", from_deep_link)
    home.dialog(ASK, answered)
