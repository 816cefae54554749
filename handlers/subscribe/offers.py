"""What every notice of a followed title offers: to mute the title, to stop following it, to go back."""

from __future__ import annotations

from typing import Any, TypeVar

from handlers.scenes import Act, Scene, State, Switch
from handlers.texts import Speaker
from handlers.views import Button, Press
from services.subscriptions import News


class Kept(State):
    """What is new of one title, and what became of following it."""

    news: News
    muted: bool = False
    ended: bool = False
    origin: dict[str, Any] | None = None
    """The list of several titles this was opened from."""


K = TypeVar("K", bound=Kept)


def keeping(say: Speaker, *, muted: bool, ended: bool) -> list[Button]:
    """Return the buttons that mute a title and end its notices; of one that is not followed any more none."""
    if ended:
        return []
    silent, label = ("off", "button.unmute") if muted else ("on", "button.mute")
    return [Press(say.label(label), "mute", silent), Press(say.label("button.unsubscribe"), "remove")]


def leading_back(say: Speaker, state: Kept) -> list[Button]:
    """Return the button that leads back to the list, where there is one."""
    return [] if state.origin is None else [Press(say.label("button.back"), "back")]


async def mute(scene: Scene[K], arg: str) -> K:
    """Be silent about the title, or speak of it again."""
    muted = arg == "on"
    done = await scene.services.subscriptions.follows.mute(scene.state.news.subscription, muted=muted)
    return scene.state.model_copy(update={"muted": muted, "ended": done is None})


async def remove(scene: Scene[K], _arg: str) -> K:
    """Stop following the title."""
    await scene.services.subscriptions.follows.remove(scene.state.news.subscription)
    return scene.state.model_copy(update={"ended": True})


def back_to(route: str) -> Act[K]:
    """Return the action that goes back to the list of titles."""

    async def back(scene: Scene[K], _arg: str) -> K | Switch:
        return scene.state if scene.state.origin is None else scene.switch(route, scene.state.origin)

    return back
