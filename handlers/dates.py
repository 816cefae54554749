"""Moments as the person's own clocks and calendar show them."""

from __future__ import annotations

from typing import Any

from handlers.scenes import Scene
from services import zones

DAY, MINUTE, CLOCK, SECONDS = "%Y-%m-%d", "%Y-%m-%d %H:%M", "%H:%M", "%H:%M:%S"


def shown(scene: Scene[Any], at: float, form: str = DAY) -> str:
    """Return a moment by the person's clocks; `?` for one that no calendar has, as a service may name it."""
    try:
        return f"{zones.local(at, scene.person.preferences.timezone):{form}}"
    except (ValueError, OverflowError, OSError):
        return "?"
