"""Open a client for each upstream that is set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.probes import Probe
from bot.sending.windows import Share
from bot.settings import Settings
from clients.acgbt.client import ACGBT
from clients.acgbt.ratelimit import KeyRateLimiter
from clients.disktop.client import DiskTop
from clients.fetch.fetcher import Fetcher
from clients.hdhive.client import HDHive
from clients.linkcheck.client import LinkCheck
from clients.mika.client import Mika
from clients.tmdb.client import TMDB
from clients.transport import Transport
from services.names import Service


class Closing(Protocol):
    """Be anything that is closed at the end."""

    async def aclose(self) -> None:
        """Close all connections."""
        ...


C = TypeVar("C", bound=Closing)


@dataclass(frozen=True)
class Upstreams:
    """Hold the clients; None is a service that is off."""

    hdhive: HDHive | None
    disktop: DiskTop | None
    linkcheck: LinkCheck | None
    tmdb: TMDB | None
    acgbt: ACGBT | None
    mika: Mika | None
    fetcher: Fetcher

    async def aclose(self) -> None:
        """Close every client."""
        for client in (self.hdhive, self.disktop, self.linkcheck, self.tmdb, self.acgbt, self.mika):
            if client is not None:
                await client.aclose()

    def probes(self, *, credentials: bool = False) -> dict[str, Probe]:
        """Return for each service that is on a call that needs no user.

        With `credentials` the call proves them, at the price of a failed refresh at Disk.Top.
        """
        probes: dict[str, Probe] = {}
        if self.hdhive is not None:
            probes[Service.HDHIVE] = self.hdhive.ping
        if self.disktop is not None:
            call = self.disktop.refresh if credentials else self.disktop.user_info
            probes[Service.DISKTOP] = _with("no-token", call)
        if self.linkcheck is not None:
            probes[Service.LINKCHECK] = self.linkcheck.health
        if self.tmdb is not None:
            probes[Service.TMDB] = self.tmdb.languages
        if self.acgbt is not None:
            probes[Service.ACGBT] = self.acgbt.info
        if self.mika is not None:
            probes[Service.MIKA] = self.mika.categories
        return probes


def open_upstreams(settings: Settings, share: Share = int) -> Upstreams:
    """Open the clients the settings ask for; `share` is our part of what all replicas may do together."""
    s = settings

    def transport(service: Service, url: str) -> Transport:
        return Transport(service, url, proxy=s.proxy_for(service))

    hdhive = disktop = linkcheck = tmdb = None
    if s.hdhive_client_id and s.hdhive_app_secret:
        hdhive = HDHive(transport(Service.HDHIVE, s.hdhive_url), s.hdhive_client_id, s.hdhive_app_secret)
    if s.disktop_client_id and s.disktop_client_secret:
        place = transport(Service.DISKTOP, s.disktop_url)
        disktop = DiskTop(place, s.disktop_client_id, s.disktop_client_secret)
    if s.linkcheck_url and s.linkcheck_api_key:
        linkcheck = LinkCheck(transport(Service.LINKCHECK, s.linkcheck_url), s.linkcheck_api_key)
    if s.tmdb_token:
        tmdb = TMDB(transport(Service.TMDB, s.tmdb_url), s.tmdb_token, s.tmdb_image_url)
    fetcher = Fetcher(allowed_hosts=s.fetch_allowed_hosts)
    # These two need nothing of the operator but their address.
    acgbt = ACGBT(transport(Service.ACGBT, s.acgbt_url), limiter=KeyRateLimiter(share=share), fetcher=fetcher)
    mika = Mika(transport(Service.MIKA, s.mika_url)) if s.mika_url else None
    return Upstreams(hdhive, disktop, linkcheck, tmdb, acgbt, mika, fetcher)


def _with(token: str, call: Callable[[str], object]) -> Probe:
    return lambda: call(token)  # type: ignore[return-value]
