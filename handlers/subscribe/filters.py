"""The filters of a subscription: how they read, their choices, and what is asked for in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from handlers import fieldask
from handlers.resources import drive_name
from handlers.scenes import InvalidPress, Scene, Switch, number
from handlers.texts import Html, Speaker, escape
from handlers.views import Button, Press, Row, View, grid
from services.subscriptions import DRIVES, QUALITIES, FollowedTitle, Wishes
from services.subscriptions.wishes import MOST_POINTS, OTHER_DRIVE, words_of

PRICES = (0, 1, 2, 3, 5, 10, 20)
WORDS_SHOWN = 120
Change = Callable[[Wishes], Wishes]
_POINTS = re.compile(r"(\d{1,6})")


def screens(*, private: bool) -> Sequence[str]:
    """Return the filters there are; words are typed, which is for the private chat."""
    return ("drives", "price", "quality", "words") if private else ("drives", "price", "quality")


def lines(say: Speaker, wishes: Wishes) -> list[Html]:
    """Return the filters as lines; without any, one line that says so."""
    found: list[Html] = []
    if wishes.drives:
        listed = say.listed(_drive(say, drive) for drive in wishes.drives)
        found.append(say("subscribe.filter.drives", values=Html(listed)))
    if wishes.most_points is not None:
        key = "subscribe.filter.price" if wishes.most_points else "subscribe.filter.free"
        found.append(say(key, points=wishes.most_points))
    if wishes.qualities:
        listed = say.listed(say.label(f"subscribe.quality.{one}") for one in wishes.qualities)
        found.append(say("subscribe.filter.quality", values=listed))
    found += _word_lines(say, wishes)
    return found or [say("subscribe.filter.none")]


def _word_lines(say: Speaker, wishes: Wishes) -> list[Html]:
    both = (("include", wishes.include), ("exclude", wishes.exclude))
    return [
        say(f"subscribe.filter.{name}", values=escape(say.listed(words), WORDS_SHOWN))
        for name, words in both
        if words
    ]


def _drive(say: Speaker, drive: str) -> Html:
    return drive_name(say, "unknown" if drive == OTHER_DRIVE else drive)


def show(scene: Scene[Any], screen: str, following: FollowedTitle) -> View:
    """Show the choices of one filter."""
    say, wishes = scene.say, following.wishes
    name = screen.removesuffix("?")
    text: list[str] = [say(f"subscribe.ask.{name}")]
    if screen.endswith("?"):
        text.insert(0, say("subscribe.odd_price"))
    if name == "words":
        text += ["", *_word_lines(say, wishes)]
    rows = _ROWS[name](say, wishes, scene.private)
    out: list[Button] = [Press(say.label("subscribe.button.done"), "screen")]
    return View(Html("\n".join(text)), [*rows, out])


def _mark(chosen: bool, label: str) -> str:
    return f"✓ {label}" if chosen else label


def _drive_rows(say: Speaker, wishes: Wishes, _private: bool) -> list[Row]:
    everything = Press(_mark(not wishes.drives, say.label("subscribe.button.any")), "choose", "any")
    listed = [
        Press(_mark(drive in wishes.drives, str(_drive(say, drive))), "choose", drive) for drive in DRIVES
    ]
    return [[everything], *grid(listed, 3)]


def _quality_rows(say: Speaker, wishes: Wishes, _private: bool) -> list[Row]:
    everything = Press(_mark(not wishes.qualities, say.label("subscribe.button.any")), "choose", "any")
    listed = [
        Press(_mark(one in wishes.qualities, say.label(f"subscribe.quality.{one}")), "choose", one)
        for one in QUALITIES
    ]
    return [[everything], *grid(listed, 4)]


def _price_rows(say: Speaker, wishes: Wishes, private: bool) -> list[Row]:
    everything = Press(_mark(wishes.most_points is None, say.label("subscribe.button.any")), "choose", "any")
    listed = [
        Press(_mark(wishes.most_points == points, _price(say, points)), "choose", str(points))
        for points in PRICES
    ]
    typed_: list[Button] = [Press(say.label("subscribe.button.type"), "ask", "price")] if private else []
    return [[everything], *grid(listed, 4), typed_]


def _price(say: Speaker, points: int) -> str:
    return say.label("subscribe.at_most", points=points) if points else say.label("resource.free")


def _word_rows(say: Speaker, wishes: Wishes, _private: bool) -> list[Row]:
    rows: list[Row] = []
    for name, words in (("include", wishes.include), ("exclude", wishes.exclude)):
        row: list[Button] = [Press(say.label(f"subscribe.button.{name}"), "ask", name)]
        if words:
            row.append(Press(say.label(f"subscribe.button.no_{name}"), "choose", name))
        rows.append(row)
    return rows


_ROWS: dict[str, Callable[[Speaker, Wishes, bool], list[Row]]] = {
    "drives": _drive_rows,
    "quality": _quality_rows,
    "price": _price_rows,
    "words": _word_rows,
}


def chosen(screen: str, arg: str) -> Change:
    """Return what a button of a filter changes; raises InvalidPress for one there is none of."""
    name = screen.removesuffix("?")
    if name == "drives" and arg in (*DRIVES, "any"):
        return lambda wishes: _listed(wishes, "drives", arg)
    if name == "quality" and arg in (*QUALITIES, "any"):
        return lambda wishes: _listed(wishes, "qualities", arg)
    if name == "price":
        points = None if arg == "any" else number(arg, MOST_POINTS)
        return lambda wishes: wishes.model_copy(update={"most_points": points})
    if name == "words" and arg in ("include", "exclude"):
        return lambda wishes: wishes.model_copy(update={arg: ()})
    raise InvalidPress(arg)


def _listed(wishes: Wishes, field: Any, value: str) -> Wishes:
    return wishes.model_copy(update={field: ()}) if value == "any" else wishes.toggled(field, value)


async def ask(scene: Scene[Any], what: str, wishes: Wishes) -> Switch:
    """Ask for words, or for a price."""
    if what not in ("include", "exclude", "price"):
        raise InvalidPress(what)
    old = " ".join(getattr(wishes, what)) if what != "price" else ""
    question = scene.say(f"subscribe.type.{what}")
    return await fieldask.ask(scene, "typed", what, question, old=old)


def typed(what: str, words: str) -> Change | None:
    """Return what typed words change; None for a price that is none."""
    if what in ("include", "exclude"):
        return lambda wishes: wishes.model_copy(update={what: words_of(words)})
    points = _POINTS.search(words)
    if points is None:
        return None
    most = min(int(points[1]), MOST_POINTS)
    return lambda wishes: wishes.model_copy(update={"most_points": most})
