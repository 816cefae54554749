"""Poll rounds of ACGBT: the newest list is read once for all who follow a category or words.

What was seen is kept with the job itself; what is new is decided, told and noted in one commit, so that
nothing is told twice and a process that dies in between loses nothing.
"""

import logging
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clients.acgbt.models import PAGE_SIZE, Resource
from clients.errors import ClientError, RateLimited
from services.acgbt.catalogue import Catalogue, Categories
from services.clock import Clock
from services.errors import ServiceError
from services.jobs import JobHandler, Lease
from services.steps import Reached, nothing
from services.subscriptions.naming import ACG, ACG_ROUND as ROUND
from services.subscriptions.pace import PollPace
from services.subscriptions.telling import MOST_ITEMS, News, tell_news, wishes_of
from storage import jobs, subscriptions
from storage.database import Database
from storage.jobs import Job
from storage.subscriptions import Subscription
from storage.tx import Tx

log = logging.getLogger(__name__)

# More new ones between two rounds than so many pages hold are not all told.
MOST_PAGES = 3
# After a first failure; doubled with each further one, up to the interval.
FAILED_SECONDS = 60.0


@dataclass(frozen=True)
class Seen:
    """Be what the last round saw: the newest resources, and how old the oldest of them was."""

    ids: frozenset[int] | None = None
    since: float = 0.0
    failures: int = 0

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> "Seen":
        """Read what a job keeps."""
        ids = payload.get("seen")
        known = None if ids is None else frozenset(int(one) for one in ids)
        return cls(known, float(payload.get("since") or 0.0), int(payload.get("failures") or 0))

    def kept(self) -> dict[str, Any]:
        """Return what a job keeps."""
        ids = None if self.ids is None else sorted(self.ids)
        return {"seen": ids, "since": self.since, "failures": self.failures}

    def is_new(self, one: Resource) -> bool:
        """Tell whether a resource came since; what moved up because others were deleted did not."""
        return (
            self.ids is not None and one.id not in self.ids and (one.created_at or self.since) >= self.since
        )


class Rounds:
    """Read the newest list, and have people told."""

    def __init__(
        self, db: Database, clock: Clock, catalogue: Catalogue, pace: PollPace, *, reached: Reached = nothing
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalogue = catalogue
        self._pace = pace
        self._reached = reached

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {ROUND: self._run}

    async def resume(self) -> None:
        """See that there is a round to come where somebody follows; call it at the start."""
        await self._db.write(lambda tx: self._plan(tx, Seen(), self._clock.now()))

    async def _run(self, job: Job, lease: Lease) -> None:
        seen = Seen.of(job.payload)
        try:
            newest = await self._newest(seen)
            names = await self._names() if newest and seen.ids is not None else Categories()
        except (ClientError, ServiceError) as error:
            await self._put_off(lease, seen, error)
            return
        await self._reached("acg.looked")
        now = self._clock.now()
        fresh = [one for one in newest if seen.is_new(one)]

        async def work(tx: Tx) -> None:
            if fresh:
                await _tell_all(tx, fresh, names, now)
            await self._plan(tx, _after(newest), now + self._pace.interval)

        await lease.finish(work)
        await self._reached("acg.told")

    async def _newest(self, seen: Seen) -> list[Resource]:
        """Return the newest resources: one page, and more while none of a page was seen before."""
        found: dict[int, Resource] = {}
        client = self._catalogue.client
        for page in range(1, MOST_PAGES + 1):
            told = await client.resources(
                None, page=page, page_size=PAGE_SIZE, order_by="created_at", order_dir="desc"
            )
            found |= {one.id: one for one in told.items}
            if seen.ids is None or page >= told.total_pages or any(one.id in seen.ids for one in told.items):
                break
        return list(found.values())

    async def _names(self) -> Categories:
        try:
            return await self._catalogue.categories(None)
        except (ClientError, ServiceError):
            # Without the tree a category is itself and nothing above it.
            return Categories()

    async def _put_off(self, lease: Lease, seen: Seen, error: Exception) -> None:
        log.info("the newest list was not read", extra={"error": type(error).__name__})
        wait = min(self._pace.interval, FAILED_SECONDS * 2.0 ** min(seen.failures, 10))
        if isinstance(error, RateLimited):
            wait = max(wait, error.retry_after)
        after, at = Seen(seen.ids, seen.since, seen.failures + 1), self._clock.now() + wait
        await lease.finish(lambda tx: self._plan(tx, after, at))

    async def _plan(self, tx: Tx, seen: Seen, at: float) -> None:
        """Have the next round come, as long as anybody follows anything."""
        if await subscriptions.any_of_kind(tx, ACG):
            await jobs.enqueue(tx, ROUND, "round", seen.kept(), at, dedup="round", owner=jobs.NOBODY)


def _after(newest: Sequence[Resource]) -> Seen:
    times = [one.created_at for one in newest if one.created_at is not None]
    return Seen(frozenset(one.id for one in newest), min(times, default=0.0))


async def _tell_all(tx: Tx, fresh: Sequence[Resource], names: Categories, now: float) -> None:
    for subscription in await subscriptions.of_kind(tx, ACG):
        wanted = [one for one in fresh if fits(subscription, one, names)]
        if wanted:
            await tell_news(tx, subscription, news_of(subscription, wanted), now)


def fits(subscription: Subscription, one: Resource, names: Categories) -> bool:
    """Tell whether somebody who follows a category or words wants to hear of a resource."""
    detail = subscription.detail
    if one.id in frozenset(detail.get("known") or ()):
        return False
    category = detail.get("category")
    if category is not None and category not in names.line(one.category_id):
        return False
    text = _plain(" ".join(filter(None, (one.title, one.category_name, one.author))))
    words = detail.get("words") or ()
    return all(_plain(word) in text for word in words) and wishes_of(subscription).says(text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def news_of(subscription: Subscription, fresh: Sequence[Resource]) -> News:
    """Return the news of a subscription, newest first."""
    return News(
        subscription=subscription.id,
        title=subscription.title,
        name=str(subscription.detail.get("name", "")),
        items=tuple(facts_of(one) for one in fresh[:MOST_ITEMS]),
        count=len(fresh),
    )


def facts_of(one: Resource) -> dict[str, Any]:
    """Return what a notice keeps of a resource."""
    return {
        "slug": str(one.id),
        "title": one.title[:300],
        "category_name": (one.category_name or "")[:80],
        "size": one.size,
        "seeders": one.seeders,
        "created_at": one.created_at,
    }
