"""Poll rounds: every followed title is looked up once, and what is new is told in the commit that says so.

One job goes through the titles that are due, some at a time. What is new is decided against what was seen,
by whoever holds the job, in the commit that writes both that and the wish to tell it. So nothing is told
twice, and a process that dies in between loses nothing.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clients.errors import ClientError
from clients.hdhive.client import HDHive
from services.activity import Activity
from services.clock import Clock, Steady
from services.cooldowns import Cooldowns
from services.errors import ServiceError
from services.jobs import JobHandler, Lease, LeaseLost
from services.names import Service
from services.steps import Reached, nothing
from services.subscriptions import unlent
from services.subscriptions.pace import Allowance, PollPace
from services.subscriptions.telling import tell, wanted
from services.subscriptions.turns import EverybodyWaits, Looked, NobodyMay, Turns
from services.tokens import Tokens
from storage import followed, jobs, subscriptions
from storage.database import Database
from storage.followed import FollowedTitle
from storage.jobs import Job
from storage.tx import Tx

log = logging.getLogger(__name__)

ROUND = "subscription.round"
BATCH = 40
# A job gives way to others after this long, and rather ends than waits longer than this.
SLICE_SECONDS = 20.0
LONGEST_WAIT = 5.0
# What was found is written at least so often.
WRITE_SECONDS = 5.0
# A look gives way to people who are being answered, for so long.
GIVE_WAY_SECONDS = 0.1
# After a title's first failure; doubled with each further one, up to the interval.
FAILED_SECONDS = 60.0
# So many failures in a row, and nothing but failures: HDHive is left alone for a while.
BROKEN = 4
BROKEN_SECONDS = 60.0
# What was seen is remembered as long as the list of it stays shorter than this.
MOST_SEEN = 2_000


@dataclass
class _Batch:
    """What came of looking some titles up."""

    looked: list[Looked] = field(default_factory=list)
    failed: list[FollowedTitle] = field(default_factory=list)
    unlent: list[str] = field(default_factory=list)
    """Those that nobody lent an authorization for, or nobody's was taken."""
    waiting: list[tuple[str, float]] = field(default_factory=list)
    pause: float = 0.0

    @property
    def broken(self) -> bool:
        return not self.looked and len(self.failed) >= BROKEN


class Rounds:
    """Look followed titles up."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        hdhive: HDHive | None,
        tokens: Tokens,
        pace: PollPace,
        *,
        activity: Activity,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._steady = Steady(clock)
        self._hdhive = hdhive
        self._pace = pace
        self._activity = activity
        self._reached = reached
        self._cooldowns = Cooldowns(db, clock)
        if hdhive is not None:
            self._turns = Turns(hdhive, tokens, self._cooldowns)
            self._allowance = Allowance(clock, hdhive, tokens)
        # When the next look may begin.
        self._free_at = 0.0

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; without HDHive they stay where they are."""
        return {} if self._hdhive is None else {ROUND: self._run}

    async def resume(self) -> None:
        """See that there is a round to come; call it at the start."""
        if self._hdhive is not None:
            await self._db.write(self._plan)

    async def _run(self, job: Job, lease: Lease) -> None:
        """Go through what is due for a while, and have the rest done later."""
        del job
        try:
            wait = await self._slice(lease)
        except LeaseLost:
            raise
        except Exception:
            # A round that is given up would be the last one.
            log.exception("a poll round broke off")
            wait = BROKEN_SECONDS
        await lease.finish(lambda tx: self._plan(tx, after=wait))

    async def _plan(self, tx: Tx, after: float = 0.0) -> None:
        at, _ = await followed.next_look(tx)
        if at is not None:
            at = max(at, self._clock.now() + after)
            await jobs.enqueue(tx, ROUND, "round", {}, at, dedup="round", owner=jobs.NOBODY)

    async def _slice(self, lease: Lease) -> float:
        """Look up what is due; return how long to leave HDHive alone."""
        until = self._steady.now() + SLICE_SECONDS
        while self._steady.now() < until:
            everybody = await self._cooldowns.for_everybody(Service.HDHIVE)
            if everybody is not None:
                return everybody
            await self._activity.idle(GIVE_WAY_SECONDS)
            titles, total = await self._db.read(lambda tx: _due(tx, self._clock.now()))
            if not titles:
                break
            batch = await self._look(titles, total)
            await self._reached("poll.looked")
            await self._activity.idle(GIVE_WAY_SECONDS)
            await lease.write(lambda tx, batch=batch: self._write(tx, batch))  # type: ignore[misc]
            await self._reached("poll.written")
            if batch.pause or batch.broken:
                return max(batch.pause, BROKEN_SECONDS if batch.broken else 0.0)
        return 0.0

    async def _look(self, titles: Sequence[FollowedTitle], total: int) -> _Batch:
        names = [title.title for title in titles]
        lenders = await self._db.read(lambda tx: subscriptions.lenders(tx, names, Service.HDHIVE))
        batch, now, began = _Batch(), self._clock.now(), self._steady.now()
        batch.unlent += [title.title for title in titles if title.title not in lenders]
        batch.waiting += [(title, now + self._pace.interval) for title in batch.unlent]
        rate = await self._rate(lenders, total)
        at_once = asyncio.Semaphore(self._pace.at_once)
        looks: list[asyncio.Task[None]] = []
        try:
            for title in titles:
                if title.title not in lenders:
                    continue
                wait = self._next_slot(rate)
                if wait > LONGEST_WAIT:
                    batch.pause = max(batch.pause, min(wait, self._pace.interval))
                if batch.pause or self._steady.now() - began > WRITE_SECONDS:
                    # The others stay due.
                    break
                await self._clock.sleep(wait)
                await at_once.acquire()
                await self._activity.idle(GIVE_WAY_SECONDS)
                look = asyncio.create_task(self._one(title, lenders[title.title], batch))
                look.add_done_callback(lambda _: at_once.release())
                looks.append(look)
            await asyncio.gather(*looks)
        finally:
            for look in looks:
                look.cancel()
        return batch

    async def _rate(self, lenders: Mapping[str, Sequence[int]], total: int) -> float:
        """Return how many looks a second there may be: as many as it takes, or as HDHive leaves us."""
        rate = self._pace.rate(total)
        users = next(iter(lenders.values()), ())
        allowed = await self._allowance.rate(users[0]) if users else None
        return rate if allowed is None else min(rate, allowed)

    def _next_slot(self, rate: float) -> float:
        """Return how long to wait for the next look, and take that place unless it is too far away."""
        if rate <= 0:
            return self._pace.interval
        now, gap = self._steady.now(), 1.0 / rate
        # A place that was taken at a lower rate must not hold us up.
        free = self._free_at if self._free_at - now <= max(gap, LONGEST_WAIT) else now
        wait = max(0.0, free - now)
        if wait <= LONGEST_WAIT:
            self._free_at = now + wait + gap
        return wait

    async def _one(self, title: FollowedTitle, lenders: Sequence[int], batch: _Batch) -> None:
        now = self._clock.now()
        try:
            batch.looked.append(await self._turns.look(title, lenders, now))
        except EverybodyWaits as waits:
            batch.pause = max(batch.pause, waits.seconds)
        except NobodyMay as nobody:
            if nobody.seconds is None:
                batch.unlent.append(title.title)
            wait = self._pace.interval if nobody.seconds is None else nobody.seconds
            batch.waiting.append((title.title, now + wait))
        except (ClientError, ServiceError) as error:
            log.info("a title was not looked up", extra={"error": type(error).__name__})
            batch.failed.append(title)

    async def _write(self, tx: Tx, batch: _Batch) -> None:
        """Write what was found, and have everybody told of what is new to them."""
        now, interval = self._clock.now(), self._pace.interval
        looked = [(one.title.title, one.by) for one in batch.looked]
        await followed.looked(tx, looked, now, now + interval)
        for one in batch.looked:
            if one.title.seen is None or any(r.slug not in one.title.seen for r in one.resources):
                await _compare(tx, one, now)
        await followed.failed(tx, batch.waiting, counts=False)
        await unlent.ask(tx, batch.unlent, now, now + interval)
        again = [(t.title, now + min(interval, FAILED_SECONDS * 2**t.failures)) for t in batch.failed]
        await followed.failed(tx, again, counts=True)


async def _due(tx: Tx, now: float) -> tuple[list[FollowedTitle], int]:
    _, total = await followed.next_look(tx)
    return await followed.due(tx, now, BATCH), total


async def _compare(tx: Tx, looked: Looked, now: float) -> None:
    """Decide what is new against what was seen, as it stands now."""
    title = await followed.hold(tx, looked.title.title)
    if title is None:
        # Nobody follows it any more.
        return
    found = {resource.slug for resource in looked.resources}
    seen = title.seen
    await followed.saw(tx, title.title, found if seen is None else _remembered(found, seen))
    if seen is None:
        return
    fresh = [resource for resource in looked.resources if resource.slug not in seen]
    if not fresh:
        return
    for subscription in await subscriptions.of_title(tx, title.title):
        told = wanted(subscription, fresh, looked.asked_at)
        if told:
            await tell(tx, subscription, told, now)


def _remembered(found: set[str], seen: frozenset[str]) -> set[str]:
    """Return what was seen by now: what comes back is not new; of too many, what is there."""
    together = found | seen
    return together if len(together) <= MOST_SEEN else found
