"""Give calls a fresh access token: what a call may wait for, and when it is worth a second try."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from clients.errors import ClientError, NotAuthorized, RateLimited
from clients.transport import LONGEST_CALL_SECONDS
from services.clock import Clock
from services.cooldowns import Cooldowns
from services.errors import LinkLost, ServiceOff
from services.linked import admitted, usable
from services.names import Service
from services.refreshing import Refreshing, unsent
from services.singleflight import InFlight
from storage import links
from storage.database import Database
from storage.links import Link

T = TypeVar("T")

# A token is renewed this long before it ends, so that it lasts as long as the longest call.
EARLY_SECONDS = LONGEST_CALL_SECONDS + 10.0
# Who waits for a refresh and then for a call should hear within a minute: while the old token lasts, the
# refresh gets a share of it only and goes on by itself; without one, as long as any other call.
EARLY_PATIENCE = 8.0
PATIENCE = 45.0


class Tokens:
    """Lend access tokens of users to calls."""

    def __init__(self, db: Database, clock: Clock, refreshing: Refreshing) -> None:
        self._db = db
        self._clock = clock
        self._refreshing = refreshing
        self._cooldowns = Cooldowns(db, clock)

    async def link(self, user_id: int, service: Service) -> Link:
        """Return a user's working link; raises ServiceOff, NotLinked or LinkLost."""
        self._on(service)
        return usable(await self._db.read(lambda tx: links.get(tx, user_id, service)), service)

    async def renew(self, user_id: int, service: Service) -> Link:
        """Refresh a grant now, however long its token lasts: most services let it live longer then.

        Raises ServiceOff, NotLinked, LinkLost, or the ClientError of the refresh; without a refresh token
        the link stays as it is.
        """
        link = await self.link(user_id, service)
        return link if link.refresh_token is None else await self._refreshing.begin(link).result()

    async def call(
        self,
        user_id: int,
        service: Service,
        work: Callable[[str], Awaitable[T]],
        *,
        of: Link | None = None,
    ) -> T:
        """Do a call with the user's token; refresh once and repeat it where the service asks for that.

        Raises ServiceOff, NotLinked, LinkLost, or the ClientError of the call; only a grant that the service
        calls gone unlinks. A RateLimited is kept and raised at once until it is over. What is one matter in
        several calls says of which account it is: Relinked is raised where the user links another meanwhile.
        """
        self._on(service)
        link = await self._db.read(lambda tx: admitted(tx, self._cooldowns, user_id, service, of))
        try:
            link = await self._fresh(link)
            try:
                return await work(link.access_token)
            except NotAuthorized as error:
                link = await self._again(link, error)
            try:
                return await work(link.access_token)
            except NotAuthorized as error:
                if error.refreshable:
                    # A brand-new token is refused: no documented sign of a lost grant, so nothing is dropped.
                    raise
                await self._refreshing.lost(link)
                raise LinkLost(service) from error
        except RateLimited as error:
            await self._cooldowns.note(error, user_id)
            raise

    def _on(self, service: Service) -> None:
        if not self._refreshing.serves(service):
            raise ServiceOff(service)

    async def _fresh(self, link: Link) -> Link:
        """Return the link with a token that lasts."""
        if link.refresh_token is None or self._lasts(link, EARLY_SECONDS):
            return link
        flight = self._refreshing.begin(link)
        if not await flight.over(EARLY_PATIENCE) and self._lasts(link):
            return link
        try:
            return await self._told(link, flight)
        except ClientError:
            # The old token still works for a moment: a service that cannot refresh just now harms nobody.
            if self._lasts(link):
                return link
            raise

    def _lasts(self, link: Link, seconds: float = 0.0) -> bool:
        left = None if link.expires_at is None else link.expires_at - self._clock.now()
        return left is None or (left > 0.0 and left >= seconds)

    async def _again(self, link: Link, error: NotAuthorized) -> Link:
        """Return a link worth a second try after a refused token."""
        await self._overtaken(link)
        current = usable(await self._db.read(lambda tx: links.by_id(tx, link.id)), Service(link.service))
        if current.version != link.version:
            return current
        if error.refreshable and link.refresh_token is not None:
            return await self._told(link, self._refreshing.begin(link))
        await self._refreshing.lost(current)
        raise LinkLost(link.service) from error

    async def _overtaken(self, link: Link) -> None:
        """Let a refresh under way end first: what it rotated is no sign of a lost grant."""
        flight = self._refreshing.under_way(link)
        if flight is not None and not await flight.over(PATIENCE):
            raise unsent(link)

    async def _told(self, link: Link, flight: InFlight[Link]) -> Link:
        """Wait for a refresh as long as somebody who asked something can wait."""
        if not await flight.over(PATIENCE):
            raise unsent(link)
        return await flight.result()
