"""Keys and logins that people bring: kept, lent to calls, lost once, and told of before they end."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from clients.credentials import ApiKey, Bearer, Credential
from clients.errors import NotAuthorized, RateLimited
from services.clock import Clock
from services.cooldowns import Cooldowns
from services.errors import LinkLost, ServiceOff
from services.jobs import JobHandler, Lease
from services.linked import admitted, lose
from services.names import Service
from services.notices import notice
from services.steps import Reached, nothing
from storage import jobs, links
from storage.database import Database
from storage.jobs import Job
from storage.links import Link, NewLink, Scheme
from storage.tx import Tx

T = TypeVar("T")
# Asks a service whether it knows a key, by the secret itself.
Check = Callable[[Credential], Awaitable[object]]

ENDING = "link.ending"
# People are told this long before a login ends, or for short ones in the last quarter of it.
WARN_SECONDS = 86_400.0
WARN_SHARE = 0.25
# A login that is over within so short a time is over before anybody reads of it.
SHORT_SECONDS = 3600.0


class UserCredentials:
    """Lend people's own keys and logins to calls."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        offered: Collection[Service],
        *,
        plainly: Mapping[Service, Check] | None = None,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._offered = frozenset(offered)
        self._plainly = dict(plainly or {})
        self._cooldowns = Cooldowns(db, clock)
        self._reached = reached

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {ENDING: self._ending}

    async def connect(
        self,
        user_id: int,
        service: Service,
        credential: Credential,
        *,
        account_id: str | None,
        account_name: str | None,
        expires_at: float | None = None,
        scopes: tuple[str, ...] = (),
    ) -> Link:
        """Keep what a service was seen to accept; it replaces what the person had there, in one write."""
        self._require(service)
        now, (access, secret, scheme) = self._clock.now(), _parts(credential)
        new = NewLink(
            user_id=user_id,
            service=service,
            access_token=access,
            secret=secret,
            scheme=scheme,
            expires_at=expires_at,
            scopes=scopes,
            account_id=account_id,
            account_name=account_name,
        )

        async def work(tx: Tx) -> Link:
            link = await links.save(tx, new, now)
            await self._warn_later(tx, link, now)
            return link

        link = await self._db.write(work)
        await self._reached("key.kept")
        return link

    async def maybe(self, user_id: int, service: Service) -> Credential | None:
        """Return what a person's calls can be made with, None where a call without must do."""
        if service not in self._offered:
            return None
        link = await self._db.read(lambda tx: links.get(tx, user_id, service))
        return None if link is None or link.state != "active" else credential_of(link)

    async def call(self, user_id: int, service: Service, work: Callable[[Credential], Awaitable[T]]) -> T:
        """Do a call with the person's own key or login.

        Raises ServiceOff, NotLinked, LinkLost, or the ClientError of the call; only what the service clearly
        does not accept any more is lost. A RateLimited is kept and raised at once until it is over.
        """
        self._require(service)
        link = await self._db.read(lambda tx: admitted(tx, self._cooldowns, user_id, service))
        try:
            try:
                return await work(credential_of(link))
            except NotAuthorized as error:
                link = await self._replaced(link, error)
            try:
                return await work(credential_of(link))
            except NotAuthorized as error:
                await self._lost(link)
                raise LinkLost(service) from error
        except RateLimited as error:
            await self._cooldowns.note(error, user_id)
            raise

    async def _replaced(self, link: Link, error: NotAuthorized) -> Link:
        """Return what was linked since a refused call began; what was not replaced is lost."""
        service = Service(link.service)
        current = await self._db.read(lambda tx: links.get(tx, link.user_id, service))
        if (
            current is not None
            and (current.id, current.version) != (link.id, link.version)
            and current.state == "active"
        ):
            return current
        plain = await self._plain(link)
        if plain is not None:
            return plain
        await self._lost(link)
        raise LinkLost(service) from error

    async def _plain(self, link: Link) -> Link | None:
        """Return a link whose key is good although its signature is refused, with the secret shown instead.

        A clock that went wrong here, or a site that takes no signatures any more, must not unlink everybody.
        """
        check = self._plainly.get(Service(link.service))
        if check is None or link.scheme != "signed":
            return None
        try:
            await check(ApiKey(link.access_token, link.secret or "", signed=False))
        except NotAuthorized:
            return None
        now = self._clock.now()
        await self._db.write(lambda tx: links.show_by(tx, link.id, link.version, "plain", now))
        return await self._db.read(lambda tx: links.by_id(tx, link.id))

    async def _lost(self, link: Link) -> None:
        now = self._clock.now()
        await self._db.write(lambda tx: lose(tx, link, now))

    async def _warn_later(self, tx: Tx, link: Link, now: float) -> None:
        """Have somebody told, before their login ends, that it will."""
        lasts = (link.expires_at or 0.0) - now
        if link.expires_at is None or lasts < SHORT_SECONDS:
            return
        at = link.expires_at - min(WARN_SECONDS, lasts * WARN_SHARE)
        payload, key = {"link_id": link.id}, str(link.id)
        await jobs.enqueue(tx, ENDING, key, payload, at, dedup=key, owner=link.user_id)

    async def _ending(self, job: Job, lease: Lease) -> None:
        """Tell of a login's end, unless it is gone or was replaced by now."""
        now = self._clock.now()

        async def tell(tx: Tx) -> None:
            link = await links.by_id(tx, int(job.payload["link_id"]))
            if link is None or link.state != "active" or (link.expires_at or 0.0) <= now:
                return
            more = {"service": link.service, "ends_at": link.expires_at}
            await notice(tx, link.user_id, "link_ending", now=now, **more)

        await lease.finish(tell)

    def _require(self, service: Service) -> None:
        if service not in self._offered:
            raise ServiceOff(service)


def credential_of(link: Link) -> Credential:
    """Return a link's key or login as calls take it."""
    if link.scheme == "token":
        return Bearer(link.access_token)
    return ApiKey(link.access_token, link.secret or "", signed=link.scheme == "signed")


def _parts(credential: Credential) -> tuple[str, str | None, Scheme]:
    if isinstance(credential, Bearer):
        return credential.token, None, "token"
    return credential.key, credential.secret, "signed" if credential.signed else "plain"
