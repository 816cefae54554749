"""ACGBT for people: lists, pictures, comments, and what is followed of it."""

from clients.acgbt.client import ACGBT
from services.acgbt.catalogue import Catalogue
from services.acgbt.comments import Comments
from services.acgbt.following import Follows
from services.acgbt.pictures import Pictures
from services.acgbt.rounds import Rounds
from services.clock import Clock
from services.credentials import UserCredentials
from services.jobs import JobHandler
from services.steps import Reached, nothing
from services.subscriptions import PollPace
from storage.database import Database

__all__ = ["Acg"]


class Acg:
    """Hold all there is to ACGBT but one's own messages and keys."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        acgbt: ACGBT | None,
        credentials: UserCredentials,
        *,
        pace: PollPace | None = None,
        reached: Reached = nothing,
    ) -> None:
        self.catalogue = Catalogue(clock, acgbt, credentials)
        self.pictures = Pictures(self.catalogue)
        self.comments = Comments(db, clock, self.catalogue, credentials, reached=reached)
        self.follows = Follows(db, clock, self.catalogue)
        self._rounds = Rounds(db, clock, self.catalogue, pace or PollPace(), reached=reached)
        self._on = acgbt is not None

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; a round takes its time, so they go with other rounds."""
        return self._rounds.jobs() if self._on else {}

    async def resume(self) -> None:
        """See that there is a round to come; call it at the start."""
        if self._on:
            await self._rounds.resume()
