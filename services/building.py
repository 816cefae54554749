"""Put the use cases together: which stands on which, and what they are given."""

from pathlib import Path
from typing import TypedDict, Unpack

from clients.acgbt.client import ACGBT
from clients.disktop.client import DiskTop
from clients.fetch.fetcher import Fetcher
from clients.hdhive.client import HDHive
from clients.linkcheck.client import LinkCheck
from clients.mika.client import Mika
from clients.oauth import DISKTOP_SCOPES, HDHIVE_SCOPES
from clients.tmdb.client import TMDB
from services import Services
from services.acgbt import Acg
from services.activity import Activity
from services.broadcasts import Broadcasts
from services.chatstatus import ChatStatuses
from services.checkins.checkins import SPREAD_SECONDS, CheckIns
from services.clock import Clock
from services.credentials import UserCredentials
from services.drive import Drive
from services.forgetting import Forgetting
from services.inboxes import Inboxes
from services.linkchecks.linkchecks import LinkChecks
from services.linkchecks.run import LinkCheckPace
from services.linking.devicecode import DeviceLinking
from services.linking.oauth import Linking
from services.linking.signins import SignIns
from services.linking.unlinking import Unlinking
from services.mika import Transcoding, Videos
from services.names import Service
from services.people import People
from services.privacy import Privacy
from services.providers import DiskTopProvider, HDHiveProvider, Provider
from services.publishing import Publishing
from services.refreshing import Refreshing
from services.saving.locks import SaveLocks
from services.saving.saves import Saves
from services.saving.transfers import Transfers
from services.sentpictures import SentPictures
from services.shares import Shares
from services.steps import Reached, nothing
from services.subscriptions import PollPace, Subscriptions
from services.titles import Titles
from services.tokens import Tokens
from services.unlocking.unlocking import Unlocking
from services.uploads import Uploads
from services.uploads.disktop import DiskTopTarget
from services.uploads.mika import MikaTarget
from services.uploads.pace import UploadPace
from services.uploads.spool import Spool
from services.uploads.targets import Target
from services.watch import Watching
from storage.database import Database


class Clients(TypedDict, total=False):
    """Name the clients; one that is None is off."""

    hdhive: HDHive | None
    disktop: DiskTop | None
    linkcheck: LinkCheck | None
    tmdb: TMDB | None
    acgbt: ACGBT | None
    mika: Mika | None


class Parts(Clients, total=False):
    """Name what `build` may be given: the clients that are on, and how it all goes."""

    fetcher: Fetcher | None
    pictures_url: str | None
    hdhive_scopes: tuple[str, ...]
    disktop_scopes: tuple[str, ...]
    holder: str | None
    linkcheck_pace: LinkCheckPace | None
    upload_pace: UploadPace | None
    spool: Path | None
    checkin_spread: float
    poll_pace: PollPace | None
    chat_statuses: ChatStatuses | None
    reached: Reached


class Used(TypedDict):
    """Name what following titles stands on."""

    hdhive: HDHive | None
    tokens: Tokens
    titles: Titles
    unlocking: Unlocking
    transfers: Transfers


def build(db: Database, clock: Clock, *, public_url: str, **given: Unpack[Parts]) -> Services:
    """Put the use cases together; `reached` is told of named steps, `holder` names this process."""
    hdhive, disktop, linkcheck = given.get("hdhive"), given.get("disktop"), given.get("linkcheck")
    tmdb, acgbt, mika = given.get("tmdb"), given.get("acgbt"), given.get("mika")
    reached, poll_pace = given.get("reached", nothing), given.get("poll_pace")
    drive = DiskTopProvider(disktop, given.get("disktop_scopes", DISKTOP_SCOPES)) if disktop else None
    scopes = given.get("hdhive_scopes", HDHIVE_SCOPES)
    providers = _linked_by(HDHiveProvider(hdhive, scopes) if hdhive else None, drive)
    spread = given.get("checkin_spread", SPREAD_SECONDS)
    unlinking = Unlinking(db, clock, providers, reached=reached)
    refreshing = Refreshing(db, clock, providers, holder=given.get("holder"), reached=reached)
    tokens = Tokens(db, clock, refreshing)
    own = Drive(clock, disktop, tokens, reached=reached)
    people = People(db, clock)
    transfers = Transfers(clock, disktop, tokens, own.changed, SaveLocks(db, clock))
    titles = Titles(clock, tmdb, hdhive, tokens)
    unlocking = Unlocking(db, clock, hdhive, tokens, reached=reached)
    used = Used(hdhive=hdhive, tokens=tokens, titles=titles, unlocking=unlocking, transfers=transfers)
    outside = Clients(hdhive=hdhive, disktop=disktop, linkcheck=linkcheck, tmdb=tmdb, acgbt=acgbt, mika=mika)
    credentials = _credentials(db, clock, acgbt, mika, reached)
    acg = Acg(db, clock, acgbt, credentials, pace=poll_pace, reached=reached)
    videos = Videos(clock, mika, credentials)
    chat_statuses = given.get("chat_statuses") or ChatStatuses(db, clock)
    activity = Activity()
    return Services(
        db=db,
        clock=clock,
        **outside,
        activity=activity,
        people=people,
        chat_statuses=chat_statuses,
        linking=Linking(db, clock, providers, public_url, reached=reached),
        devices=DeviceLinking(db, clock, drive, unlinking, reached=reached),
        refreshing=refreshing,
        tokens=tokens,
        credentials=credentials,
        signins=SignIns(credentials, acgbt, mika, reached=reached),
        unlocking=unlocking,
        checkins=CheckIns(db, clock, hdhive, tokens, people, spread=spread, reached=reached),
        watch=Watching(db, clock, hdhive, disktop, linkcheck, tokens, people, reached=reached),
        linkchecks=LinkChecks(db, clock, linkcheck, disktop, tokens, pace=given.get("linkcheck_pace")),
        transfers=transfers,
        saves=Saves(db, clock, transfers, reached=reached),
        shares=Shares(hdhive, tokens, reached=reached),
        uploads=_uploads(db, clock, tokens, credentials, videos, own, given),
        drive=own,
        titles=titles,
        subscriptions=Subscriptions(db, clock, **used, pace=poll_pace, activity=activity, reached=reached),
        acg=acg,
        publishing=Publishing(db, acg.catalogue, credentials, given.get("fetcher"), reached=reached),
        pictures=SentPictures(db, clock, given.get("pictures_url"), reached=reached),
        inboxes=Inboxes(db, clock, acgbt, credentials, people, reached=reached),
        videos=videos,
        transcoding=Transcoding(db, clock, videos, chat_statuses, reached=reached),
        broadcasts=Broadcasts(db, clock, reached=reached),
        privacy=Privacy(db, clock),
        forgetting=Forgetting(db, clock, unlinking, reached=reached),
    )


def _credentials(
    db: Database, clock: Clock, acgbt: ACGBT | None, mika: Mika | None, reached: Reached
) -> UserCredentials:
    """Return the credentials of the services to which people bring their own."""
    brought = [s for s, on in ((Service.ACGBT, acgbt), (Service.MIKA, mika)) if on is not None]
    plainly = {Service.ACGBT: acgbt.profile} if acgbt is not None else {}
    return UserCredentials(db, clock, brought, plainly=plainly, reached=reached)


def _uploads(
    db: Database,
    clock: Clock,
    tokens: Tokens,
    credentials: UserCredentials,
    videos: Videos,
    drive: Drive,
    given: Parts,
) -> Uploads:
    goals: dict[str, Target] = {
        Service.DISKTOP: DiskTopTarget(clock, given.get("disktop"), tokens, drive.changed),
        Service.MIKA: MikaTarget(clock, credentials, videos),
    }
    return Uploads(
        db,
        clock,
        goals,
        Spool(given.get("spool"), clock=clock),
        videos,
        fetcher=given.get("fetcher"),
        drive=drive,
        pace=given.get("upload_pace"),
        reached=given.get("reached", nothing),
    )


def _linked_by(*providers: Provider | None) -> dict[str, Provider]:
    return {provider.service: provider for provider in providers if provider is not None}
