"""Cards that only tell something, with buttons for what comes next."""

from __future__ import annotations

from typing import Any

from handlers import cards
from handlers.application import LinkHiveApplication
from handlers.scenes import Route, Scene, State
from handlers.texts import Html
from handlers.views import Button, Row, View


class NoticeState(State):
    """A message that only tells something."""


async def _unseen(scene: Scene[NoticeState]) -> View:
    return View(scene.say("card.closed"))


NOTICE = Route("notice", NoticeState, _unseen)


async def tell(scene: Scene[Any], text: Html, *buttons: Button, more: Row = ()) -> None:
    """Send a notice with a row of buttons."""
    await cards.post(scene.at(NoticeState()), NOTICE.name, View(text, (buttons, more)))


def register(home: LinkHiveApplication) -> None:
    """Keep notices, so that their buttons work."""
    home.card(NOTICE)
