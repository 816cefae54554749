"""A look at an account at HDHive: points, weekly free unlocks, own shares."""

from datetime import timedelta

from clients.errors import Forbidden
from clients.hdhive.client import HDHive
from clients.hdhive.models import Me
from services.beijing import DAY_SECONDS, day_of, start_of
from services.clock import Clock
from services.names import Service
from services.tokens import Tokens
from services.unlocking.ledger import account_keys
from services.watch import ownshares
from services.watch.observation import Observation, WatchNotice
from services.watch.ownshares import OwnShares
from services.watch.seen import HDHiveSeen
from storage import watches
from storage.database import Database
from storage.tx import Tx
from storage.watches import Explained

POINTS = "watch_points"
WEEKLY = "watch_weekly"
DEAD = "watch_dead"
# A look and our own note of a change may be so far apart; a charge was seen to land a minute late.
MARGIN_SECONDS = 150.0
# Free unlocks are told when this much of their week is left: more than three turns, and a night.
LAPSE_SECONDS = 30 * 3600.0


def week_end(now: float) -> float:
    """Return when the Beijing week around a moment ends."""
    day = day_of(now)
    return start_of(day + timedelta(days=7 - day.weekday()))


class HDHiveLook:
    """Look at accounts at HDHive."""

    def __init__(self, db: Database, clock: Clock, hdhive: HDHive, tokens: Tokens, shares: OwnShares) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens
        self._shares = shares

    def load(self, observation: Observation) -> HDHiveSeen:
        """Return what is known of the account."""
        return HDHiveSeen.of(observation.watch, observation.link)

    async def look(self, observation: Observation, seen: HDHiveSeen) -> None:
        """Look at everything; each part is written by itself, and what HDHive refuses waits for its turn."""
        if self._clock.now() >= seen.ask_at:
            seen = await self._premium(observation, seen)
        if ownshares.due(seen.shares, seen.shares_at, self._clock.now()):
            await self._look_at_shares(observation, seen)

    async def _premium(self, observation: Observation, seen: HDHiveSeen) -> HDHiveSeen:
        try:
            me = await self._tokens.call(observation.user_id, Service.HDHIVE, self._hdhive.me)
        except Forbidden:
            # No Premium, or no right to ask: so it is for today.
            seen = seen.changed(points=None, ask_at=self._clock.now() + DAY_SECONDS)
            await observation.record(seen.model_dump())
            return seen
        seen = await self._look_at_points(observation, seen, me)
        return await self._look_at_week(observation, seen, me)

    async def _look_at_points(self, observation: Observation, seen: HDHiveSeen, me: Me) -> HDHiveSeen:
        now = self._clock.now()
        after = seen.changed(points=me.points, points_at=now)
        if seen.points is None or me.points is None:
            await observation.record(after.model_dump())
            return after
        since, accounts = seen.points_at, account_keys(observation.user_id, observation.link)

        async def books(tx: Tx) -> tuple[Explained, int]:
            watch = await watches.get(tx, observation.user_id, Service.HDHIVE)
            known = await watches.explained(tx, accounts, since, now, MARGIN_SECONDS)
            return known, watch.spent if watch is not None else 0

        known, spent = await self._db.read(books)
        missing = max(0, seen.points + known.gained - known.spent - me.points)
        used = min(spent, missing)
        told = []
        if missing > used and not known.unclear:
            ours = known.spent + used
            told.append(WatchNotice(POINTS, {"lost": missing - used, "points": me.points, "ours": ours}))
        await observation.record(after.model_dump(), *told, used=used)
        return after

    async def _look_at_week(self, observation: Observation, seen: HDHiveSeen, me: Me) -> HDHiveSeen:
        now = self._clock.now()
        end = week_end(now)
        week = day_of(end).isoformat()
        if not me.is_vip or end - now > LAPSE_SECONDS or seen.week_done == week:
            return seen
        left = await self._free_unlocks(observation.user_id)
        seen = seen.changed(week_done=week)
        told = [WatchNotice(WEEKLY, {"remaining": left, "until": end})] if left > 0 else []
        await observation.record(seen.model_dump(), *told)
        return seen

    async def _free_unlocks(self, user_id: int) -> int:
        """Return how many free unlocks are left of a number that is limited."""
        try:
            quota = await self._tokens.call(user_id, Service.HDHIVE, self._hdhive.weekly_free_quota)
        except Forbidden:
            return 0
        return 0 if quota.has_no_limit or not quota.limit else quota.remaining

    async def _look_at_shares(self, observation: Observation, seen: HDHiveSeen) -> None:
        now = self._clock.now()
        again = now - seen.shares_at < ownshares.DAILY_SECONDS
        try:
            found = await self._shares.look(observation.user_id, seen.shares, again=again)
        except Forbidden:
            await observation.record(seen.changed(shares_at=now).model_dump())
            return
        at = seen.shares_at if again else now
        seen = seen.changed(shares=found.shares, shares_at=at)
        told = (
            [WatchNotice(DEAD, {"shares": [ownshares.facts_of(one) for one in found.dead]})]
            if found.dead
            else []
        )
        await observation.record(seen.model_dump(), *told)
