"""Take grants back: upstream where the service can, and always here."""

import logging
from collections.abc import Iterable, Mapping

from clients.errors import ClientError, Misconfigured, RateLimited, Refusal
from services.clock import Clock
from services.errors import ServiceOff, for_log
from services.jobs import Lease, RetryLater
from services.names import Service
from services.providers import REVOKING, Provider
from services.steps import Reached, nothing
from storage import jobs, links
from storage.crypto import digest
from storage.database import Database
from storage.jobs import Job
from storage.links import Link, NewLink
from storage.tx import Tx
from storage.workcontext import work_context

REVOKE = "link.revoke"
FIRST_WAIT = 5.0
LONGEST_WAIT = 6 * 3600.0
# A grant that was left alone for so long has ended by itself: what is asked for is done.
GIVE_UP_SECONDS = 35 * 86_400.0

log = logging.getLogger(__name__)
# The job is there for the case that this process dies or the service is down.
HEAD_START_SECONDS = 60.0


class Unlinking:
    """End links."""

    def __init__(
        self, db: Database, clock: Clock, providers: Mapping[str, Provider], *, reached: Reached = nothing
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._reached = reached

    async def unlink(self, user_id: int, service: str) -> bool:
        """Delete a link and revoke it upstream, now or as soon as the service answers; False without one."""
        now = self._clock.now()

        async def work(tx: Tx) -> tuple[bool, str | None]:
            link = await links.delete(tx, user_id, service)
            if link is None:
                return False, None
            return True, await self._later(tx, service, link.refresh_token, now + HEAD_START_SECONDS)

        deleted, refresh_token = await self._db.write(work)
        if refresh_token is not None:
            await self._at_once(service, refresh_token)
        return deleted

    async def replaced(self, tx: Tx, new: NewLink, now: float) -> None:
        """Have the grant revoked that a new one replaces."""
        old = await links.get(tx, new.user_id, new.service)
        if old is not None and old.refresh_token != new.refresh_token:
            await self._later(tx, old.service, old.refresh_token, now)

    async def unwanted(self, service: str, refresh_token: str | None) -> None:
        """Have a grant revoked that came too late: its person is forgotten."""
        with work_context(None):
            await self._db.write(lambda tx: self._later(tx, service, refresh_token, self._clock.now()))

    async def will(self, tx: Tx, user_id: int, now: float) -> None:
        """Have every grant of somebody revoked who is about to be forgotten."""
        for link in await links.all_of(tx, user_id):
            await self._later(tx, link.service, link.refresh_token, now)

    def by_hand(self, found: Iterable[Link]) -> tuple[str, ...]:
        """Return the services whose grants only their users can take back."""
        living = (link for link in found if link.state == "active" or link.shut)
        return tuple(link.service for link in living if self._stays(link))

    def _stays(self, link: Link) -> bool:
        """Tell whether a grant lives on at the service: a key does, a login ends by itself."""
        if link.scheme != "oauth" or link.shut:
            return link.scheme != "token"
        return link.service in self._providers and not self._providers[link.service].revokes

    async def revoke(self, job: Job, lease: Lease) -> None:
        """Do the job: a refusal means there is nothing left to revoke, a fault is tried again.

        It goes on while the grant may live, and then leaves nothing behind: no dead letter holds a token.
        """
        service = Service(job.payload["service"])
        provider = self._providers.get(service)
        if provider is None:
            # Switched off, perhaps for one start only: the grant lives on there.
            self._again(job, ServiceOff(service), 0.0)
            return
        await self._reached("revoke.asking")
        try:
            await provider.revoke(str(job.payload["refresh_token"]))
            await self._reached("revoke.answered")
        except Refusal as error:
            if isinstance(error, Misconfigured):
                self._again(job, error, 0.0)
            await lease.finish()
        except ClientError as error:
            self._again(job, error, error.retry_after if isinstance(error, RateLimited) else 0.0)

    def _again(self, job: Job, error: ClientError | ServiceOff, asked: float) -> None:
        age = self._clock.now() - float(job.payload.get("since", job.run_at))
        if age > GIVE_UP_SECONDS:
            log.warning(
                "a grant could not be revoked at %s for as long as it lived",
                job.payload["service"],
                extra={"error": for_log(error)},
            )
            return
        raise RetryLater(max(asked, FIRST_WAIT, min(age, LONGEST_WAIT))) from error

    async def _later(self, tx: Tx, service: str, refresh_token: str | None, run_at: float) -> str | None:
        if refresh_token is None or service not in REVOKING:
            return None
        await revoke_later(tx, service, refresh_token, run_at)
        return refresh_token

    async def _at_once(self, service: str, refresh_token: str) -> None:
        if service not in self._providers:
            return  # the job waits until it is on again
        try:
            await self._providers[service].revoke(refresh_token)
        except Refusal:
            pass  # it was gone already
        except ClientError:
            return  # the job will see to it
        await self._db.write(lambda tx: jobs.cancel(tx, REVOKE, _mark(refresh_token)))


async def revoke_later(tx: Tx, service: str, refresh_token: str, run_at: float) -> None:
    """Have a grant taken back upstream, however long that takes."""
    payload = {"service": service, "refresh_token": refresh_token, "since": run_at}
    mark = _mark(refresh_token)
    await jobs.enqueue(tx, REVOKE, service, payload, run_at, dedup=mark, owner=jobs.NOBODY)


def _mark(refresh_token: str) -> str:
    return digest(refresh_token)
