"""What people are told of their check-ins: everything, what went wrong, or a word a week."""

from datetime import datetime, timedelta

from services import zones
from services.checkins.plan import share_of
from storage.checkins import KEPT, CheckInRow
from storage.preferences import Preferences

DIGEST = "checkin.digest"
MONDAY = 0
DIGEST_CLOCK = "09:00"
# So that not everybody's week is told in the same minute.
DIGEST_SPREAD_SECONDS = 1800.0
# As long as nothing is done about these they stay as they are: told once, not every day.
_LASTING = frozenset({"premium", "lost", "refused"})


def told(chosen: Preferences, before: CheckInRow | None, row: CheckInRow) -> bool:
    """Tell whether the end of a check-in is worth a notice to this person."""
    if chosen.notices == "weekly":
        return False
    if row.state in KEPT:
        return chosen.notices == "all"
    if row.state not in _LASTING:
        return True
    return before is None or (before.state, before.reason) != (row.state, row.reason)


def digest_at(chosen: Preferences, now: float) -> float:
    """Return when somebody's next week is told: Monday morning by their own clock."""
    here: datetime = zones.local(now, chosen.timezone)
    offset = share_of(chosen.user_id, "digest") * DIGEST_SPREAD_SECONDS
    for days in range(9):
        day = here + timedelta(days=days)
        moment = zones.at(day, DIGEST_CLOCK).timestamp() + offset
        if day.weekday() == MONDAY and moment > now:
            return moment
    raise AssertionError("nine days have a Monday in the future")
