"""Put the use cases on their clients, as the settings ask for."""

from __future__ import annotations

from bot import database, formats
from bot.settings import Settings
from bot.upstreams import Upstreams
from services import Services, building
from services.chatstatus import ChatStatuses
from services.clock import Clock
from services.steps import Reached, nothing
from services.subscriptions import PollPace
from storage.database import Database


def assemble(
    settings: Settings,
    db: Database,
    clock: Clock,
    upstreams: Upstreams,
    holder: str,
    chat_statuses: ChatStatuses,
    reached: Reached = nothing,
) -> Services:
    """Return the one door to every use case."""
    return building.build(
        db,
        clock,
        public_url=settings.public_url,
        pictures_url=settings.public_url if formats.is_public_site(settings.public_url) else None,
        hdhive=upstreams.hdhive,
        disktop=upstreams.disktop,
        linkcheck=upstreams.linkcheck,
        tmdb=upstreams.tmdb,
        acgbt=upstreams.acgbt,
        mika=upstreams.mika,
        fetcher=upstreams.fetcher,
        spool=database.spool_folder(settings),
        hdhive_scopes=settings.hdhive_scopes,
        disktop_scopes=settings.disktop_scopes,
        checkin_spread=settings.checkin_spread_seconds,
        poll_pace=PollPace(interval=settings.subscription_poll_seconds),
        holder=holder,
        chat_statuses=chat_statuses,
        reached=reached,
    )
