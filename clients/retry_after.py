"""How long an upstream asks to wait."""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

# Where nothing is said, and the most that is believed: a week.
DEFAULT_SECONDS = 60.0
LONGEST_SECONDS = 7 * 86_400.0


def retry_delay(headers: Mapping[str, str], body: object, now: float) -> float | None:
    """Read seconds from Retry-After (seconds or an HTTP date) or from the body; None where absent."""
    candidates = [_from_header(headers, now)]
    if isinstance(body, Mapping):
        data = body.get("data")
        candidates.append(_number(body.get("retry_after_seconds")))
        candidates.append(_number(data.get("retry_after_seconds")) if isinstance(data, Mapping) else None)
    found = next((seconds for seconds in candidates if seconds is not None), None)
    return None if found is None else min(max(found, 0.0), LONGEST_SECONDS)


def _from_header(headers: Mapping[str, str], now: float) -> float | None:
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    until = _date(value)
    if until is None:
        return None
    # The server's own clock, where it tells it, makes the difference right.
    return until - (date_told(headers) or now)


def date_told(headers: Mapping[str, str]) -> float | None:
    """Return the time by the server's own clock, None where it does not tell it."""
    return _date(headers.get("date", ""))


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
