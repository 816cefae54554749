"""What a linked account is told with, and what comes next."""

from __future__ import annotations

from typing import Any

from handlers.overview import MAIN
from handlers.problems import service_name
from handlers.scenes import Scene
from handlers.texts import Html
from handlers.views import Press, Row, View
from services.linking.oauth import Linked


def done(scene: Scene[Any], linked: Linked) -> View:
    """Show that an account is linked, and what comes next: the other of the two that most use."""
    say, link = scene.say, linked.link
    service, name = service_name(say, link.service), link.account_name
    head = say("link.done_as", service=service, name=name) if name else say("link.done", service=service)
    if f"link.next.{link.service}" in say:
        return View(Html(f"{head}\n{say(f'link.next.{link.service}')}"))
    others = [s for s in MAIN if s != link.service and scene.services.offers(s) and s not in linked.also]
    rows: list[Row] = [
        [Press(say.label("button.link", service=service_name(say, s)), "go", s)] for s in others
    ]
    following = say("link.next", service=service_name(say, others[0])) if others else say("link.next_search")
    return View(Html(f"{head}\n{following}"), rows)
