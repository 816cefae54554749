"""Followed titles: one look-up each however many follow it, one notice of all that is new, none twice."""

from clients.hdhive.client import HDHive
from services.activity import Activity
from services.clock import Clock
from services.jobs import JobHandler
from services.saving.transfers import Transfers
from services.steps import Reached, nothing
from services.subscriptions.automatic import RECEIPT, Automatic
from services.subscriptions.following import FollowedTitle, Follows, TooManyTitles, key_of
from services.subscriptions.pace import PollPace
from services.subscriptions.receipts import Receipt, Step
from services.subscriptions.rounds import Rounds
from services.subscriptions.telling import GROUP, NEWS, News
from services.subscriptions.unlent import UNLENT
from services.subscriptions.wishes import DRIVES, QUALITIES, Wishes
from services.titles import Titles
from services.tokens import Tokens
from services.unlocking.unlocking import Unlocking
from storage.database import Database

__all__ = [
    "DRIVES",
    "GROUP",
    "NEWS",
    "QUALITIES",
    "RECEIPT",
    "UNLENT",
    "FollowedTitle",
    "News",
    "PollPace",
    "Receipt",
    "Step",
    "Subscriptions",
    "TooManyTitles",
    "Wishes",
    "key_of",
]


class Subscriptions:
    """Hold all there is to following titles: `follows` for presses, `automatic` for what needs none."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        hdhive: HDHive | None,
        tokens: Tokens,
        titles: Titles,
        unlocking: Unlocking,
        transfers: Transfers,
        pace: PollPace | None = None,
        activity: Activity,
        reached: Reached = nothing,
    ) -> None:
        rhythm = pace or PollPace()
        self.follows = Follows(db, clock, hdhive, titles, rhythm)
        self.automatic = Automatic(db, clock, unlocking, transfers, reached=reached)
        self._rounds = Rounds(db, clock, hdhive, tokens, rhythm, activity=activity, reached=reached)

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; they have a runner of their own: a round takes its time."""
        return {**self._rounds.jobs(), **self.automatic.jobs()}

    async def resume(self) -> None:
        """See that there is a round to come; call it at the start."""
        await self._rounds.resume()
