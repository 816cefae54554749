"""Turns of looking after linked accounts: planned for everybody who wants it, lost by no restart.

Each account has one job, and one row that says what was seen and told. What a look finds is written together
with the notice of it, by whoever holds the job: so nothing is told twice, and nothing that was found is lost.
"""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from clients.disktop.client import DiskTop
from clients.errors import ClientError
from clients.hdhive.client import HDHive
from clients.linkcheck.client import LinkCheck
from services.beijing import DAY_SECONDS
from services.clock import Clock
from services.errors import LinkLost, NotLinked, ServiceError
from services.jobs import JobHandler, Lease, RetryLater
from services.linkchecks.judge import ShareJudge
from services.names import Service
from services.people import People
from services.steps import Reached, nothing
from services.tokens import Tokens
from services.watch.atdisktop import DiskTopLook
from services.watch.athdhive import HDHiveLook
from services.watch.links import LinkLooks
from services.watch.observation import Observation, WatchNotice
from services.watch.ownshares import OwnShares
from services.watch.seen import Seen
from services.watch.turns import LATE_SECONDS, next_turn, on_return
from storage import jobs, links, preferences, watches
from storage.database import Database
from storage.jobs import Job
from storage.links import Link
from storage.preferences import Preferences
from storage.tx import Tx
from storage.watches import Watch

log = logging.getLogger(__name__)

LOOK, SWEEP = "watch.look", "watch.sweep"
EXPIRING = "watch_expiring"
# Whoever linked an account since the last one is found by the next sweep.
SWEEP_SECONDS = 3600.0
AT_ONCE = 500
EXPIRY_SECONDS = 3 * DAY_SECONDS


class Look(Protocol):
    """Look at accounts of one service."""

    def load(self, observation: Observation) -> Any:
        """Return what is known of an account."""
        ...

    async def look(self, observation: Observation, seen: Any) -> None:
        """Look at an account, and write what was seen."""
        ...


class Watching:
    """Look after the accounts of people who want it."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        hdhive: HDHive | None,
        disktop: DiskTop | None,
        linkcheck: LinkCheck | None,
        tokens: Tokens,
        people: People,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._tokens = tokens
        self._reached = reached
        self._looks: dict[str, Look] = {}
        if hdhive is not None:
            judge = ShareJudge(clock, disktop, tokens)
            shares = OwnShares(clock, hdhive, tokens, LinkLooks(linkcheck, judge))
            self._looks[Service.HDHIVE] = HDHiveLook(db, clock, hdhive, tokens, shares)
        if disktop is not None:
            self._looks[Service.DISKTOP] = DiskTopLook(disktop, tokens)
        people.follow(self._replan)

    def jobs(self) -> Mapping[str, JobHandler]:
        """Return what this does in jobs; they have a runner of their own: nothing else waits for them."""
        return {LOOK: self._turn, SWEEP: self._sweep}

    async def resume(self) -> None:
        """See that everybody has their turns; call it at the start."""
        now = self._clock.now()
        await self._db.write(lambda tx: _again(tx, now))

    async def spent(self, user_id: int, points: int) -> None:
        """Note points that are about to go at HDHive, by our doing but for no unlock."""
        await self._db.write(lambda tx: watches.spend(tx, user_id, Service.HDHIVE, points))

    async def _sweep(self, _job: Job, lease: Lease) -> None:
        """Plan turns for those who have none, and the next sweep."""
        while await self._db.write(self._plan_missing):
            pass
        at = self._clock.now() + SWEEP_SECONDS
        await lease.finish(lambda tx: _again(tx, at))

    async def _plan_missing(self, tx: Tx) -> bool:
        now = self._clock.now()
        without = await watches.unwatched(tx, LOOK, list(self._looks), AT_ONCE)
        for user_id, service in without:
            await _plan(tx, user_id, service, now)
        return len(without) == AT_ONCE

    async def _replan(self, tx: Tx, old: Preferences, new: Preferences) -> None:
        """Begin or end to look after somebody's accounts, in the commit of that choice."""
        if old.watch == new.watch:
            return
        now, user_id = self._clock.now(), new.user_id
        for link in await links.all_of(tx, user_id):
            if link.service not in self._looks:
                continue
            if not new.watch:
                await jobs.cancel(tx, LOOK, _name(user_id, link.service))
                # What changes from now on is nobody's surprise later.
                await watches.drop(tx, user_id, link.service)
            elif link.state == "active":
                await _plan(tx, user_id, link.service, now)

    async def _turn(self, job: Job, lease: Lease) -> None:
        """Look at one account, if it still is one, and plan its next turn."""
        user_id, service = int(job.payload["user_id"]), str(job.payload["service"])
        now = self._clock.now()
        if now - float(job.payload["due"]) > LATE_SECONDS and not job.payload.get("late"):
            await lease.keep({**job.payload, "late": True})
            raise RetryLater(at=on_return(user_id, service, now))
        chosen, link, watch = await self._db.read(lambda tx: _known(tx, user_id, service))
        if link is None:
            await lease.finish(lambda tx: watches.drop(tx, user_id, service))
            return
        if link.state != "active" or not chosen.watch or service not in self._looks:
            # Linked again, the next sweep finds it.
            return
        observation = Observation(user_id, service, link, watch, lease, self._clock)
        try:
            await self._look(observation)
        except (NotLinked, LinkLost):
            # Whoever found it gone had it told.
            return
        except (ClientError, ServiceError) as error:
            log.info("an account was not looked at", extra={"error": type(error).__name__})
        await self._reached("watch.looked")
        at = self._clock.now()
        await lease.finish(lambda tx: _plan(tx, user_id, service, at))
        await self._reached("watch.planned")

    async def _look(self, observation: Observation) -> None:
        look = self._looks[observation.service]
        seen: Seen = await self._look_at_grant(observation, look.load(observation))
        await self._reached("watch.looking")
        await look.look(observation, seen)

    async def _look_at_grant(self, observation: Observation, seen: Seen) -> Seen:
        """Renew an authorization that is about to run out; tell its person where that does not help."""
        until = _end(observation.link)
        if until is None or until - self._clock.now() > EXPIRY_SECONDS:
            return seen
        try:
            until = _end(await self._tokens.renew(observation.user_id, Service(observation.service)))
        except ClientError as error:
            log.info("an authorization was not renewed", extra={"error": type(error).__name__})
            return seen
        if until is None or until - self._clock.now() > EXPIRY_SECONDS or _was_told(seen, until):
            return seen
        seen = seen.changed(expiry_told=until)
        await observation.record(
            seen.model_dump(), WatchNotice(EXPIRING, {"service": observation.service, "until": until})
        )
        return seen


def _end(link: Link) -> float | None:
    """Return when an authorization ends unless it is given again; None where that is not known."""
    return link.expires_at if link.refresh_token is None else link.refresh_expires_at


def _was_told(seen: Seen, until: float) -> bool:
    # Some services count from each answer on: the same end comes out some seconds later.
    return seen.expiry_told is not None and until - seen.expiry_told < DAY_SECONDS


def _name(user_id: int, service: str) -> str:
    return f"{user_id}:{service}"


async def _plan(tx: Tx, user_id: int, service: str, now: float) -> None:
    due = next_turn(user_id, service, now)
    payload = {"user_id": user_id, "service": service, "due": due}
    mark = _name(user_id, service)
    await jobs.enqueue(tx, LOOK, str(user_id), payload, due, dedup=mark, owner=user_id)


async def _again(tx: Tx, at: float) -> None:
    await jobs.enqueue(tx, SWEEP, "sweep", {}, at, dedup="sweep", owner=jobs.NOBODY)


async def _known(tx: Tx, user_id: int, service: str) -> tuple[Preferences, Link | None, Watch | None]:
    chosen = await preferences.get(tx, user_id)
    return chosen, await links.get(tx, user_id, service), await watches.get(tx, user_id, service)
