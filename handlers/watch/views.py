"""How what matters looks: an authorization that ends, points that are gone, free unlocks, space, shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from handlers import dates, problems
from handlers.problems import service_name
from handlers.resources import ROW_FACT, ROW_TITLE, SLUG, drive_name
from handlers.scenes import Scene, State
from handlers.shares import film as sharesfilm
from handlers.shares.views import film_name
from handlers.sizes import size
from handlers.texts import Html, escape, plain
from handlers.views import Button, Inline, Open, Press, Row, View, grid
from services import sharedfilms

Kind = Literal["expiring", "points", "weekly", "full", "dead"]
SHARES_SHOWN = 20
FULLY = 2


class Ending(BaseModel):
    """An authorization that is about to end."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: str
    until: float


class DeadShare(BaseModel):
    """An own share whose link died."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    slug: str
    title: str = ""
    drive: str = ""
    media_type: str = ""
    tmdb_id: str = ""


class WatchState(State):
    """What is told."""

    kind: Kind
    grants: tuple[Ending, ...] = ()
    lost: int = 0
    points: int = 0
    ours: int = 0
    remaining: int = 0
    until: float = 0.0
    level: int = 0
    free: int = 0
    total: int = 0
    shares: tuple[DeadShare, ...] = ()
    muted: bool = False


async def show(scene: Scene[WatchState]) -> View:
    """Show what is told, with what can be done about it."""
    view = await _TOLD[scene.state.kind](scene)
    lines = [view.text, *([scene.say("watch.muted")] if scene.state.muted else [])]
    return View(Html("\n\n".join(lines)), [*view.rows, _ways_out(scene)])


def _ways_out(scene: Scene[WatchState]) -> Row:
    say, muted = scene.say, scene.state.muted
    turn = Press(say.label("watch.unmute"), "unmute") if muted else Press(say.label("watch.mute"), "mute")
    return [turn, Press(say.label("button.close"), "close")]


def _when(scene: Scene[Any], at: float) -> str:
    return dates.shown(scene, at, dates.MINUTE)


async def _expiring(scene: Scene[WatchState]) -> View:
    say, grants = scene.say, scene.state.grants
    lines = [
        say("watch.expiring", service=service_name(say, one.service), date=_when(scene, one.until))
        for one in grants
    ]
    buttons = [problems.link_button(scene, one.service) for one in grants]
    return View(Html("\n".join([*lines, say("watch.expiring_why")])), [[button] for button in buttons])


async def _points(scene: Scene[WatchState]) -> View:
    say, state = scene.say, scene.state
    lines = [say.plural("watch.points", state.lost, points=state.points)]
    if state.ours:
        lines.append(say.plural("watch.points_ours", state.ours))
    lines.append(say("watch.points_why"))
    row = [Press(say.label("watch.usage"), "usage"), _site(scene)]
    return View(Html("\n".join(lines)), (row,))


def _site(scene: Scene[WatchState]) -> Button:
    return Open(scene.say.label("button.web"), scene.home.policy.hdhive_url)


async def _weekly(scene: Scene[WatchState]) -> View:
    say, state = scene.say, scene.state
    text = say.plural("watch.weekly", state.remaining, date=_when(scene, state.until))
    return View(text, ([Inline(say.label("button.search"), ""), Press(say.label("watch.usage"), "usage")],))


async def _full(scene: Scene[WatchState]) -> View:
    say, state = scene.say, scene.state
    key = ("watch.room", "watch.nearly", "watch.fully")[min(state.level, FULLY)]
    text = say(key, free=size(max(0, state.free)), total=size(state.total))
    row = [Press(say.label("watch.drive"), "drive"), Press(say.label("button.refresh"), "look")]
    return View(text, (row,))


async def _dead(scene: Scene[WatchState]) -> View:
    say, shares = scene.say, scene.state.shares
    shown = list(enumerate(shares[:SHARES_SHOWN], 1))
    lines = [say.plural("watch.dead", len(shares))]
    lines += [await _row(scene, n, share) for n, share in shown]
    if len(shares) > len(shown):
        lines.append(say.plural("watch.dead_more", len(shares) - len(shown)))
    lines.append(say("watch.dead_how"))
    opening = [Press(str(n), "share", share.slug) for n, share in shown if SLUG.fullmatch(share.slug)]
    more = [Press(say.label("button.check"), "check"), Press(say.label("button.to_shares"), "shares")]
    return View(Html("\n".join(lines)), [*grid(opening, 5), more])


async def _row(scene: Scene[WatchState], number: int, share: DeadShare) -> Html:
    say, title = scene.say, share.title
    if not title:
        film = await sharesfilm.named(scene, sharedfilms.told(share.media_type, share.tmdb_id))
        title = film_name(say, film) if film is not None else say.label("resource.untitled")
    name = escape(title, ROW_TITLE)
    drive = drive_name(say, plain(share.drive or "unknown", ROW_FACT))
    return say("resource.row", number=number, title=name, details=drive)


_TOLD = {"expiring": _expiring, "points": _points, "weekly": _weekly, "full": _full, "dead": _dead}


def ending(payload: Mapping[str, Any]) -> Ending:
    """Return what a notice tells of an authorization."""
    return Ending(service=str(payload["service"]), until=float(payload["until"]))
