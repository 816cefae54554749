"""Cards that only tell something, with buttons for what comes next."""

from __future__ import annotations

from typing import Any

from handlers import cards
from handlers.application import LinkHiveApplication
from handlers.scenes import InvalidPress, Route, Scene, State
from handlers.texts import Html
from handlers.views import Button, Press, Row, View

# Steps that a notice about links offers; `handlers.check`, `handlers.save` and `handlers.upload` take them.
CHECK_STEP, SAVE_STEP, UPLOAD_STEP = "go_check", "go_save", "go_upload"


class NoticeState(State):
    """A message that only tells something; `links` are the words its buttons are about."""

    links: str = ""


def links_of(scene: Scene[Any]) -> str:
    """Return the words with the links that a notice is about; raises InvalidPress on any other card."""
    words = scene.state.links if isinstance(scene.state, NoticeState) else ""
    if not words:
        raise InvalidPress("links")
    return words


async def _unseen(scene: Scene[NoticeState]) -> View:
    return View(scene.say("card.closed"))


NOTICE = Route("notice", NoticeState, _unseen)


async def tell(scene: Scene[Any], text: Html, *buttons: Button, more: Row = (), links: str = "") -> None:
    """Send a notice with a row of buttons; `links` are the words that its steps are about."""
    await cards.post(scene.at(NoticeState(links=links)), NOTICE.name, View(text, (buttons, more)))


async def offer_check(scene: Scene[Any], text: Html, links: str, *buttons: Button) -> None:
    """Send a notice about links that can be checked, with what else can be done with them."""
    check = Press(scene.say.label("button.check"), CHECK_STEP)
    close = Press(scene.say.label("button.close"), cards.CLOSE)
    await tell(scene, text, check, *buttons, more=[close], links=links)


def register(home: LinkHiveApplication) -> None:
    """Keep notices, so that their buttons work."""
    home.card(NOTICE)
