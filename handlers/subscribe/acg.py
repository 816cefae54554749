"""The card of a subscription to a category or words of ACGBT: fewer filters, and nobody lends anything."""

from __future__ import annotations

from typing import Any

from handlers.acg import following as acgfollow
from handlers.scenes import Scene
from handlers.subscribe import filters
from handlers.texts import Html
from handlers.views import Button, Open, Press, Row, View
from services.subscriptions import FollowedTitle
from services.subscriptions.wishes import WHENS


def overview(scene: Scene[Any], following: FollowedTitle, *, manage: str, leave: Row) -> View:
    """Show what is told of a category or words, and the buttons that change it."""
    say, subscription = scene.say, following.subscription
    lines: list[str] = [acgfollow.heading(scene, following, fresh=scene.state.fresh)]
    if subscription.muted:
        lines.append(say("subscribe.muted"))
    lines += ["", *filters.lines(say, following.wishes), say(f"subscribe.when.{following.wishes.when}")]
    after = WHENS[(WHENS.index(following.wishes.when) + 1) % len(WHENS)]
    when = Press(say.label(f"subscribe.button.{following.wishes.when}"), "when", after)
    words: Button = Press(say.label("subscribe.button.words"), "screen", "words")
    if not scene.private:
        words = Open(say.label("subscribe.button.more"), scene.home.deep_link(f"{manage}{scene.state.id}"))
    silent = "off" if subscription.muted else "on"
    mute = Press(say.label("button.unmute" if subscription.muted else "button.mute"), "mute", silent)
    ending: Row = [mute, Press(say.label("button.unsubscribe"), "remove")]
    return View(Html("\n".join(lines)), [[words, when], ending, leave])
