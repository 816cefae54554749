"""Moments as Chinese services write them: "2024-01-01 00:00:00" of Beijing, without a zone."""

import re
from datetime import date, datetime, timedelta, timezone
from typing import Annotated

from pydantic import BeforeValidator

# No summer time since 1991.
BEIJING = timezone(timedelta(hours=8))
# A number beyond this one counts milliseconds; one beyond the other is no moment.
MILLISECONDS, LATEST = 1e11, 1e14
# With fewer digits it is a date without hyphens, or nothing.
_NUMBER = re.compile(r"[0-9]{10,11}(?:\.[0-9]+)?|[0-9]{13}(?:\.[0-9]+)?")


def moment(value: object) -> float | None:
    """Read epoch seconds from a written moment, or a number of seconds or milliseconds; None for all else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if not isinstance(value, str):
        return _epoch(float(value)) if 0 < value < LATEST else None
    word = value.strip()
    if _NUMBER.fullmatch(word):
        return _epoch(float(word))
    try:
        read = datetime.fromisoformat(word)
        # Without a zone it is Beijing's clock; the year 1 has no epoch seconds everywhere.
        return (read if read.tzinfo else read.replace(tzinfo=BEIJING)).timestamp()
    except (ValueError, OverflowError):
        return None


def _epoch(number: float) -> float:
    return number / 1000 if number > MILLISECONDS else number


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
