"""How long Telegram's 429 asks to wait."""

from __future__ import annotations

from datetime import timedelta

from telegram.error import RetryAfter


def seconds_of(error: RetryAfter) -> float:
    """Return the seconds to wait, in whichever of its two types the library tells them."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
