"""A look at an account at Disk.Top: how full the drive is."""

from clients.disktop.client import DiskTop
from clients.disktop.models import Space
from clients.errors import Forbidden
from services.names import Service
from services.tokens import Tokens
from services.watch.observation import Observation, WatchNotice
from services.watch.seen import DiskTopSeen

FULL = "watch_full"
ROOM, NEARLY, FULLY = 0, 1, 2
GIB = 1024**3
# Nearly full is both: a small part of the drive, and little for a film. It has room again well above that.
NEARLY_PART, NEARLY_BYTES = 0.10, 20 * GIB
ROOM_PART, ROOM_BYTES = 0.15, 30 * GIB
FULL_PART, FULL_BYTES = 0.01, GIB // 4


def fullness(space: Space, before: int) -> int:
    """Return how full a drive is, knowing how full it was: a file more or less changes nothing."""
    total, free = space.total_bytes, max(0, space.free_bytes)
    if total <= 0:
        return before
    if free <= min(total * FULL_PART, FULL_BYTES):
        return FULLY
    if free <= min(total * NEARLY_PART, NEARLY_BYTES):
        return NEARLY
    if before > ROOM and free <= min(total * ROOM_PART, ROOM_BYTES):
        return NEARLY
    return ROOM


class DiskTopLook:
    """Look at accounts at Disk.Top."""

    def __init__(self, disktop: DiskTop, tokens: Tokens) -> None:
        self._disktop = disktop
        self._tokens = tokens

    def load(self, observation: Observation) -> DiskTopSeen:
        """Return what is known of the account."""
        return DiskTopSeen.of(observation.watch, observation.link)

    async def look(self, observation: Observation, seen: DiskTopSeen) -> None:
        """Look at the space; more than before is told."""
        try:
            space = await self._tokens.call(observation.user_id, Service.DISKTOP, self._disktop.quota)
        except Forbidden:
            return
        now = fullness(space, seen.fullness)
        told = []
        if now > seen.fullness:
            told.append(
                WatchNotice(FULL, {"level": now, "free": space.free_bytes, "total": space.total_bytes})
            )
        await observation.record(seen.changed(fullness=now).model_dump(), *told)
