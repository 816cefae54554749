"""The site's categories for whoever runs it: create, rename, sort, delete, level by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clients.errors import NotFound, Rejected
from clients.mika.models import Category
from handlers import fieldask
from handlers.scenes import InvalidPress, Route, Scene, Switch, number
from handlers.site.state import CATEGORIES, SITE, SiteState, TreeState
from handlers.texts import Html, bold
from handlers.videos.form import beside
from handlers.videos.state import LARGEST_ID, advice
from handlers.videos.views import crumbs, label_of
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.mika.videos import path_to

PER_PAGE = 10
MOST_PAGES = 10_000
NAME_MOST = 60
Tree = Sequence[Category]


async def _tree(scene: Scene[TreeState], *, fresh: bool = False) -> tuple[Tree, tuple[Category, ...], Tree]:
    """Return the whole tree, the way to where the card is, and what is below that."""
    tree = await scene.services.videos.categories(scene.user_id, fresh=fresh)
    way = path_to(tree, scene.state.at)
    return tree, way, way[-1].children if way else tree


async def show(scene: Scene[TreeState]) -> View:
    """Show a category with those below it."""
    state, say = scene.state, scene.say
    _, way, below = await _tree(scene)
    if state.asking and way:
        return _question(scene, way[-1])
    pages = max(1, -(-len(below) // PER_PAGE))
    page_ = min(state.page, pages - 1)
    shown = list(enumerate(below[page_ * PER_PAGE : (page_ + 1) * PER_PAGE], page_ * PER_PAGE + 1))
    lines = [Html(f"{state.said}\n")] if state.said else []
    lines.append(say("site.categories"))
    lines.append(bold(crumbs(say, way)) if way else say("categories.top"))
    if state.wrong:
        lines.append(say("field.wrong", words=state.wrong))
    lines += [_row(scene, n, one) for n, one in shown] or [say("categories.none")]
    picks = [Press(f"{n}", "into", str(one.id)) for n, one in shown]
    rows = [*grid(picks, 5), pages_row(say, "page", page_, pages), *_ways(scene, way)]
    return View(Html("\n".join(lines)), rows)


def _row(scene: Scene[TreeState], n: int, one: Category) -> Html:
    say = scene.say
    line = say("category.row", number=n, name=label_of(say, one))
    return Html(f"{line} · {say.plural('category.below', len(one.children))}") if one.children else line


def _ways(scene: Scene[TreeState], way: Sequence[Category]) -> list[Row]:
    say = scene.say
    making: list[Button] = [Press(say.label("button.new_category"), "new")]
    if not way:
        return [making, [Press(say.label("button.back"), "back"), Press(say.label("button.close"), "close")]]
    making.append(Press(say.label("button.rename"), "rename"))
    moving = [
        Press(say.label("button.earlier"), "move", "up"),
        Press(say.label("button.later"), "move", "down"),
        Press(say.label("button.delete"), "delete"),
    ]
    return [making, moving, [Press(say.label("button.up"), "up"), Press(say.label("button.close"), "close")]]


def _question(scene: Scene[TreeState], here: Category) -> View:
    """Ask whether to delete a category; what is below it may be the site's reason to refuse."""
    say = scene.say
    below = sum(1 for _ in here.walk()) - 1
    lines = [say("category.delete_ask", name=bold(label_of(say, here)))]
    if below:
        lines.append(say.plural("category.delete_below", below))
    lines.append(say("category.delete_final"))
    row = [Press(say.label("button.delete_it"), "sure"), Press(say.label("button.cancel"), "keep")]
    return View(Html("\n".join(lines)), (row,))


def _fresh(state: TreeState, **changes: Any) -> TreeState:
    return state.model_copy(update={"said": "", "wrong": "", "asking": False, "name": "", **changes})


async def into(scene: Scene[TreeState], arg: str) -> TreeState:
    """Look into a category."""
    return _fresh(scene.state, at=number(arg, LARGEST_ID), page=0)


async def up(scene: Scene[TreeState], _arg: str) -> TreeState:
    """Look at the level above."""
    _, way, _ = await _tree(scene)
    return _fresh(scene.state, at=way[-2].id if len(way) > 1 else 0, page=0)


async def page(scene: Scene[TreeState], arg: str) -> TreeState:
    """Turn the pages."""
    return _fresh(scene.state, page=number(arg, MOST_PAGES))


async def new(scene: Scene[TreeState], _arg: str) -> Switch:
    """Ask for the name of a new category."""
    ready = scene.at(_fresh(scene.state))
    return await fieldask.ask(ready, "name", "create", scene.say("category.ask_new"), most=NAME_MOST)


async def create(scene: Scene[TreeState], _arg: str) -> TreeState:
    """Create a category below this one, the last of its neighbours; where it is there already, say so.

    An answer may be lost, and the words or the press that asked for it come again: no second one is made.
    """
    state, say = scene.state, scene.say
    if not state.name:
        raise InvalidPress("create")
    _, way, below = await _tree(scene, fresh=True)
    if any(one.name == state.name for one in below):
        return _fresh(state, said=say("category.there", name=bold(state.name)))
    parent, sort = (way[-1].id if way else 0), max((one.sort for one in below), default=0) + 1
    try:
        await scene.services.videos.manage(
            scene.user_id,
            lambda client, who: client.create_category(who, state.name, parent_id=parent, sort=sort),
        )
    except Rejected as error:
        return _refused(state, error)
    scene.services.videos.changed()
    return _fresh(state, said=say("category.created", name=bold(state.name)))


async def rename(scene: Scene[TreeState], _arg: str) -> Switch:
    """Ask for another name."""
    here = await _here(scene)
    question = scene.say("category.ask_name", name=bold(label_of(scene.say, here)))
    ready = scene.at(_fresh(scene.state))
    return await fieldask.ask(ready, "name", "named", question, most=NAME_MOST, old=here.name)


async def named(scene: Scene[TreeState], _arg: str) -> TreeState:
    """Give the category the name that was sent."""
    state, here = scene.state, await _here(scene)
    try:
        await _update(scene, here, name=state.name)
    except Rejected as error:
        return _refused(state, error)
    said = scene.say("category.renamed", old=label_of(scene.say, here), name=bold(state.name))
    return _fresh(state, said=said)


def _refused(state: TreeState, error: Rejected) -> TreeState:
    """Return the card with what the site says against a name."""
    told = beside(error, {"name": "name"})
    return _fresh(state, wrong=" ".join(told.values()))


async def move(scene: Scene[TreeState], arg: str) -> TreeState:
    """Put the category before or behind its neighbour."""
    if arg not in ("up", "down"):
        raise InvalidPress(arg)
    here, (tree, way, _) = await _here(scene), await _tree(scene)
    among = list(way[-2].children if len(way) > 1 else tree)
    place = among.index(here)
    other = place + (-1 if arg == "up" else 1)
    if not 0 <= other < len(among):
        await scene.toast(scene.say.label("category.at_end"))
        return _fresh(scene.state)
    sorts = [one.sort for one in among]
    if sorts[place] == sorts[other]:
        # Neighbours with one number: all of them get numbers of their own.
        sorts = list(range(1, len(among) + 1))
    among[place], among[other] = among[other], among[place]
    for one, sort in zip(among, sorts, strict=True):
        if one.sort != sort:
            await _update(scene, one, sort=sort)
    key = "category.moved_up" if arg == "up" else "category.moved_down"
    return _fresh(scene.state, said=scene.say(key, name=bold(label_of(scene.say, here))))


async def _here(scene: Scene[TreeState]) -> Category:
    _, way, _ = await _tree(scene)
    if not way:
        # Deleted elsewhere, or forged.
        raise InvalidPress(str(scene.state.at))
    return way[-1]


async def _update(
    scene: Scene[TreeState], one: Category, *, name: str | None = None, sort: int | None = None
) -> None:
    """Send both, as the document does."""
    called, place = name or one.name, one.sort if sort is None else sort
    try:
        await scene.services.videos.manage(
            scene.user_id, lambda client, who: client.update_category(who, one.id, called, place)
        )
    finally:
        scene.services.videos.changed()


async def delete(scene: Scene[TreeState], _arg: str) -> TreeState:
    """Ask whether to delete it."""
    return _fresh(scene.state, asking=True)


async def keep(scene: Scene[TreeState], _arg: str) -> TreeState:
    """Delete nothing."""
    return _fresh(scene.state)


async def sure(scene: Scene[TreeState], _arg: str) -> TreeState:
    """Delete it, and go one level up."""
    if not scene.state.asking:
        # Pressed twice: the card stands at the level above by now, and nobody asked about that one.
        raise InvalidPress("sure")
    here, (_, way, _) = await _here(scene), await _tree(scene)
    try:
        await scene.services.videos.manage(
            scene.user_id, lambda client, who: client.delete_category(who, here.id)
        )
    except Rejected as error:
        return _refused(scene.state, error)
    except NotFound:
        # The answer to the first try was lost, or somebody was faster: it is gone, as was wished.
        pass
    scene.services.videos.changed()
    said = scene.say("category.deleted", name=bold(label_of(scene.say, here)))
    return _fresh(scene.state, at=way[-2].id if len(way) > 1 else 0, page=0, said=said)


async def back(scene: Scene[TreeState], _arg: str) -> Switch:
    """Return to the site."""
    return Switch(SITE, SiteState(back=scene.state.site))


TREE: Route[TreeState] = Route(
    CATEGORIES,
    TreeState,
    show,
    {
        "into": into,
        "up": up,
        "page": page,
        "new": new,
        "create": create,
        "rename": rename,
        "named": named,
        "move": move,
        "delete": delete,
        "keep": keep,
        "sure": sure,
        "back": back,
    },
    advice=advice,
    private=True,
)
