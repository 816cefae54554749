"""Refresh each grant once however many ask, keep what that brings, and notice when a grant is gone."""

import logging
import math
import secrets
from collections.abc import Mapping
from functools import partial

from clients.errors import ClientError, NotAuthorized, Unreachable
from clients.oauth import TokenGrant
from clients.transport import LONGEST_CALL_SECONDS
from services.clock import Clock
from services.errors import LinkLost, NotLinked
from services.jobs import JobHandler, Lease, RetryLater
from services.linked import lose, usable
from services.linking.unlinking import revoke_later
from services.names import Service
from services.providers import Provider
from services.singleflight import InFlight, SingleFlight
from services.steps import Reached, nothing
from storage import jobs, links
from storage.database import Database
from storage.jobs import Job
from storage.links import Link, NewLink
from storage.tx import Tx
from storage.workcontext import current_work

log = logging.getLogger(__name__)

# The request leaves within this time after the lease was taken, or not at all: who stood still in between
# may have been overtaken, and a token that was rotated meanwhile would be taken for a stolen one.
SEND_SECONDS = 10.0
# As long as any refresh can take (two endpoints, a call each), so that a live holder is never overtaken.
LEASE_SECONDS = SEND_SECONDS + 2 * LONGEST_CALL_SECONDS
POLL_SECONDS = 0.25
# A lease of another process stands this long beyond the moment we saw it first: where the database was away,
# its holder may be about to write tokens that we do not know of.
HEIR_SECONDS = 2.0
# So long new tokens are held for a database that is away, and when the process is to end.
KEEP_SECONDS = 3600.0
END_SECONDS = 15.0
RESUME = "link.resume"
RESUME_AGAIN_SECONDS = 60.0


class Refreshing:
    """Refresh grants, one at a time of each, over all processes."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        providers: Mapping[str, Provider],
        *,
        holder: str | None = None,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._holder = holder or secrets.token_hex(8)
        self._reached = reached
        self._flights: SingleFlight[tuple[int, int], Link] = SingleFlight()
        self._ends: float | None = None

    async def close(self) -> None:
        """Begin no refresh any more, and wait for those under way: what they bring must be kept."""
        if self._ends is None:
            self._ends = self._clock.now() + END_SECONDS
        await self._flights.landed()

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {RESUME: self._resume}

    def serves(self, service: Service) -> bool:
        """Tell whether grants of a service are refreshed here: whether it is set up."""
        return service in self._providers

    def begin(self, link: Link) -> InFlight[Link]:
        """Refresh a link's grant, or join who is at it; it goes on whoever stops waiting."""
        return self._flights.begin((link.id, link.version), lambda: self._refresh(link))

    def under_way(self, link: Link) -> InFlight[Link] | None:
        """Return the refresh of a link's grant that goes on just now."""
        return self._flights.get((link.id, link.version))

    async def resume(self) -> None:
        """Have every refresh looked after that was under way when a process died; call it at the start.

        Its answer may have died with the process: where the service forgives that nothing is lost, and
        where it does not the user learns of it now, not at the next use.
        """

        async def work(tx: Tx) -> None:
            for begun in await links.refreshing(tx):
                at = self._clock.now() if begun.holder == self._holder else begun.until
                payload = {"link_id": begun.link_id, "version": begun.version}
                key, owner = str(begun.link_id), begun.user_id
                await jobs.enqueue(tx, RESUME, key, payload, at, dedup=key, owner=owner)

        await self._db.write(work)

    async def _resume(self, job: Job, lease: Lease) -> None:
        del lease
        link = await self._db.read(lambda tx: links.by_id(tx, int(job.payload["link_id"])))
        if link is None or link.version != job.payload["version"] or link.service not in self._providers:
            return
        try:
            await self.begin(link).result()
        except (LinkLost, NotLinked):
            return
        except ClientError as error:
            raise RetryLater(RESUME_AGAIN_SECONDS) from error

    async def _refresh(self, link: Link) -> Link:
        # For nobody: what a refresh brings must be kept, or be taken back, whatever becomes of who asked.
        current_work.set(None)
        seen = math.inf
        while True:
            if self._ends is not None:
                raise unsent(link)
            began = self._clock.now()
            lease = partial(self._lease, link=link, now=began, inherit=began >= seen + HEIR_SECONDS)
            leased, current = await self._db.write(lease)
            seen = min(seen, self._clock.now())
            current = usable(current, Service(link.service))
            if current.version != link.version:
                return current
            if leased:
                refreshed = await self._holding(current, began + SEND_SECONDS)
                if refreshed is not None:
                    return refreshed
            else:
                await self._clock.sleep(POLL_SECONDS)

    async def _lease(self, tx: Tx, *, link: Link, now: float, inherit: bool) -> tuple[bool, Link | None]:
        # Leased first, read second: from then on the row is locked, so that what is read cannot grow old.
        leased = await links.take_lease(tx, link, self._holder, now, LEASE_SECONDS, inherit=inherit)
        return leased, await links.by_id(tx, link.id)

    async def _holding(self, link: Link, until: float) -> Link | None:
        """Refresh while the lease is ours; None where it is too late by now to begin."""
        await self._reached("refresh.leased")
        if self._clock.now() > until:
            await self._release(link)
            return None
        try:
            grant = await self._providers[link.service].refresh(link.refresh_token or "")
        except NotAuthorized as error:
            if error.refreshable:
                await self._release(link)
                raise
            return await self._refused(link, error)
        except BaseException:
            await self._release(link)
            raise
        await self._reached("refresh.granted")
        kept = await self._keep(link, grant)
        await self._reached("refresh.kept")
        return kept

    async def _release(self, link: Link) -> None:
        await self._db.write(lambda tx: links.release_lease(tx, link, self._holder))

    async def _refused(self, link: Link, error: NotAuthorized) -> Link:
        """Believe that a grant is gone only when nobody has rotated it meanwhile."""
        current = usable(await self._db.read(lambda tx: links.by_id(tx, link.id)), Service(link.service))
        if current.version != link.version:
            return current
        await self.lost(current)
        raise LinkLost(link.service) from error

    async def _keep(self, link: Link, grant: TokenGrant) -> Link:
        """Write the new tokens; a holder that was asleep too long writes once the lease is free again.

        A database that is away for a while must not cost the link: the old token is worth nothing any more.
        """
        until, told = self._clock.now() + KEEP_SECONDS, False
        which = {"service": link.service, "link": link.id}
        while True:
            try:
                kept, current = await self._db.write(lambda tx: self._written(tx, link, grant))
            except Exception:
                if self._clock.now() > min(until, self._ends or until):
                    log.exception("new tokens are given up", extra=which)
                    raise
                if not told:
                    log.exception("new tokens were not written; it is tried again", extra=which)
                told = True
                # Often: an heir, who knows the old token only, waits HEIR_SECONDS from when it is back.
                await self._clock.sleep(POLL_SECONDS)
                continue
            if kept is not None:
                return kept
            current = usable(current, Service(link.service))
            if current.version != link.version:
                return current
            await self._clock.sleep(POLL_SECONDS)

    async def _written(self, tx: Tx, link: Link, grant: TokenGrant) -> tuple[Link | None, Link | None]:
        now, kept = self._clock.now(), None
        if await links.take_lease(tx, link, self._holder, now, LEASE_SECONDS):
            kept = await links.refreshed(
                tx,
                link,
                self._holder,
                access_token=grant.access_token,
                refresh_token=grant.refresh_token,
                expires_at=after(now, grant.expires_in),
                refresh_expires_at=after(now, grant.refresh_expires_in),
                scopes=grant.scopes or None,
                now=now,
            )
        current = kept or await links.by_id(tx, link.id)
        if current is None and grant.refresh_token and self._providers[link.service].revokes:
            # Unlinked meanwhile: what the service just gave must not stay behind.
            await revoke_later(tx, link.service, grant.refresh_token, now)
        return kept, current

    async def lost(self, link: Link) -> None:
        """Note that a link's grant is gone, and have its user told."""
        now = self._clock.now()
        await self._db.write(lambda tx: lose(tx, link, now))


def unsent(link: Link) -> Unreachable:
    """Return the error of a call that was never sent: its token still waits for a refresh."""
    return Unreachable(link.service, "refresh", "timeout", sent=False)


def new_link(user_id: int, service: str, grant: TokenGrant, scopes: tuple[str, ...], now: float) -> NewLink:
    """Return a grant as it is kept; a service that names no scopes gave those that were asked for."""
    return NewLink(
        user_id=user_id,
        service=service,
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        expires_at=after(now, grant.expires_in),
        refresh_expires_at=after(now, grant.refresh_expires_in),
        scopes=grant.scopes or scopes,
    )


def after(now: float, seconds: float | None) -> float | None:
    """Return when something ends that lasts so many seconds from now."""
    return None if seconds is None else now + seconds
