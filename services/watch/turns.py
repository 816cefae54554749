"""When an account is looked at: a few times a day, each account at minutes of its own."""

import math

from services.checkins.plan import share_of

PERIOD_SECONDS = 8 * 3600.0
# A turn that is over for this long was missed; those who missed theirs are spread over this time on return.
LATE_SECONDS = 600.0
RETURN_SECONDS = 2 * 3600.0


def own_part(user_id: int, service: str) -> float:
    """Return the account's own number from 0 to 1, always the same."""
    return share_of(user_id, f"watch:{service}")


def next_turn(user_id: int, service: str, now: float) -> float:
    """Return the account's first turn after a moment."""
    offset = own_part(user_id, service) * PERIOD_SECONDS
    return offset + (math.floor((now - offset) / PERIOD_SECONDS) + 1) * PERIOD_SECONDS


def on_return(user_id: int, service: str, now: float) -> float:
    """Return when to make up for a missed turn."""
    return now + own_part(user_id, service) * RETURN_SECONDS
