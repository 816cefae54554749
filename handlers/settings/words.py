"""How choices are told: one line each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.dates import month_and_day
from handlers.scenes import Scene
from handlers.texts import Html, Speaker, code
from services import zones


def moment(say: Speaker, at: float, zone: str, now: float) -> Html:
    """Return a moment by somebody's own clock: the time alone for today, with the day for others."""
    there, today = zones.local(at, zone), zones.local(now, zone).date()
    days = (there.date() - today).days
    key = {0: "moment.today", 1: "moment.tomorrow"}.get(days, "moment.day")
    return say(key, time=f"{there:%H:%M}", date=month_and_day(say, there))


def zone_line(scene: Scene[Any]) -> Html:
    """Tell the time zone, with its time now, by which people see whether it is theirs."""
    now, name = scene.services.clock.now(), scene.person.preferences.timezone
    there: datetime = zones.local(now, name)
    offset = zones.offset_label(now, name)
    # An offset that was typed is its own name.
    shown = Html(offset if name.startswith("UTC") else f"{code(name)} ({offset})")
    return scene.say("settings.line.zone", zone=shown, time=f"{there:%H:%M}")


async def limit_line(scene: Scene[Any]) -> Html:
    """Tell what is unlocked without a question, and how much of the day's cap is spent."""
    say, chosen = scene.say, scene.person.preferences
    if not chosen.unlock_limit:
        return say("settings.line.limit_none")
    spent = await spent_today(scene)
    return say(
        "settings.line.limit", limit=chosen.unlock_limit, budget=chosen.auto_unlock_budget, spent=spent
    )


async def spent_today(scene: Scene[Any]) -> int:
    """Return the points that were spent since midnight by the person's own clock, whoever pressed."""
    since = zones.midnight(scene.services.clock.now(), scene.person.preferences.timezone)
    return await scene.services.unlocking.spent(scene.user_id, since)


def checkin_line(scene: Scene[Any]) -> Html:
    """Tell whether and when check-ins run themselves."""
    say, chosen = scene.say, scene.person.preferences
    if chosen.checkin_at is None:
        return say("settings.line.checkin_off")
    key = "settings.line.checkin_lucky" if chosen.checkin_lucky else "settings.line.checkin"
    return say(key, time=chosen.checkin_at)


def notices_line(scene: Scene[Any]) -> Html:
    """Tell which check-ins one is told of."""
    return scene.say(
        "settings.line.notices", which=scene.say.label(f"settings.notices.{scene.person.preferences.notices}")
    )


def watch_line(scene: Scene[Any]) -> Html:
    """Tell whether the linked accounts are looked after."""
    return scene.say("settings.line.watch" if scene.person.preferences.watch else "settings.line.watch_off")


def inbox_line(scene: Scene[Any]) -> Html:
    """Tell whether new messages on ACGBT are told."""
    return scene.say("settings.line.inbox" if scene.person.preferences.inbox else "settings.line.inbox_off")


def quiet_line(scene: Scene[Any]) -> Html:
    """Tell the quiet hours."""
    chosen = scene.person.preferences
    if chosen.quiet_from is None or chosen.quiet_to is None:
        return scene.say("settings.line.quiet_off")
    return scene.say("settings.line.quiet", first=chosen.quiet_from, last=chosen.quiet_to)
