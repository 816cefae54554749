"""Cards that are for operators only, at every press: who was one yesterday may be none today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from handlers.scenes import Act, InvalidPress, Route, S, Scene
from handlers.texts import Html
from handlers.views import Press, View

# Where every card of theirs leads back to.
HOME = "admin"
_UNITS = (("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0))


def is_admin(scene: Scene[Any]) -> bool:
    """Tell whether a card's owner is an operator."""
    return scene.user_id in scene.home.policy.admin_ids


def guarded(route: Route[S], closing: Mapping[str, Act[S]] = MappingProxyType({})) -> Route[S]:
    """Return a route that shows nothing to anybody else, and does nothing for them.

    The actions of `closing` are done for everybody: what is shown to others afterwards is that it is closed.
    """

    async def show(scene: Scene[S]) -> View:
        if not is_admin(scene):
            return View(scene.say("card.closed"))
        return await route.show(scene)

    only = {name: _only(act) for name, act in route.actions.items()}
    return replace(route, show=show, actions={**only, **closing})


def _only(act: Act[S]) -> Act[S]:
    async def acted(scene: Scene[S], arg: str) -> Any:
        if not is_admin(scene):
            raise InvalidPress("admin")
        return await act(scene, arg)

    return acted


def ago(scene: Scene[Any], since: float) -> Html:
    """Return how long ago something was, in the largest fitting unit."""
    seconds = max(0.0, scene.services.clock.now() - since)
    for unit, length in _UNITS:
        if seconds >= length:
            return scene.say.plural(f"ago.{unit}", int(seconds // length))
    return scene.say("ago.now")


def back(scene: Scene[Any]) -> Press:
    """Return the button that leads back to the first card."""
    return Press(scene.say.label("button.back"), HOME)
