"""Sections of /settings: what may be spent without asking, and the daily check-in."""

from __future__ import annotations

from typing import Any

from handlers.problems import link_button
from handlers.scenes import InvalidPress, Scene, number
from handlers.settings.parts import OFF, Drawn, Field, Section, choice, one_of
from handlers.settings.words import checkin_line, limit_line, moment
from handlers.views import Button, Press
from services import zones
from services.names import Service
from storage import links
from storage.preferences import Changes

LIMITS = (2, 5, 10, 20)
BUDGETS = (20, 50, 100)
MOST_POINTS = 1_000_000
CHECKIN_TIMES = ("00:30", "08:30", "12:30", "20:30")


async def _limit(scene: Scene[Any]) -> Drawn:
    say, chosen = scene.say, scene.person.preferences
    limits = [
        choice(
            say.label("settings.limit.points", points=points),
            f"limit {points}",
            chosen=chosen.unlock_limit == points,
        )
        for points in LIMITS
    ]
    budgets = [
        choice(
            say.label("settings.limit.a_day", points=points),
            f"budget {points}",
            chosen=chosen.auto_unlock_budget == points,
        )
        for points in BUDGETS
    ]
    always = [choice(say.label("settings.limit.always"), "limit 0", chosen=not chosen.unlock_limit)]
    about = say("settings.limit.about", budget=chosen.auto_unlock_budget)
    return [await limit_line(scene), about], [always, limits, budgets]


def _limit_chosen(arg: str) -> Changes:
    which, _, points = arg.partition(" ")
    if which == "limit":
        return {"unlock_limit": number(points, MOST_POINTS)}
    if which == "budget":
        return {"auto_unlock_budget": number(points, MOST_POINTS)}
    raise InvalidPress(arg)


def _points(words: str) -> int | None:
    digits = words.strip()
    if not digits.isdecimal() or len(digits) > len(str(MOST_POINTS)):
        return None
    return points if (points := int(digits)) <= MOST_POINTS else None


def _limit_typed(words: str) -> Changes | None:
    points = _points(words)
    return None if points is None else {"unlock_limit": points}


def _budget_typed(words: str) -> Changes | None:
    points = _points(words)
    return None if points is None else {"auto_unlock_budget": points}


async def _checkin(scene: Scene[Any]) -> Drawn:
    say, chosen, lines = scene.say, scene.person.preferences, [checkin_line(scene)]
    last: list[Button] = [Press(say.label("button.checkin_history"), "history")]
    link = await scene.services.db.read(lambda tx: links.get(tx, scene.user_id, Service.HDHIVE))
    if link is None or link.state != "active":
        lines.append(say("settings.checkin.unlinked"))
        last.insert(0, link_button(scene, Service.HDHIVE))
    elif (at := (await scene.services.checkins.history(scene.user_id)).next_at) is not None:
        now = scene.services.clock.now()
        lines.append(say("settings.checkin.next", moment=moment(say, at, chosen.timezone, now)))
    times = [choice(time, time, chosen=chosen.checkin_at == time) for time in CHECKIN_TIMES]
    modes = [
        choice(say.label("settings.checkin.normal"), "normal", chosen=not chosen.checkin_lucky),
        choice(say.label("settings.checkin.lucky"), "lucky", chosen=chosen.checkin_lucky),
    ]
    last.insert(0, choice(say.label("settings.off"), OFF, chosen=chosen.checkin_at is None))
    lines.append(say("settings.checkin.about"))
    if minutes := round(scene.services.checkins.spread / 60):
        lines.append(say.plural("settings.checkin.spread", minutes))
    return lines, [times, modes, last]


def _checkin_chosen(arg: str) -> Changes:
    if arg in ("normal", "lucky"):
        return {"checkin_lucky": arg == "lucky"}
    return {"checkin_at": None if arg == OFF else one_of(arg, CHECKIN_TIMES)}


def checkin_typed(words: str) -> Changes | None:
    """Return what a typed time of the daily check-in changes, None for no time."""
    time = zones.clock_time(words)
    return None if time is None else {"checkin_at": time}


LIMIT = Section(
    _limit,
    _limit_chosen,
    (Field.of("limit", "limit", _limit_typed), Field.of("limit", "budget", _budget_typed)),
)
CHECKIN = Section(_checkin, _checkin_chosen, (Field.of("checkin", "time", checkin_typed),))
