"""Links to a file that live for some minutes: how they are shown, with the minutes left."""

from __future__ import annotations

import math
from typing import Any

from handlers import dates
from handlers.scenes import Scene
from handlers.texts import Html
from handlers.views import Button, Copy, Open, Press, Row, copies, grid, opens
from services.drive import PlayLink, TimedLink

MOST_QUALITIES = 6
_MINUTE = 60


def _left(scene: Scene[Any], until: float) -> Html | None:
    """Return how long a link still works, None where it ended."""
    seconds = until - scene.services.clock.now()
    if seconds <= 0:
        return None
    return scene.say.plural("wait.minutes", max(1, math.floor(seconds / _MINUTE)))


def download_lines(scene: Scene[Any], link: TimedLink | None) -> list[Html]:
    """Return what is to be said of a download link."""
    return [] if link is None else [_line(scene, "drive.link", link.until)]


def play_lines(scene: Scene[Any], link: PlayLink | None) -> list[Html]:
    """Return what is to be said of play links."""
    return [] if link is None else [_line(scene, "drive.play", link.until)]


def _line(scene: Scene[Any], what: str, until: float) -> Html:
    left = _left(scene, until)
    if left is None:
        return scene.say(f"{what}_over")
    return scene.say(f"{what}_good", left=left, until=dates.shown(scene, until, dates.CLOCK))


def download_rows(scene: Scene[Any], link: TimedLink | None) -> list[Row]:
    """Return the buttons of a download link; one that ended can be renewed only."""
    if link is None:
        return []
    say = scene.say
    row: list[Button] = []
    if _left(scene, link.until) is not None:
        row += _address(say.label("button.open_download"), link.url)
        if copies(link.url):
            row.append(Copy(say.label("button.copy_link"), link.url))
    return [[*row, Press(say.label("button.renew"), "download")]]


def play_rows(scene: Scene[Any], link: PlayLink | None) -> list[Row]:
    """Return the buttons of play links: the best the player can show, then each quality."""
    if link is None:
        return []
    say, first, qualities = scene.say, list[Button](), list[Button]()
    if _left(scene, link.until) is not None:
        first += _address(say.label("button.open_play"), link.url)
        for name, url in link.qualities[:MOST_QUALITIES]:
            qualities += _address(say.label("button.quality", name=name or "?"), url)
    return [[*first, Press(say.label("button.renew_playing"), "play")], *grid(qualities, 3)]


def _address(label: str, url: str) -> list[Button]:
    """Return the button of an address; one that Telegram refuses is given to copy."""
    if opens(url):
        return [Open(label, url)]
    return [Copy(label, url)] if copies(url) else []
