"""What became of the check-ins: a picture, and the numbers below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from handlers import charts
from handlers.application import LinkHiveApplication
from handlers.checkin.charts import DAYS_A_WEEK, WEEKS, Picture
from handlers.dates import month_and_day
from handlers.problems import CHECKIN_STEP
from handlers.scenes import Route, Scene, State, Switch
from handlers.settings.words import checkin_line, moment
from handlers.texts import Html
from handlers.views import Button, Press, View
from services.beijing import day_of
from services.checkins.checkins import History
from services.checkins.late import NOT_KNOWN
from storage.checkins import KEPT, UNENDED, CheckInRow

DAYS = 30
LISTED = 7


class HistoryState(State):
    """The history remembers nothing: it shows what is."""


async def show(scene: Scene[HistoryState]) -> View:
    """Show streak, points and the last days, with the picture of the last weeks."""
    history = await scene.services.checkins.history(scene.user_id)
    say, month = scene.say, history.of(DAYS)
    lines = [
        say("checkins.title"),
        say.plural("checkins.streak", history.streak),
        totals(scene, month, DAYS),
        today_line(scene, history),
        checkin_line(scene),
        "",
        *(day_line(scene, row) for row in reversed(history.of(LISTED))),
    ]
    done = history.row is not None and history.row.state in KEPT
    now_: list[Button] = [] if done else [Press(say.label("button.checkin"), CHECKIN_STEP)]
    last = [Press(say.label("settings.button.checkin"), "auto"), Press(say.label("button.close"), "close")]
    return View(Html("\n".join(lines).strip()), (now_, last), photo=await picture(scene, history))


async def picture(scene: Scene[Any], history: History) -> bytes | None:
    """Draw the last weeks; there is nothing to draw before the first check-in."""
    if not history.rows:
        return None
    say = await charts.speaker(scene.home.texts, scene.person.language)
    rows = history.of(WEEKS * DAYS_A_WEEK)
    return await charts.draw(Picture.of(say, history.today, rows, history.streak).paint)


def totals(scene: Scene[Any], rows: Sequence[CheckInRow], days: int) -> Html:
    """Tell how many days were checked in, and what that brought."""
    kept = sum(row.state in KEPT for row in rows)
    gained = sum(row.gained or 0 for row in rows)
    return scene.say("checkins.totals", days=days, kept=kept, points=f"{gained:+d}")


def today_line(scene: Scene[Any], history: History) -> Html:
    """Tell how today's stands: done, to come, or waiting for HDHive."""
    say, row, now = scene.say, history.row, scene.services.clock.now()
    zone = scene.person.preferences.timezone
    if row is not None and row.state == "later" and row.next_at is not None:
        return say("checkins.today_later", moment=moment(say, row.next_at, zone, now))
    if row is not None and row.state == "claimed":
        return say("checkins.today_claimed")
    if row is not None:
        return say("checkins.today", end=end(scene, row))
    if history.next_at is not None:
        return say("checkins.today_to_come", moment=moment(say, history.next_at, zone, now))
    return say("checkins.today_open")


def day_line(scene: Scene[Any], row: CheckInRow) -> Html:
    """Tell a day's end in a line."""
    day = date.fromisoformat(row.day)
    return scene.say("checkins.day", date=month_and_day(scene.say, day), end=end(scene, row))


def end(scene: Scene[Any], row: CheckInRow) -> Html:
    """Tell how a day's check-in ended, in a few words."""
    if row.gained:
        return scene.say("checkins.end.gained", points=f"{row.gained:+d}")
    is_over = row.day < day_of(scene.services.clock.now()).isoformat()
    if row.reason in NOT_KNOWN or (is_over and row.state in UNENDED):
        return scene.say("checkins.end.unknown")
    return scene.say(f"checkins.end.{row.state}")


async def to_auto(scene: Scene[HistoryState], _arg: str) -> Switch:
    """Go on to the daily check-in."""
    return scene.switch("settings", {"section": "checkin"})


HISTORY = Route("checkins", HistoryState, show, {"auto": to_auto}, private=True)


def register(home: LinkHiveApplication) -> None:
    """Show the history."""
    home.card(HISTORY)
