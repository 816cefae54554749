"""Use cases that outlive one update."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from clients.acgbt.client import ACGBT
from clients.disktop.client import DiskTop
from clients.hdhive.client import HDHive
from clients.linkcheck.client import LinkCheck
from clients.mika.client import Mika
from clients.tmdb.client import TMDB
from services.acgbt import Acg
from services.activity import Activity
from services.broadcasts import Broadcasts
from services.chatstatus import ChatStatuses
from services.checkins.checkins import CheckIns
from services.clock import Clock
from services.credentials import UserCredentials
from services.drive import Drive
from services.errors import ServiceOff
from services.forgetting import Forgetting
from services.inboxes import Inboxes
from services.jobs import JobHandler
from services.linkchecks.linkchecks import LinkChecks
from services.linking.devicecode import DeviceLinking
from services.linking.oauth import Linking
from services.linking.signins import SignIns
from services.mika import Transcoding, Videos
from services.names import Service
from services.people import People
from services.privacy import Privacy
from services.publishing import Publishing
from services.refreshing import Refreshing
from services.saving.saves import Saves
from services.saving.transfers import Transfers
from services.sentpictures import SentPictures
from services.shares import Shares
from services.subscriptions import Subscriptions
from services.titles import Titles
from services.tokens import Tokens
from services.unlocking.unlocking import Unlocking
from services.uploads import Uploads
from services.watch import Watching
from storage.database import Database

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Services:
    """Be the one door to every use case; a service whose client is None is off."""

    db: Database
    clock: Clock
    hdhive: HDHive | None
    disktop: DiskTop | None
    linkcheck: LinkCheck | None
    tmdb: TMDB | None
    acgbt: ACGBT | None
    mika: Mika | None
    people: People
    chat_statuses: ChatStatuses
    linking: Linking
    devices: DeviceLinking
    refreshing: Refreshing
    tokens: Tokens
    credentials: UserCredentials
    signins: SignIns
    unlocking: Unlocking
    checkins: CheckIns
    linkchecks: LinkChecks
    transfers: Transfers
    drive: Drive
    saves: Saves
    shares: Shares
    uploads: Uploads
    titles: Titles
    watch: Watching
    subscriptions: Subscriptions
    acg: Acg
    publishing: Publishing
    pictures: SentPictures
    inboxes: Inboxes
    videos: Videos
    transcoding: Transcoding
    activity: Activity
    broadcasts: Broadcasts
    privacy: Privacy
    forgetting: Forgetting

    def __post_init__(self) -> None:
        """Say what is to be done when somebody is forgotten, before and after their rows are gone."""
        self.forgetting.wills += [self.uploads.will, self.transcoding.will]
        self.forgetting.hooks += [self.chat_statuses.load, self.uploads.dismiss]

    def offers(self, service: str) -> bool:
        """Tell whether a service is set up."""
        clients: Mapping[str, object | None] = {
            Service.HDHIVE: self.hdhive,
            Service.DISKTOP: self.disktop,
            Service.LINKCHECK: self.linkcheck,
            Service.TMDB: self.tmdb,
            Service.ACGBT: self.acgbt,
            Service.MIKA: self.mika,
        }
        return clients.get(service) is not None

    def require_hdhive(self) -> HDHive:
        """Return the client of HDHive or raise ServiceOff."""
        return _on(self.hdhive, Service.HDHIVE)

    def require_disktop(self) -> DiskTop:
        """Return the client of Disk.Top or raise ServiceOff."""
        return _on(self.disktop, Service.DISKTOP)

    def require_linkcheck(self) -> LinkCheck:
        """Return the client of the link check or raise ServiceOff."""
        return _on(self.linkcheck, Service.LINKCHECK)

    def require_acgbt(self) -> ACGBT:
        """Return the client of ACGBT or raise ServiceOff."""
        return _on(self.acgbt, Service.ACGBT)

    def require_mika(self) -> Mika:
        """Return the client of Mika or raise ServiceOff."""
        return _on(self.mika, Service.MIKA)

    def jobs(self) -> dict[str, JobHandler]:
        """Return the job handlers that share one runner; what could hold up others has one of its own."""
        own = (
            self.forgetting,
            self.broadcasts,
            self.linking,
            self.devices,
            self.refreshing,
            self.credentials,
            self.unlocking,
            self.linkchecks,
            self.saves,
        )
        return {kind: handler for one in own for kind, handler in one.jobs().items()}

    async def resume(self) -> None:
        """Take up what a killed process left under way; call it at the start."""
        await self.forgetting.resume()
        await self.refreshing.resume()
        await self.unlocking.resume()
        await self.checkins.resume()
        await self.watch.resume()
        await self.uploads.resume()
        await self.subscriptions.resume()
        await self.acg.resume()
        await self.inboxes.resume()

    async def close(self) -> None:
        """Wait for what must not be cut short; clients and database stay open."""
        await self.refreshing.close()
        self.uploads.close()


def _on(client: T | None, service: Service) -> T:
    if client is None:
        raise ServiceOff(service)
    return client
