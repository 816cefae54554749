"""Quiet hours: what can wait is told when they are over."""

from services import zones
from services.people import Person
from storage.preferences import Preferences

# Somebody waits for these: they end what that person began.
CANNOT_WAIT = ("unlock_", "upload_", "device_", "link_burned")
# These cannot wait either where a press found them out, but can where a job did.
AFTER_A_PRESS = frozenset({"link_lost"})


def when(person: Person, kind: str, now: float, *, by_job: bool = True) -> float:
    """Return when a notice of a kind may be sent: `now`, or the end of the person's quiet hours.

    `by_job` tells that no press of the person brought it up.
    """
    if kind.startswith(CANNOT_WAIT) or (kind in AFTER_A_PRESS and not by_job):
        return now
    return end_of_quiet(person.preferences, now) or now


def end_of_quiet(chosen: Preferences, now: float) -> float | None:
    """Return when the quiet hours around a moment end, None where it lies in none."""
    if chosen.quiet_from is None or chosen.quiet_to is None:
        return None
    clock = f"{zones.local(now, chosen.timezone):%H:%M}"
    if not _between(clock, chosen.quiet_from, chosen.quiet_to):
        return None
    return zones.next_at(now, chosen.timezone, chosen.quiet_to)


def _between(clock: str, first: str, last: str) -> bool:
    if first <= last:
        return first <= clock < last
    return clock >= first or clock < last
