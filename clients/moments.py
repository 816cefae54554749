"""Moments as Chinese services write them: "2024-01-01 00:00:00" of Beijing, without a zone."""

from datetime import date, datetime, timedelta, timezone
from typing import Annotated

from pydantic import BeforeValidator

# No summer time since 1991.
BEIJING = timezone(timedelta(hours=8))


def moment(value: object) -> float | None:
    """Read epoch seconds from a written moment or a number; None for nothing, and for what is no moment."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if not isinstance(value, str):
        return float(value) if 0 < value < 1e11 else None
    word = value.strip()
    if word.isdecimal() and len(word) in (10, 11):
        return float(word)
    try:
        read = datetime.fromisoformat(word)
        # Without a zone it is Beijing's clock; the year 1 has no epoch seconds everywhere.
        return (read if read.tzinfo else read.replace(tzinfo=BEIJING)).timestamp()
    except (ValueError, OverflowError):
        return None


def day(value: object) -> date | None:
    """Read a date from a date or a moment; None for nothing, and for what is no date."""
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()[:10])
        except ValueError:
            pass
    found = moment(value)
    return None if found is None else datetime.fromtimestamp(found, BEIJING).date()


MaybeMoment = Annotated[float | None, BeforeValidator(moment)]
MaybeDay = Annotated[date | None, BeforeValidator(day)]
