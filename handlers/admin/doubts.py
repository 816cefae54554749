"""Unlocks whose end nobody knows yet: how old, how dear, and why; not whose."""

from __future__ import annotations

from handlers.admin.deadletters import home
from handlers.admin.operators import HOME, ago, back, guarded
from handlers.scenes import Route, Scene, State, number
from handlers.texts import Html, code
from handlers.views import View, pages_row
from storage import unlocks
from storage.unlocks import Unlock

PER_PAGE = 10


class DoubtsState(State):
    """Which page is shown."""

    page: int = 0


async def show(scene: Scene[DoubtsState]) -> View:
    """Show a page of them, oldest first."""
    say, page = scene.say, scene.state.page
    found = await scene.services.db.read(unlocks.unsettled)
    if not found:
        return View(say("doubts.none"), ([back(scene)],))
    lines = [say("doubts.title", n=len(found), points=sum(row.price for row in found)), ""]
    lines += [_line(scene, row) for row in found[page * PER_PAGE : (page + 1) * PER_PAGE]]
    turning = pages_row(say, "page", page, -(-len(found) // PER_PAGE))
    return View(Html("\n".join([*lines, "", say("doubts.how")])), [turning, [back(scene)]])


def _line(scene: Scene[DoubtsState], row: Unlock) -> Html:
    say = scene.say
    why = code(row.error) if row.error else say(f"doubts.{row.state}")
    return say(
        "doubts.line", slug=code(row.slug[:8]), points=row.price, ago=ago(scene, row.created_at), why=why
    )


async def turn(_scene: Scene[DoubtsState], arg: str) -> DoubtsState:
    """Turn the page."""
    return DoubtsState(page=number(arg, 10_000))


DOUBTS = guarded(Route("admin_doubts", DoubtsState, show, {"page": turn, HOME: home}, private=True))
