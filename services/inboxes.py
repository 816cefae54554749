"""New messages at ACGBT: looked for now and then, and told once.

Each account has one job; the newest message that was seen is kept with the account, and written in the commit
that asks for the notice. So no restart tells a message twice, and none is lost.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from clients.acgbt.client import ACGBT
from clients.acgbt.models import Message
from clients.errors import ClientError, RateLimited
from services.clock import Clock
from services.credentials import UserCredentials
from services.errors import LinkLost, NotLinked, ServiceError
from services.jobs import JobHandler, Lease
from services.names import Service
from services.notices import notice
from services.people import People
from services.steps import Reached, nothing
from storage import inboxes, jobs, links, preferences, watches
from storage.database import Database
from storage.jobs import Job
from storage.links import Link
from storage.preferences import Preferences
from storage.tx import Tx
from storage.watches import Watch

log = logging.getLogger(__name__)

LOOK, SWEEP = "inbox.look", "inbox.sweep"
NEW = "inbox_new"
# Two calls at the most each time, of the sixty a minute that a key has.
EVERY_SECONDS = 900.0
# Whoever linked an account since the last one is found by the next sweep.
SWEEP_SECONDS = 600.0
AT_ONCE = 500
A_LOOK = 50
MOST_TOLD = 20


class Inboxes:
    """Look for new messages of everybody who wants to hear of them."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        acgbt: ACGBT | None,
        credentials: UserCredentials,
        people: People,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._acgbt = acgbt
        self._credentials = credentials
        self._reached = reached
        people.follow(self._replan)

    def jobs(self) -> Mapping[str, JobHandler]:
        """Return what this does in jobs; they go with other looks at accounts: nothing waits for them."""
        return {} if self._acgbt is None else {LOOK: self._look, SWEEP: self._sweep}

    async def resume(self) -> None:
        """See that everybody has their turns; call it at the start."""
        if self._acgbt is not None:
            now = self._clock.now()
            await self._db.write(lambda tx: _again(tx, now))

    async def _sweep(self, _job: Job, lease: Lease) -> None:
        """Begin with those who have no turns yet, and plan the next sweep."""
        while await self._db.write(self._begin_missing):
            pass
        at = self._clock.now() + SWEEP_SECONDS
        await lease.finish(lambda tx: _again(tx, at))

    async def _begin_missing(self, tx: Tx) -> bool:
        without = await inboxes.unasked(tx, LOOK, Service.ACGBT, AT_ONCE)
        for user_id in without:
            await _plan(tx, user_id, self._clock.now())
        return len(without) == AT_ONCE

    async def _replan(self, tx: Tx, old: Preferences, new: Preferences) -> None:
        """Begin or end to look for somebody's messages, in the commit of that choice."""
        if old.inbox == new.inbox:
            return
        if new.inbox:
            # Who is not linked has the job end at once.
            await _plan(tx, new.user_id, self._clock.now())
            return
        await jobs.cancel(tx, LOOK, str(new.user_id))
        # What comes from now on is no news later.
        await watches.drop(tx, new.user_id, Service.ACGBT)

    async def _look(self, job: Job, lease: Lease) -> None:
        user_id = int(job.payload["user_id"])
        chosen, link, watch = await self._db.read(lambda tx: _known(tx, user_id))
        if link is None:
            await lease.finish(lambda tx: watches.drop(tx, user_id, Service.ACGBT))
            return
        if link.state != "active" or not chosen.inbox:
            # Linked again, the next sweep finds it.
            return
        top, wait = _top(watch, link), EVERY_SECONDS
        fresh: list[Message] = []
        try:
            fresh, top = await self._fresh(user_id, top)
        except (NotLinked, LinkLost):
            # Whoever found it gone had it told.
            return
        except (ClientError, ServiceError) as error:
            log.info("messages were not looked for", extra={"error": type(error).__name__})
            if isinstance(error, RateLimited):
                wait = max(wait, error.retry_after)
        await self._reached("inbox.looked")
        now = self._clock.now()

        async def work(tx: Tx) -> None:
            if top is not None:
                state = {"top": top, "account": link.account_id}
                await watches.keep(tx, user_id, Service.ACGBT, link.id, state, now)
            if fresh:
                await notice(tx, user_id, NEW, now=now, **told(fresh))
            await _plan(tx, user_id, now + wait)

        await lease.finish(work)
        await self._reached("inbox.told")

    async def _fresh(self, user_id: int, top: int | None) -> tuple[list[Message], int | None]:
        """Return unread messages that came since the newest one seen, and the newest one now."""
        client = self._acgbt
        if client is None:
            raise NotLinked(Service.ACGBT)
        if top is not None and not await self._credentials.call(user_id, Service.ACGBT, client.unread):
            return [], top
        page = await self._credentials.call(
            user_id, Service.ACGBT, lambda who: client.messages(who, page_size=A_LOOK)
        )
        newest = max((one.id for one in page.items), default=0)
        if top is None:
            # What lay there before is no news.
            return [], newest
        fresh = [one for one in page.items if one.id > top and not one.is_read]
        return sorted(fresh, key=lambda one: one.id, reverse=True), max(top, newest)


def told(fresh: Sequence[Message]) -> dict[str, Any]:
    """Return what a notice keeps of new messages."""
    items = [
        {"id": one.id, "title": one.title[:200], "type": one.type.value, "created_at": one.created_at}
        for one in fresh[:MOST_TOLD]
    ]
    return {"items": items, "count": len(fresh)}


def _top(watch: Watch | None, link: Link) -> int | None:
    """Return the newest message seen; it says nothing of another account."""
    if watch is None:
        return None
    same = link.account_id is not None and watch.state.get("account") == link.account_id
    top = watch.state.get("top") if same or watch.link_id == link.id else None
    return None if top is None else int(top)


async def _plan(tx: Tx, user_id: int, at: float) -> None:
    name = str(user_id)
    await jobs.enqueue(tx, LOOK, name, {"user_id": user_id}, at, dedup=name, owner=user_id)


async def _again(tx: Tx, at: float) -> None:
    await jobs.enqueue(tx, SWEEP, "sweep", {}, at, dedup="sweep", owner=jobs.NOBODY)


async def _known(tx: Tx, user_id: int) -> tuple[Preferences, Link | None, Watch | None]:
    chosen = await preferences.get(tx, user_id)
    link = await links.get(tx, user_id, Service.ACGBT)
    return chosen, link, await watches.get(tx, user_id, Service.ACGBT)
