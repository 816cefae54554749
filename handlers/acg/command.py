"""/acg: what lies on ACGBT, newest, by category, in an order, or by words; each opens its own card."""

from __future__ import annotations

from typing import Any

from telegram import Update

from clients.acgbt.models import Category, ResourcePage
from handlers import cards, commands, fieldask
from handlers.acg import choices, following
from handlers.acg.item import ITEM, ItemState
from handlers.acg.state import LARGEST_ID, LINK, ROUTE, AcgState, asked
from handlers.acg.views import SIGN, row
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.scenes import InvalidPress, Route, Scene, Switch, number
from handlers.texts import Html, bold, plain
from handlers.views import Button, Open, Press, Row, View, grid, pages_row
from services.acgbt.catalogue import A_PAGE

MOST_PAGES = 100_000
NAME = 40


async def show(scene: Scene[AcgState]) -> View:
    """Show a page of the list, or what can be chosen of it."""
    if scene.state.screen == "categories":
        return await choices.categories(scene)
    if scene.state.screen == "order":
        return choices.orders(scene)
    return await _list(scene)


async def _list(scene: Scene[AcgState]) -> View:
    state, services = scene.state, scene.services
    found = await services.acg.catalogue.listed(scene.user_id, state.wanted, state.page)
    pages = max(1, -(-found.total // A_PAGE))
    if not found.items and found.total and state.page >= pages:
        # Fewer than there were, or a forged page: the last page is the nearest.
        return await _list(scene.at(state.model_copy(update={"page": pages - 1})))
    names = await services.acg.catalogue.categories(scene.user_id) if state.category is not None else None
    category = None if names is None else names.find(state.category)
    lines = [_heading(scene, category, found, pages), Html("")]
    first = state.page * A_PAGE + 1
    lines += [row(scene, n, one) for n, one in enumerate(found.items, first)]
    if not found.items:
        lines.append(scene.say("acg.none" if state.words else "acg.empty"))
    elif not scene.private:
        lines += [Html(""), scene.say("acg.group")]
    follow = await following.row(scene, state.words, state.category)
    turning = pages_row(scene.say, "page", state.page, pages)
    rows = [*_opening(scene, found, first), *_choosing(scene, category), follow, turning, _leave(scene)]
    return View(Html("\n".join(lines)), rows)


def _heading(scene: Scene[AcgState], category: Category | None, found: ResourcePage, pages: int) -> Html:
    say, state = scene.say, scene.state
    if state.words:
        what = say("acg.found", words=bold(state.words))
    elif category is not None:
        what = bold(plain(category.name, NAME))
    else:
        what = say("acg.all")
    counted = say.plural("acg.count", found.total)
    paged = [say("search.page", page=state.page + 1, pages=pages)] if pages > 1 else []
    return Html(f"{SIGN} {what}\n{Html(' · ').join([counted, *paged])}")


def _opening(scene: Scene[AcgState], found: ResourcePage, first: int) -> list[list[Button]]:
    numbered = list(enumerate(found.items, first))
    if scene.private:
        return grid([Press(f"{n}", "open", str(one.id)) for n, one in numbered], 4)
    return grid([Open(f"{n}", scene.home.deep_link(f"{LINK}{one.id}")) for n, one in numbered], 4)


def _choosing(scene: Scene[AcgState], category: Category | None) -> list[Row]:
    say, state = scene.say, scene.state
    search: list[Button] = [Press(say.label("acg.button.search"), "ask")] if scene.private else []
    if state.words:
        return [[*search, Press(say.label("acg.button.everything"), "clear")]]
    name = plain(category.name, 20) if category is not None else say.label("acg.button.any")
    way = say.label("acg.down" if state.descending else "acg.up")
    chosen: list[Button] = [
        Press(say.label("acg.button.category", name=name), "screen", "categories"),
        Press(
            say.label("acg.button.order", order=say.label(f"acg.order.{state.order}"), way=way),
            "screen",
            "order",
        ),
    ]
    return [chosen, search]


def _leave(scene: Scene[AcgState]) -> Row:
    say = scene.say
    back_: list[Button] = [Press(say.label("button.back"), "back")] if scene.state.origin is not None else []
    return [*back_, Press(say.label("button.close"), "close")]


def _at(scene: Scene[AcgState], **changes: Any) -> AcgState:
    return scene.state.model_copy(update={"screen": "", **changes})


async def page(scene: Scene[AcgState], arg: str) -> AcgState:
    """Turn the pages."""
    return _at(scene, page=number(arg, MOST_PAGES))


async def shelf(scene: Scene[AcgState], arg: str) -> AcgState:
    """Turn the pages of categories."""
    return _at(scene, screen="categories", shelf=number(arg, MOST_PAGES))


async def screen(scene: Scene[AcgState], arg: str) -> AcgState:
    """Open what can be chosen, or close it."""
    if arg not in ("", "categories", "order"):
        raise InvalidPress(arg)
    return _at(scene, screen=arg)


async def category(scene: Scene[AcgState], arg: str) -> AcgState:
    """List one category, or all of them."""
    return _at(scene, page=0, words="", category=None if arg == "all" else number(arg, LARGEST_ID))


async def order(scene: Scene[AcgState], arg: str) -> AcgState:
    """List in another order: `seeders.desc`."""
    name, _, way = arg.partition(".")
    if name not in choices.ORDERS or way not in ("asc", "desc"):
        raise InvalidPress(arg)
    return _at(scene, page=0, order=name, descending=way == "desc")


async def clear(scene: Scene[AcgState], _arg: str) -> AcgState:
    """List everything again."""
    return _at(scene, words="", page=0)


async def ask(scene: Scene[AcgState], _arg: str) -> Switch:
    """Ask for words to search."""
    if not scene.private:
        raise InvalidPress("ask")
    question = scene.say("acg.ask")
    return await fieldask.ask(scene.at(_at(scene)), "words", "search", question, old=scene.state.words)


async def search(scene: Scene[AcgState], _arg: str) -> AcgState:
    """Search the words that were asked for."""
    return _at(scene, words=asked(scene.state.words).words, page=0)


async def open_one(scene: Scene[AcgState], arg: str) -> Switch:
    """Go on to one resource."""
    if not scene.private:
        raise InvalidPress(arg)
    origin = scene.state.model_dump(mode="json")
    return Switch(ITEM.name, ItemState(id=number(arg, LARGEST_ID), origin=origin, origin_route=ROUTE))


async def follow(scene: Scene[AcgState], _arg: str) -> Switch | None:
    """Follow the category or the words, or show how they are followed here."""
    return await following.follow(scene, scene.state.words, scene.state.category)


async def back(scene: Scene[AcgState], _arg: str) -> AcgState | Switch:
    """Go back to the card one came from."""
    if scene.state.origin is None:
        return _at(scene)
    return scene.switch(scene.state.origin_route, scene.state.origin)


LIST: Route[AcgState] = Route(
    ROUTE,
    AcgState,
    show,
    {
        "page": page,
        "shelf": shelf,
        "screen": screen,
        "category": category,
        "order": order,
        "clear": clear,
        "ask": ask,
        "search": search,
        "open": open_one,
        "follow": follow,
        "back": back,
    },
)


async def acg(update: Update, context: LinkHiveContext) -> None:
    """List what words find, or what is newest."""
    context.services.require_acgbt()
    await cards.begin(update, context, LIST, asked(" ".join(context.args or [])))


async def from_deep_link(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Open one resource: `acg_12`, from inline results and groups; anything else opens the list."""
    context.services.require_acgbt()
    wanted = payload.removeprefix(LINK)
    if wanted.isascii() and wanted.isdecimal() and len(wanted) < 16:
        await cards.begin(update, context, ITEM, ItemState(id=int(wanted)))
        return
    await cards.begin(update, context, LIST, AcgState())


def register(home: LinkHiveApplication) -> None:
    """Offer the list."""
    home.card(LIST)
    commands.add(home, "acg", acg)
    home.start_link(LINK, from_deep_link)
