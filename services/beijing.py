"""The Beijing day: HDHive's day turns at 00:00 there."""

from datetime import UTC, date, datetime

from clients.moments import BEIJING

DAY_SECONDS = 86_400.0


def day_of(now: float) -> date:
    """Return the Beijing date of a moment."""
    return datetime.fromtimestamp(now, UTC).astimezone(BEIJING).date()


def start_of(day: date) -> float:
    """Return when a Beijing day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp()


def end_of(day: date) -> float:
    """Return when a Beijing day ends."""
    return start_of(day) + DAY_SECONDS
