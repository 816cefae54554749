"""When somebody's check-in is due: one moment in every Beijing day, spread over the accounts."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from clients.transport import LONGEST_CALL_SECONDS
from services import zones
from services.beijing import day_of, end_of, start_of
from storage.checkins import CheckInRow
from storage.preferences import Preferences

# HDHive's clock may be a little behind ours: a check-in that early could count for the day before.
EARLIEST_SECONDS = 120.0
# Whose turn would come so shortly before midnight comes earlier: there must be time to try again.
LATEST_SECONDS = 900.0
# As long as a call may take, and a little: what is sent later could count for the next day.
LAST_CALL_SECONDS = LONGEST_CALL_SECONDS + 10.0

# Whoever sent a request has an answer after this long, or will never have one.
CLAIM_SECONDS = LONGEST_CALL_SECONDS + 10.0

FIRST_WAIT_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 3600.0


def share_of(user_id: int, what: str = "checkin") -> float:
    """Return somebody's own number from 0 to 1, always the same, evenly spread over all people."""
    digest = hashlib.sha256(f"{what}:{user_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True)
class Plan:
    """When one person wants to be checked in."""

    user_id: int
    at: str
    timezone: str
    spread: float

    @classmethod
    def of(cls, chosen: Preferences, spread: float) -> "Plan | None":
        """Return what somebody chose, None where they did not choose it."""
        if chosen.checkin_at is None:
            return None
        return cls(chosen.user_id, chosen.checkin_at, chosen.timezone, spread)

    @property
    def share(self) -> float:
        """Return where in the spread this account's turn is."""
        return share_of(self.user_id)

    def slot(self, day: date) -> float:
        """Return the one moment of a Beijing day when the check-in is due.

        It is the chosen time plus the account's part of the spread, wherever that falls; on the days
        when clocks are changed it may leave the Beijing day, and is taken back into it then.
        """
        first, last = start_of(day), end_of(day)
        moment = next(found for found in self._moments(first) if found >= first)
        if moment >= last:
            return last - LATEST_SECONDS * (1 + self.share)
        if moment < first + EARLIEST_SECONDS:
            return moment + EARLIEST_SECONDS
        return moment - LATEST_SECONDS if moment >= last - LATEST_SECONDS else moment

    def _moments(self, around: float) -> list[float]:
        here = datetime.fromtimestamp(around, UTC).astimezone(zones.of(self.timezone))
        offset = self.share * self.spread
        return [zones.at(here + timedelta(days=days), self.at).timestamp() + offset for days in range(-2, 3)]

    def next(self, now: float, today: CheckInRow | None) -> float:
        """Return when the next check-in is due, knowing what became of today's."""
        day = day_of(now)
        if today is None and (moment := self.slot(day)) > now:
            return moment
        if today is not None and today.state == "later" and today.next_at is not None:
            return max(now, today.next_at)
        if today is not None and today.state == "claimed":
            return now + CLAIM_SECONDS
        return self.slot(day + timedelta(days=1))

    def on_return(self, now: float, day: date) -> float:
        """Return when to make up for a missed moment: spread again, still within the day."""
        left = max(0.0, end_of(day) - LATEST_SECONDS - now)
        return now + self.share * min(self.spread, left)

    def again(self, now: float, day: date, tries: int, asked: float = 0.0) -> float | None:
        """Return when to try again after a fault, None when the day ends before."""
        jitter = 0.75 + 0.5 * share_of(self.user_id, f"try {tries}")
        wait = min(FIRST_WAIT_SECONDS * 2.0 ** max(0, tries - 1), LONGEST_WAIT_SECONDS) * jitter
        last = end_of(day) - LAST_CALL_SECONDS * 2
        moment = now + max(wait, asked)
        if moment <= last:
            return moment
        # One more try shortly before the day ends, if that is worth waiting for.
        return last if asked == 0.0 and last - now >= LATEST_SECONDS else None
