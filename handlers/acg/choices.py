"""What can be chosen of ACGBT's list: one category of the tree, and an order."""

from __future__ import annotations

from collections.abc import Sequence

from clients.acgbt.models import Category
from handlers.acg.state import AcgState
from handlers.scenes import Scene
from handlers.texts import plain
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.acgbt.catalogue import Categories, Order

ORDERS: tuple[Order, ...] = ("created_at", "downloads", "seeders", "title")
CATEGORIES_A_PAGE = 24
NAME = 40


async def categories(scene: Scene[AcgState]) -> View:
    """Show the categories with what each holds."""
    say, state = scene.say, scene.state
    names = await scene.services.acg.catalogue.categories(scene.user_id)
    pages = max(1, -(-len(names.all) // CATEGORIES_A_PAGE))
    page_ = min(state.shelf, pages - 1)
    listed = names.all[page_ * CATEGORIES_A_PAGE : (page_ + 1) * CATEGORIES_A_PAGE]
    everything = Press(_mark(say.label("acg.button.any"), chosen=state.category is None), "category", "all")
    out = Press(say.label("button.back"), "screen")
    turning = pages_row(say, "shelf", page_, pages)
    return View(say("acg.choose.category"), [[everything], *_tree(scene, names, listed), turning, [out]])


def _tree(scene: Scene[AcgState], names: Categories, listed: Sequence[Category]) -> list[Row]:
    """Return categories two in a row, those that hold others above these, in a row of their own."""
    rows: list[Row] = []
    waiting: list[Button] = []
    for n, one in enumerate(listed):
        button = Press(_labelled(scene, names, one), "category", str(one.id))
        below = listed[n + 1] if n + 1 < len(listed) else None
        if below is not None and names.depth(below) > names.depth(one):
            rows += [*grid(waiting, 2), [button]]
            waiting = []
            continue
        waiting.append(button)
        if below is None or names.depth(below) != names.depth(one):
            rows += grid(waiting, 2)
            waiting = []
    return rows


def _labelled(scene: Scene[AcgState], names: Categories, one: Category) -> str:
    below = "› " * min(names.depth(one), 3)
    label = scene.say.label("acg.category", name=f"{below}{plain(one.name, NAME)}", n=one.resource_count)
    return _mark(label, chosen=one.id == scene.state.category)


def orders(scene: Scene[AcgState]) -> View:
    """Show the orders, each way."""
    say = scene.say
    rows = [[_ordering(scene, order, down=down) for down in (True, False)] for order in ORDERS]
    return View(say("acg.choose.order"), [*rows, [Press(say.label("button.back"), "screen")]])


def _ordering(scene: Scene[AcgState], order: Order, *, down: bool) -> Button:
    say, state = scene.say, scene.state
    way = say.label("acg.down" if down else "acg.up")
    label = f"{say.label(f'acg.order.{order}')} {way}"
    chosen = (order, down) == (state.order, state.descending)
    return Press(_mark(label, chosen=chosen), "order", f"{order}.{'desc' if down else 'asc'}")


def _mark(label: str, *, chosen: bool) -> str:
    return f"✓ {label}" if chosen else label
