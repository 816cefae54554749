"""/stats: the site in numbers, and its videos or users over a range of days as a picture."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from telegram import Update

from clients.mika.models import Overview
from handlers import cards, charts, commands, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.scenes import InvalidPress, Route, Scene, State
from handlers.sizes import size
from handlers.stats.chart import Days, Picture, Series
from handlers.texts import Html, Speaker
from handlers.videos.state import advice
from handlers.views import Press, View
from services.beijing import day_of

ROUTE = "stats"
Kind = Literal["videos", "users"]
Range = Literal["7", "30", "90", "month"]
KINDS: tuple[Kind, ...] = ("videos", "users")
RANGES: tuple[Range, ...] = ("7", "30", "90", "month")


class StatsState(State):
    """What is drawn, and over which days."""

    kind: Kind = "videos"
    range: Range = "30"


async def show(scene: Scene[StatsState]) -> View:
    """Show the numbers and the picture."""
    say, (start, end) = scene.say, days_of(scene)
    overview = await scene.services.videos.manage(scene.user_id, lambda client, who: client.overview(who))
    lines = numbers(say, overview)
    try:
        days = await _days(scene, start, end)
    except problems.KNOWN as error:
        # The totals are worth showing even where the range cannot be had.
        return View(Html("\n".join([*lines, "", problems.sentence(say, error)])), _rows(scene))
    lines += [Html(""), *_range(scene, days)]
    return View(Html("\n".join(lines)), _rows(scene), photo=await _picture(scene, days))


def days_of(scene: Scene[StatsState]) -> tuple[date, date]:
    """Return the first and the last day of the range, by the site's calendar."""
    today, chosen = day_of(scene.services.clock.now()), scene.state.range
    return (today.replace(day=1) if chosen == "month" else today - timedelta(days=int(chosen) - 1)), today


def numbers(say: Speaker, overview: Overview) -> list[Html]:
    """Return the totals and what today has brought."""
    total = {
        "videos": _grouped(overview.total_videos),
        "users": _grouped(overview.total_users),
        "views": _grouped(overview.total_views),
    }
    today = overview.today
    new = {
        "videos": _grouped(today.new_videos),
        "users": _grouped(today.new_users),
        "views": _grouped(today.views),
    }
    return [
        say("stats.title"),
        say("stats.totals", **total),
        say("stats.storage", size=size(overview.storage_used)),
        say("stats.today", **new),
    ]


def _grouped(number: int) -> Html:
    return Html(f"{number:,}")


async def _days(scene: Scene[StatsState], start: date, end: date) -> Days:
    videos = scene.services.videos
    if scene.state.kind == "users":
        users = await videos.manage(
            scene.user_id, lambda client, who: client.user_statistics(who, start, end)
        )
        told = [(one.day, one.new_users, one.active_users) for one in users.days]
    else:
        found = await videos.manage(
            scene.user_id, lambda client, who: client.video_statistics(who, start, end)
        )
        told = [(one.day, one.new_videos, one.views) for one in found.days]
    return Days.of(start, end, told)


def _range(scene: Scene[StatsState], days: Days) -> list[Html]:
    """Return what the picture shows, in words: the sums, and the best day."""
    say, kind = scene.say, scene.state.kind
    span = {"first": f"{days.first:%Y-%m-%d}", "last": f"{days.last:%Y-%m-%d}"}
    lines = [say("stats.range", **span)]
    lines.append(say(f"stats.sums.{kind}", upper=_grouped(sum(days.upper)), lower=_grouped(sum(days.lower))))
    best = max(range(len(days.lower)), key=days.lower.__getitem__)
    if days.lower[best]:
        day = days.first + timedelta(days=best)
        lines.append(say(f"stats.best.{kind}", date=f"{day:%m-%d}", n=_grouped(days.lower[best])))
    return lines


async def _picture(scene: Scene[StatsState], days: Days) -> bytes | None:
    """Draw the days; there is nothing to draw where nothing happened."""
    if not any((*days.upper, *days.lower)):
        return None
    kind, say = scene.state.kind, await charts.speaker(scene.home.texts, scene.person.language)
    series = (
        Series(say.label(f"stats.chart.{kind}_new"), days.upper, charts.ACCENTS[0]),
        Series(say.label(f"stats.chart.{kind}_all"), days.lower, charts.ACCENTS[1]),
    )
    return await charts.draw(Picture(days.first, series).paint)


def _rows(scene: Scene[StatsState]) -> list[list[Press]]:
    say, state = scene.say, scene.state
    kinds = [Press(_chosen(state.kind == k) + say.label(f"stats.kind.{k}"), "kind", k) for k in KINDS]
    ranges = [Press(_chosen(state.range == r) + say.label(f"stats.range.{r}"), "range", r) for r in RANGES]
    last = [Press(say.label("button.refresh"), "refresh"), Press(say.label("button.close"), cards.CLOSE)]
    return [kinds, ranges, last]


def _chosen(is_so: bool) -> str:
    return "● " if is_so else ""


async def kind(scene: Scene[StatsState], arg: str) -> StatsState:
    """Draw videos or users."""
    return _changed(scene, KINDS, "kind", arg)


async def range_(scene: Scene[StatsState], arg: str) -> StatsState:
    """Draw other days."""
    return _changed(scene, RANGES, "range", arg)


def _changed(scene: Scene[StatsState], known: tuple[str, ...], field: str, arg: str) -> StatsState:
    if arg not in known:
        raise InvalidPress(arg)
    changes: dict[str, Any] = {field: arg}
    return scene.state.model_copy(update=changes)


async def refresh(scene: Scene[StatsState], _arg: str) -> StatsState:
    """Ask once more."""
    return scene.state


STATS: Route[StatsState] = Route(
    ROUTE,
    StatsState,
    show,
    {"kind": kind, "range": range_, "refresh": refresh},
    advice=advice,
    private=True,
)


async def stats(update: Update, context: LinkHiveContext) -> None:
    """Show the statistics."""
    await cards.begin(update, context, STATS, StatsState())


def register(home: LinkHiveApplication) -> None:
    """Offer the statistics."""
    home.card(STATS)
    commands.add(home, "stats", stats, private=True)
