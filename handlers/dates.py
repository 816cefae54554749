"""Moments as the person's own clocks and calendar show them."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_skeleton

from handlers.scenes import Scene
from handlers.texts import Speaker
from services import zones

DAY, MINUTE, CLOCK, SECONDS = "%Y-%m-%d", "%Y-%m-%d %H:%M", "%H:%M", "%H:%M:%S"


def month_and_day(say: Speaker, day: date) -> str:
    """Return a day without its year, as people of a language write it."""
    return str(format_skeleton("MMMd", day, locale=say.language))


def shown(scene: Scene[Any], at: float, form: str = DAY) -> str:
    """Return a moment by the person's clocks; `?` for one that no calendar has, as a service may name it."""
    try:
        return f"{zones.local(at, scene.person.preferences.timezone):{form}}"
    except (ValueError, OverflowError, OSError):
        return "?"
