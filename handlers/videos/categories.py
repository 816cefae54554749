"""The tree of categories: look into it level by level, and pick one for another card."""

from __future__ import annotations

from typing import Any

from clients.mika.models import Category
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.texts import Html
from handlers.videos.state import CATEGORIES, LARGEST_ID
from handlers.videos.views import crumbs, label_of
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.mika.videos import path_to

PER_PAGE = 10
MOST_PAGES = 10_000


class PickState(State):
    """Who asks for a category, and where in the tree the person looks; `every` offers all of them as well.

    With `then` that action of the asking card runs at once.
    """

    route: str
    back: dict[str, Any]
    field: str
    every: bool = False
    at: int = 0
    page: int = 0
    then: str | None = None


def ask(
    scene: Scene[Any], field: str, *, every: bool = False, at: int = 0, then: str | None = None
) -> Switch:
    """Let the person pick a category; the asking card comes back with its `field` set to the id."""
    if scene.card is None:
        raise InvalidPress(field)
    back = scene.state.model_dump(mode="json")
    state = PickState(route=scene.card.route, back=back, field=field, every=every, at=at, then=then)
    return Switch(CATEGORIES, state)


async def show(scene: Scene[PickState]) -> View:
    """Show what is below the category the person looks at."""
    state, say = scene.state, scene.say
    tree = await scene.services.videos.categories(scene.user_id)
    way = path_to(tree, state.at)
    if way and not way[-1].children:
        # One without any below it is shown among its neighbours.
        way = way[:-1]
    here = way[-1] if way else None
    below = here.children if here is not None else tree
    pages = max(1, -(-len(below) // PER_PAGE))
    page_ = min(state.page, pages - 1)
    shown = below[page_ * PER_PAGE : (page_ + 1) * PER_PAGE]
    lines = [say("categories.pick")]
    lines.append(crumbs(say, way) if way else say("categories.top"))
    if not below:
        lines.append(say("categories.none"))
    buttons = [_button(scene, one) for one in shown]
    turning = pages_row(say, "page", page_, pages)
    return View(Html("\n".join(lines)), [*grid(buttons, 2), turning, *_ways(scene, here)])


def _button(scene: Scene[PickState], category: Category) -> Press:
    mark, action = ("📂 ", "into") if category.children else ("", "pick")
    return Press(f"{mark}{label_of(scene.say, category)}", action, str(category.id))


def _ways(scene: Scene[PickState], here: Category | None) -> list[Row]:
    say = scene.say
    choosing: list[Button] = []
    if here is not None:
        label = say.label("button.this_category", name=label_of(say, here))
        choosing.append(Press(label, "pick", str(here.id)))
    elif scene.state.every:
        choosing.append(Press(say.label("button.every_category"), "pick", "0"))
    last: list[Button] = [Press(say.label("button.up"), "up")] if here is not None else []
    return [choosing, [*last, Press(say.label("button.back"), "back")]]


async def into(scene: Scene[PickState], arg: str) -> PickState:
    """Look into a category."""
    return scene.state.model_copy(update={"at": number(arg, LARGEST_ID), "page": 0})


async def up(scene: Scene[PickState], _arg: str) -> PickState:
    """Look at the level above."""
    way = path_to(await scene.services.videos.categories(scene.user_id), scene.state.at)
    if way and not way[-1].children:
        way = way[:-1]
    return scene.state.model_copy(update={"at": way[-2].id if len(way) > 1 else 0, "page": 0})


async def page(scene: Scene[PickState], arg: str) -> PickState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES)})


async def pick(scene: Scene[PickState], arg: str) -> Switch:
    """Go on with a category."""
    chosen, state = number(arg, LARGEST_ID), scene.state
    if not chosen and not state.every:
        raise InvalidPress(arg)
    asker = scene.switch(state.route, {**state.back, state.field: chosen})
    if state.then is None:
        return asker
    action = scene.home.routes.cards[asker.route].actions.get(state.then)
    if action is None:
        # The card is from another version of the bot.
        raise InvalidPress(state.then)
    there: Scene[Any] = scene
    following = await action(there.at(asker.state), "")
    return following if isinstance(following, Switch) else Switch(asker.route, following or asker.state)


async def back(scene: Scene[PickState], _arg: str) -> Switch:
    """Pick nothing."""
    return scene.switch(scene.state.route, scene.state.back)


PICK: Route[PickState] = Route(
    CATEGORIES,
    PickState,
    show,
    {"into": into, "up": up, "page": page, "pick": pick, "back": back},
    private=True,
)
