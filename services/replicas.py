"""How many processes share the work, so that each keeps to its part of what is limited for all of them."""

import logging

from services.clock import Clock
from storage import replicas
from storage.database import Database

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
# Three beats that did not come: it is gone, or stands still.
SILENT_SECONDS = 35.0


class Replicas:
    """Count the processes on one database, and tell one another's keys; with SQLite there is one."""

    def __init__(self, db: Database, clock: Clock, holder: str) -> None:
        self._db = db
        self._clock = clock
        self.holder = holder
        self.number = 1

    def share(self, most: int) -> int:
        """Return how many of `most` this process may take."""
        return max(1, most // self.number)

    async def join(self) -> None:
        """Be counted, and count; to be done before anything is sent or sealed."""
        await self._beat()

    async def follow(self) -> None:
        """Go on being counted, and learn of those that come and go."""
        while self._db.dialect != "sqlite":
            await self._db.wait(replicas.WAKES, BEAT_SECONDS)
            try:
                await self._beat()
            except Exception:
                log.exception("the replicas were not counted; the next beat does it")

    async def leave(self) -> None:
        """Be counted no more."""
        if self._db.dialect == "sqlite":
            return
        try:
            await self._db.write(lambda tx: replicas.leave(tx, self.holder))
        except Exception:
            log.exception("the others count this process until it has been silent for a while")

    async def _beat(self) -> None:
        now = self._clock.now()
        known = await self._db.write(lambda tx: replicas.beat(tx, self.holder, now, now - SILENT_SECONDS))
        # While replicas are restarted with a new key one by one, all of them can open what each writes.
        self._db.ring.agree(known)
        number = len(known)
        if number != self.number:
            log.info("limits are shared", extra={"replicas": number})
        self.number = number
