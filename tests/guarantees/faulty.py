"""The faults of D6, and every upstream call that the product can make."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from clients.acgbt.client import ACGBT
from clients.disktop.client import DiskTop
from clients.fetch.fetched import Limits
from clients.fetch.fetcher import Fetcher
from clients.hdhive.client import HDHive
from clients.hdhive.publishing import NewShare, ShareChanges
from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.linkcheck.models import CheckItem
from clients.mika.client import Mika
from clients.tmdb.client import TMDB
from clients.transport import Timeouts, Transport
from sandbox.server import Sandbox
from tests.guarantees import faulty_keyed
from tests.guarantees.faulty_keyed import Call

XIAOYU, BEN, DUNE = 1001, 1002, 438631
PART = b"part of a file" * 1000
CALLBACK = "http://127.0.0.1:8080/oauth/{}/callback"

# The sixteen faults of the README's D6; those with a door come before any HTTP is spoken.
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "refuse": {"door": "refuse"},
    "no TLS": {"door": "tls"},
    "bad certificate": {"door": "certificate"},
    "reset before": {"kind": "reset"},
    "reset after": {"kind": "reset_after"},
    "time-out before": {"kind": "hang"},
    "time-out after": {"kind": "hang", "after": True},
    "429": {"kind": "retry_after", "retry_after": 30},
    "500": {"kind": "status", "status": 500},
    "502 HTML": {"kind": "html", "status": 502},
    "bad JSON": {"kind": "bad_json"},
    "drip": {"kind": "drip"},
    "truncated": {"kind": "truncate"},
    "redirect": {"kind": "redirect"},
    "wrong types": {"kind": "wrong_types"},
    "10 MB": {"kind": "huge"},
}
# These let us wait; every other one ends at once.
WAITING = ("time-out before", "time-out after", "drip")
# A 429 tells the wait in each of these ways, or not at all.
STYLES = ("header", "date", "top", "data", "none")


async def _at_once(_seconds: float) -> None:
    """Stand for a long rest: following goes on in the background, where it may obey a 429 of minutes."""


PATIENCE = Patience(silence=0.3, pause=0.001, tries=2, sleep=_at_once)


def variants() -> list[tuple[str, dict[str, Any]]]:
    """Every fault, the 429 once for each way of telling the wait."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, fault in FAULTS.items():
        if name == "429":
            found += [(f"429 {style}", {**fault, "style": style}) for style in STYLES]
        else:
            found.append((name, dict(fault)))
    return found


@dataclass(frozen=True)
class Clients:
    """One client of each service."""

    hive: HDHive
    disk: DiskTop
    check: LinkCheck
    tmdb: TMDB
    acgbt: ACGBT
    mika: Mika
    fetch: Fetcher

    def by_name(self) -> dict[str, object]:
        """Return them by the names of their services."""
        return {
            "hdhive": self.hive,
            "disktop": self.disk,
            "linkcheck": self.check,
            "tmdb": self.tmdb,
            "acgbt": self.acgbt,
            "mika": self.mika,
            "fetch": self.fetch,
        }


@asynccontextmanager
async def clients(
    box: Sandbox, timeouts: Timeouts, *, door: str | None = None, backoff: float = 0.001
) -> AsyncIterator[Clients]:
    """Open the clients towards the sandbox, or towards one of its doors."""
    own, base = box.world.credentials, door or box.url
    async with AsyncExitStack() as stack:

        def way(service: str, api: str = "") -> Transport:
            made = Transport(service, f"{base}/{service}{api}", timeout=timeouts, backoff=backoff)
            stack.push_async_callback(made.aclose)
            return made

        disk = DiskTop(way("disktop"), own.disktop_client_id, own.disktop_client_secret)
        fetch = Fetcher(
            allowed_hosts=frozenset(urlsplit(url).netloc for url in (base, box.url)), limits=limits(timeouts)
        )
        acgbt = ACGBT(way("acgbt", "/api/v1"), now=box.world.now, fetcher=fetch)
        mika = Mika(way("mika", "/api"), now=box.world.now)
        for client in (disk, acgbt, mika):
            stack.push_async_callback(client.aclose)
        yield Clients(
            HDHive(way("hdhive"), own.hdhive_client_id, own.hdhive_app_secret),
            disk,
            LinkCheck(way("linkcheck"), own.linkcheck_api_key),
            TMDB(way("tmdb"), own.tmdb_token, f"{base}/tmdb/t/p"),
            acgbt,
            mika,
            fetch,
        )


def limits(timeouts: Timeouts) -> Limits:
    """Return the fetcher's patience: its own, or as short as that of the others."""
    if timeouts == Timeouts():
        return Limits()
    return Limits(connect=timeouts.connect, answer=timeouts.total, silence=timeouts.read, pace=timeouts.total)


@dataclass
class Known:
    """Tokens and ids that are good, so that only the fault can make a call fail."""

    hive: str = ""
    hive_refresh: str = ""
    hive_spare: str = ""
    disk: str = ""
    disk_refresh: str = ""
    slug: str = ""
    own_slug: str = ""
    job: str = ""
    endpoint: str = ""
    upload: str = ""
    keyed: faulty_keyed.Known = field(default_factory=faulty_keyed.Known)


async def know(box: Sandbox, on: Clients) -> Known:
    """Link two people and find ids, all without a fault."""
    known = Known()
    first, second = await hive_grant(on.hive, XIAOYU), await hive_grant(on.hive, BEN)
    known.hive, known.hive_refresh = first.access_token, first.refresh_token or ""
    known.hive_spare = second.refresh_token or ""
    disk = await disk_grant(on.disk, XIAOYU)
    known.disk, known.disk_refresh = disk.access_token, disk.refresh_token or ""
    known.slug = (await on.hive.resources(known.hive, "movie", DUNE))[0].slug
    share = NewShare("https://pan.quark.cn/s/abcdef", tmdb_id=str(DUNE), media_type="movie", unlock_points=3)
    known.own_slug = (await on.hive.create_share(known.hive, share)).slug
    known.job = (await on.check.create([CheckItem("https://pan.quark.cn/s/alive1")])).job_id
    begun = await on.disk.precreate(known.disk, "/", "a.bin", len(PART), hashlib.md5(PART).hexdigest())
    known.endpoint, known.upload = begun.endpoint or "", begun.upload_id or ""
    known.keyed = await faulty_keyed.know(box, on.mika, XIAOYU)
    return known


async def hive_grant(hive: HDHive, person: int) -> Any:
    """Link HDHive the whole way."""
    callback = CALLBACK.format("hdhive")
    scopes = ("meta", "query", "unlock", "write", "vip")
    back = await consent(hive.authorize_url(callback, scopes, "st"), person)
    return await hive.exchange_code(back["code"], callback)


async def disk_grant(disk: DiskTop, person: int) -> Any:
    """Link Disk.Top the whole way."""
    callback, verifier = CALLBACK.format("disktop"), secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    scopes = ("user.read", "files.app_data", "share.read")
    back = await consent(disk.authorize_url(callback, scopes, "st", challenge), person)
    return await disk.exchange_code(back["code"], callback, verifier)


async def consent(url: str, person: int) -> dict[str, str]:
    """Press Allow on the consent page and give what the callback would get."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    async with httpx.AsyncClient(cookies={"sandbox_person": str(person)}, trust_env=False) as browser:
        page = await browser.post(url.partition("?")[0], data={**asked, "decision": "allow"})
    back = urlsplit(page.headers["location"])
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def calls(on: Clients, k: Known) -> dict[str, Call]:
    """Every upstream call of the product, by name."""
    own = {**_hdhive(on.hive, k), **_disktop(on.disk, k), **_others(on.check, on.tmdb, k)}
    return {**own, **faulty_keyed.calls(on.acgbt, on.mika, on.fetch, k.keyed)}


def _hdhive(hive: HDHive, k: Known) -> dict[str, Call]:
    new = NewShare("https://pan.quark.cn/s/other1", tmdb_id=str(DUNE), media_type="movie")
    return {
        "hdhive.exchange_code": lambda: hive.exchange_code("code", CALLBACK.format("hdhive")),
        "hdhive.refresh": lambda: hive.refresh(k.hive_spare),
        "hdhive.revoke": lambda: hive.revoke(k.hive_spare),
        "hdhive.ping": hive.ping,
        "hdhive.quota": lambda: hive.quota(k.hive),
        "hdhive.usage": lambda: hive.usage(k.hive),
        "hdhive.usage_today": lambda: hive.usage_today(k.hive),
        "hdhive.resources": lambda: hive.resources(k.hive, "movie", DUNE),
        "hdhive.share": lambda: hive.share(k.hive, k.slug),
        "hdhive.check_resource": lambda: hive.check_resource(k.hive, "https://pan.quark.cn/s/x"),
        "hdhive.unlock": lambda: hive.unlock(k.hive, k.slug),
        "hdhive.my_shares": lambda: hive.my_shares(k.hive),
        "hdhive.iter_my_shares": lambda: _all(hive.iter_my_shares(k.hive, 200)),
        "hdhive.create_share": lambda: hive.create_share(k.hive, new),
        "hdhive.update_share": lambda: hive.update_share(k.hive, k.own_slug, ShareChanges(title="x")),
        "hdhive.delete_share": lambda: hive.delete_share(k.hive, k.own_slug),
        "hdhive.me": lambda: hive.me(k.hive),
        "hdhive.checkin": lambda: hive.checkin(k.hive),
        "hdhive.weekly_free_quota": lambda: hive.weekly_free_quota(k.hive),
    }


def _disktop(disk: DiskTop, k: Known) -> dict[str, Call]:
    surl, fid = "8d2f3a", 1
    return {
        "disktop.exchange_code": lambda: disk.exchange_code("code", CALLBACK.format("disktop"), "v"),
        "disktop.refresh": lambda: disk.refresh("used"),
        "disktop.device_code": lambda: disk.device_code(["user.read"]),
        "disktop.poll_device": lambda: disk.poll_device("code"),
        "disktop.user_info": lambda: disk.user_info(k.disk),
        "disktop.quota": lambda: disk.quota(k.disk),
        "disktop.share_enable": lambda: disk.share_enable(k.disk),
        "disktop.share_verify": lambda: disk.share_verify(k.disk, "c0de12", "1234"),
        "disktop.share_info": lambda: disk.share_info(k.disk, surl),
        "disktop.share_files": lambda: disk.share_files(k.disk, surl),
        "disktop.share_transfer": lambda: disk.share_transfer(k.disk, surl, [fid]),
        "disktop.share_stream": lambda: disk.share_stream(k.disk, surl, fid),
        "disktop.share_video_meta": lambda: disk.share_video_meta(k.disk, surl, fid),
        "disktop.share_download": lambda: disk.share_download(k.disk, "51f11e"),
        "disktop.files": lambda: disk.files(k.disk),
        "disktop.search": lambda: disk.search(k.disk, "x"),
        "disktop.meta": lambda: disk.meta(k.disk, fid),
        "disktop.download": lambda: disk.download(k.disk, fid),
        "disktop.stream": lambda: disk.stream(k.disk, fid),
        "disktop.make_folder": lambda: disk.make_folder(k.disk, "/", secrets.token_hex(4)),
        "disktop.rename": lambda: disk.rename(k.disk, "x", file_id=fid),
        "disktop.move": lambda: disk.move(k.disk, "/", file_ids=[fid]),
        "disktop.copy": lambda: disk.copy(k.disk, "/", file_ids=[fid]),
        "disktop.delete": lambda: disk.delete(k.disk, file_ids=[fid]),
        "disktop.precreate": lambda: disk.precreate(k.disk, "/", "b.bin", 1, "0" * 32),
        "disktop.send_chunk": lambda: disk.send_chunk(k.endpoint, k.upload, 1, _part, len(PART)),
        "disktop.parts": lambda: disk.parts(k.endpoint, k.upload),
        "disktop.complete": lambda: disk.complete(k.endpoint, k.upload),
        "disktop.abort": lambda: disk.abort(k.endpoint, k.upload),
    }


def _others(check: LinkCheck, tmdb: TMDB, k: Known) -> dict[str, Call]:
    return {
        "linkcheck.create": lambda: check.create([CheckItem("https://pan.quark.cn/s/x")]),
        "linkcheck.job": lambda: check.job(k.job),
        "linkcheck.urgent": lambda: check.urgent(k.job, ["https://pan.quark.cn/s/alive1"]),
        "linkcheck.cancel": lambda: check.cancel(k.job),
        # `events` is read by `follow` alone, which bounds it: a stream has no end of its own.
        "linkcheck.follow": lambda: _all(check.follow(k.job, patience=PATIENCE)),
        "linkcheck.pool": check.pool,
        "linkcheck.provider_pool": lambda: check.provider_pool("quark"),
        "linkcheck.health": check.health,
        "tmdb.search": lambda: tmdb.search("沙丘", "zh-CN"),
        "tmdb.details": lambda: tmdb.details("movie", DUNE, "zh-CN"),
        "tmdb.images": lambda: tmdb.images("movie", DUNE),
        "tmdb.languages": tmdb.languages,
    }


async def _part() -> AsyncIterator[bytes]:
    yield PART


async def _all(source: Any) -> list[Any]:
    return [each async for each in source]


def methods_of(client: object) -> set[str]:
    """The public calls of a client, so that none is forgotten here."""
    offline = {"aclose", "authorize_url", "image_url", "events", "link"}
    return {name for kind in type(client).__mro__[:-1] for name in vars(kind) if name[0] != "_"} - offline
