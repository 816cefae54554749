"""Link Disk.Top by a code that is typed on another device (RFC 8628): asked for in a job, never too early."""

from dataclasses import asdict, dataclass, field

from clients.errors import ClientError
from clients.oauth import TokenGrant
from services.clock import Clock
from services.errors import ServiceOff
from services.jobs import JobHandler, Lease, RetryLater
from services.linking.devicepolls import End, Polling, after, end_of
from services.linking.unlinking import Unlinking
from services.names import Service
from services.notices import card_changed, notice
from services.providers import DiskTopProvider
from services.refreshing import new_link
from services.steps import Reached, nothing
from storage import jobs, links
from storage.database import Database
from storage.jobs import Job
from storage.links import Link
from storage.tx import Tx

__all__ = ["POLL", "DeviceLinking", "ShownCode"]

POLL = "device.poll"


@dataclass(frozen=True)
class ShownCode:
    """Be what the user types, and where."""

    user_code: str = field(repr=False)
    verification_uri: str
    verification_uri_complete: str | None = field(repr=False)
    expires_at: float


class DeviceLinking:
    """Link Disk.Top accounts without a browser on this device; one code a user, the last one counts."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        provider: DiskTopProvider | None,
        unlinking: Unlinking,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._provider = provider
        self._unlinking = unlinking
        self._reached = reached

    async def start(self, user_id: int, card_id: str | None = None) -> ShownCode:
        """Get a code, and have it polled for; the card is told of its end.

        Raises ServiceOff or the ClientError of the call.
        """
        provider = self._on()
        given = await provider.client.device_code(provider.scopes)
        polling = Polling.begin(given, self._clock.now())
        payload = {"user_id": user_id, "card_id": card_id, "polling": asdict(polling)}

        async def work(tx: Tx) -> None:
            await jobs.cancel(tx, POLL, str(user_id))
            key = str(user_id)
            await jobs.enqueue(tx, POLL, key, payload, polling.next_at, dedup=key, owner=user_id)

        await self._db.write(work)
        return ShownCode(
            given.user_code, given.verification_uri, given.verification_uri_complete, polling.expires_at
        )

    async def cancel(self, user_id: int) -> bool:
        """Forget a user's code; what a poll under way brings is not kept. False when there was none."""
        return await self._db.write(lambda tx: jobs.cancel(tx, POLL, str(user_id)))

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {POLL: self.poll}

    async def poll(self, job: Job, lease: Lease) -> None:
        """Do the job: ask once if it is time, and say when to ask again."""
        polling, now = Polling(**job.payload["polling"]), self._clock.now()
        if self._provider is None or now >= polling.expires_at:
            await self._ended(job, lease, "expired" if self._provider else "failed")
            return
        if now < polling.next_at:
            raise RetryLater(at=min(polling.next_at, polling.expires_at))
        # Noted before it is asked: whoever comes after a kill waits as well.
        await self._note(job, lease, polling.asked(now))
        await self._reached("device.asking")
        try:
            grant = await self._provider.client.poll_device(polling.device_code)
        except ClientError as error:
            await self._reached("device.answered")
            await self._on_error(job, lease, polling, error)
            return
        await self._reached("device.granted")
        await self._linked(job, self._provider, grant, lease)

    async def _on_error(self, job: Job, lease: Lease, polling: Polling, error: ClientError) -> None:
        following = after(polling, error, self._clock.now())
        if following is None:
            await self._ended(job, lease, end_of(error))
            return
        await self._note(job, lease, following)
        raise RetryLater(at=min(following.next_at, following.expires_at)) from error

    async def _note(self, job: Job, lease: Lease, polling: Polling) -> None:
        await lease.keep({**job.payload, "polling": asdict(polling)})

    async def _ended(self, job: Job, lease: Lease, end: End) -> None:
        await lease.finish(lambda tx: self._tell(tx, job, end))

    async def _linked(self, job: Job, provider: DiskTopProvider, grant: TokenGrant, lease: Lease) -> None:
        user_id, now = int(job.payload["user_id"]), self._clock.now()
        new = new_link(user_id, Service.DISKTOP, grant, provider.scopes, now)

        async def work(tx: Tx) -> None:
            await self._unlinking.replaced(tx, new, now)
            kept.append(await links.save(tx, new, now))
            await self._tell(tx, job, "linked")

        kept: list[Link] = []
        await lease.finish(work)
        await self._reached("device.saved")
        await self._describe(provider, kept[-1], job.payload.get("card_id"))

    async def _tell(self, tx: Tx, job: Job, end: End) -> None:
        user_id, now = int(job.payload["user_id"]), self._clock.now()
        about = {"service": Service.DISKTOP, "card_id": job.payload.get("card_id")}
        await notice(tx, user_id, f"device_{end}", now=now, **about)

    async def _describe(self, provider: DiskTopProvider, link: Link, card_id: str | None) -> None:
        """Note whose link it is; one that cannot tell just now stays unnamed."""
        try:
            account = await provider.describe(link.access_token)
        except ClientError:
            return

        async def work(tx: Tx) -> None:
            await links.describe(tx, link.id, account.id, account.name)
            await card_changed(tx, link.user_id, card_id, now=self._clock.now())

        await self._db.write(work)

    def _on(self) -> DiskTopProvider:
        if self._provider is None:
            raise ServiceOff(Service.DISKTOP)
        return self._provider
