"""Who gets how much of the spool's room: what has come counts, not what was said to come."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile

from services.clock import Clock, Steady
from services.uploads.pace import MIB

# Room is kept in steps, as a file grows.
STEP = 256 * MIB
# Nobody takes the last eighth of what others leave, so the next one always finds some; a file that needs no
# more than that begins whoever else claims what.
PARTS = 8
# What a file will bring within this time of its own speed is left to it by those that come later; after it, a
# large one gives way to who waits.
TURN = 6 * 3600.0
# Who waits asks again and again: one that has not for so long waits no more.
FRESH = 60.0
# Between two lines in the log on files that find no room.
TELL_EVERY = 3600.0

log = logging.getLogger(__name__)


class NoRoom(Exception):
    """Say that there is no room now, or (`ever`) that there never will be."""

    def __init__(self, *, ever: bool) -> None:
        super().__init__(ever)
        self.ever = ever


@dataclass(frozen=True)
class Stay:
    """Be a file that has room: whose, how large it says it is, since when, and what was there before."""

    user_id: int
    size: int | None
    since: float
    before: int


class Room:
    """Share the room among people; `total` is all there is for us, `length` what a file has now."""

    def __init__(self, clock: Clock, total: Callable[[], int], length: Callable[[int], int]) -> None:
        self.held: dict[int, int] = {}
        self._clock = Steady(clock)
        self._total = total
        self._length = length
        self._told = float("-inf")
        self._stays: dict[int, Stay] = {}
        # The people who found none, in their order: how much they wanted, and when they asked last.
        self._waiting: dict[int, tuple[int, float]] = {}

    def found(self, upload_id: int, user_id: int, size: int) -> None:
        """Count what an earlier process left."""
        self.held.setdefault(upload_id, size)
        self._stays.setdefault(upload_id, Stay(user_id, None, self._clock.now(), size))

    def rest(self, upload_id: int, length: int) -> None:
        """Keep no more for a file that does not grow now than it has."""
        if upload_id in self.held:
            self.held[upload_id] = length

    def leave(self, upload_id: int) -> None:
        """Give a file's room back."""
        self.held.pop(upload_id, None)
        self._stays.pop(upload_id, None)

    def begin(self, upload_id: int, user_id: int, size: int | None) -> None:
        """Let a file come, or go on to come; raises NoRoom where all of it does not fit now."""
        known, length = self._stays.get(upload_id), self._length(upload_id)
        stay = Stay(user_id, size, self._clock.now(), length) if known is None else replace(known, size=size)
        # What came before a cut goes on, unless it says now that it is another size.
        if not length or (known is not None and known.size not in (None, size)):
            self._admit(upload_id, stay)
        self._stays[upload_id] = stay
        self._hold(upload_id, length)
        self._waiting.pop(user_id, None)

    def grow(self, upload_id: int, length: int) -> None:
        """Let a file grow to this length, or raise NoRoom."""
        if self._overstays(upload_id, length) or length > self.held.get(upload_id, 0):
            self._hold(upload_id, length)

    def _admit(self, upload_id: int, stay: Stay) -> None:
        """See that all of a file fits; a large one waits for those at work and those that wait longer."""
        size, left = stay.size or 0, self._left(stay)
        claimed = 0
        if size > left // PARTS:
            claimed = self._promised(stay, list(self._stays)) + self._wanted_before(stay.user_id)
        if size > self._most(upload_id, stay, left - claimed):
            raise self._none(stay, size, own=size <= _share(left - claimed))

    def _hold(self, upload_id: int, length: int) -> None:
        """Keep room for what has come and a step; those that came earlier are left what they will bring."""
        stay, claimed = self._stays[upload_id], 0
        left = self._left(stay)
        if length > left // PARTS:
            claimed = self._promised(stay, list(takewhile(lambda other: other != upload_id, self._stays)))
        most = self._most(upload_id, stay, left - claimed)
        if length > most or self._overstays(upload_id, length):
            raise self._none(stay, max(length, stay.size or 0), own=False)
        step = min(length + STEP, most)
        self.held[upload_id] = max(length, step if stay.size is None else min(step, stay.size))

    def _left(self, stay: Stay) -> int:
        """Return what other people leave."""
        return self._total() - sum(held for i, held in self.held.items() if self._owner(i) != stay.user_id)

    def _most(self, upload_id: int, stay: Stay, left: int) -> int:
        """Return how much one file may have where others leave so much: its person has other files too."""
        ids = (i for i in self.held if i != upload_id and self._owner(i) == stay.user_id)
        return _share(left) - sum(self.held[i] for i in ids)

    def _owner(self, upload_id: int) -> int | None:
        stay = self._stays.get(upload_id)
        return None if stay is None else stay.user_id

    def _promised(self, stay: Stay, ids: list[int]) -> int:
        """Return what files of other people will bring within their turn, as fast as they came so far."""
        return sum(self._to_come(i) for i in ids if self._owner(i) != stay.user_id)

    def _to_come(self, upload_id: int) -> int:
        stay, came, now = self._stays[upload_id], self._length(upload_id), self._clock.now()
        speed = max(0, came - stay.before) / max(1.0, now - stay.since)
        length = came + int(speed * max(0.0, stay.since + TURN - now))
        return max(0, min(stay.size or 0, length) - self.held.get(upload_id, 0))

    def _wanted_before(self, user_id: int) -> int:
        """Return what people want who wait longer than this one."""
        self._forget_waiting()
        earlier = takewhile(lambda other: other != user_id, self._waiting)
        return sum(self._waiting[other][0] for other in earlier)

    def _overstays(self, upload_id: int, length: int) -> bool:
        """Tell whether a large file had its turn while somebody else waits."""
        stay = self._stays[upload_id]
        if self._clock.now() - stay.since <= TURN:
            return False
        self._forget_waiting()
        return bool(self._waiting.keys() - {stay.user_id}) and length > self._left(stay) // PARTS

    def _none(self, stay: Stay, size: int, *, own: bool) -> NoRoom:
        """Note who waits, unless it is for room that they have themselves."""
        total = self._total()
        ever = size > _share(total)
        if ever or not own:
            self._tell(size, total)
        if not ever and not own:
            self._forget_waiting()
            self._waiting[stay.user_id] = size, self._clock.now()
        return NoRoom(ever=ever)

    def _tell(self, size: int, total: int) -> None:
        """Tell the operator now and then that files do not find room."""
        if self._clock.now() - self._told >= TELL_EVERY:
            self._told = self._clock.now()
            numbers = {"needed": size, "room_in_all": max(0, total), "held": sum(self.held.values())}
            log.warning("an upload finds no room on this machine's disk", extra=numbers)

    def _forget_waiting(self) -> None:
        now = self._clock.now()
        self._waiting = {who: it for who, it in self._waiting.items() if now - it[1] <= FRESH}


def _share(room: int) -> int:
    """Return how much of some room one person may take."""
    return room - room // PARTS
