"""Each client through every endpoint of the sandbox, and every fault through each client."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from clients.disktop.client import DiskTop
from clients.disktop.errors import DeviceDenied, DevicePending, DeviceSlowDown
from clients.errors import (
    ClientError,
    Forbidden,
    ForbiddenReason,
    Misconfigured,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
)
from clients.hdhive.client import HDHive
from clients.hdhive.publishing import NewShare, ShareChanges
from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.linkcheck.models import CheckItem
from clients.tmdb.client import TMDB
from clients.transport import Timeouts, Transport
from sandbox.server import Sandbox

XIAOYU, BEN, LAOCHEN = 1001, 1002, 1003
CALLBACK = "http://127.0.0.1:8080/oauth/{}/callback"
DUNE = 438631


@pytest.fixture
async def env(box: Sandbox) -> dict[str, str]:
    return box.settings(8080)


def way(env: dict[str, str], service: str) -> Transport:
    url = env[f"{service.upper()}_URL"]
    return Transport(service, url, timeout=Timeouts(1, 0.3, 0.8), backoff=0.001)


@pytest.fixture
async def hive(env: dict[str, str]) -> AsyncIterator[HDHive]:
    made = HDHive(way(env, "hdhive"), env["HDHIVE_CLIENT_ID"], env["HDHIVE_APP_SECRET"])
    yield made
    await made.aclose()


@pytest.fixture
async def disk(env: dict[str, str]) -> AsyncIterator[DiskTop]:
    made = DiskTop(way(env, "disktop"), env["DISKTOP_CLIENT_ID"], env["DISKTOP_CLIENT_SECRET"])
    yield made
    await made.aclose()


@pytest.fixture
async def check(env: dict[str, str]) -> AsyncIterator[LinkCheck]:
    made = LinkCheck(way(env, "linkcheck"), env["LINKCHECK_API_KEY"])
    yield made
    await made.aclose()


@pytest.fixture
async def tmdb(env: dict[str, str]) -> AsyncIterator[TMDB]:
    made = TMDB(way(env, "tmdb"), env["TMDB_TOKEN"], env["TMDB_IMAGE_URL"])
    yield made
    await made.aclose()


async def consent(url: str, person: int, decision: str = "allow") -> dict[str, str]:
    """Press a button of the consent page and give what the callback would get."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    async with httpx.AsyncClient(cookies={"sandbox_person": str(person)}, trust_env=False) as browser:
        page = await browser.post(url.partition("?")[0], data={**asked, "decision": decision})
    back = urlsplit(page.headers.get("location", ""))
    return {name: values[0] for name, values in parse_qs(back.query).items()}


async def hive_token(hive: HDHive, person: int, scopes: str = "meta query unlock write vip") -> Any:
    callback = CALLBACK.format("hdhive")
    back = await consent(hive.authorize_url(callback, scopes.split(), "st"), person)
    assert back["state"] == "st"
    return await hive.exchange_code(back["code"], callback)


async def disk_token(disk: DiskTop, person: int) -> Any:
    callback, verifier = CALLBACK.format("disktop"), secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    scopes = ["user.read", "files.app_data", "share.read"]
    back = await consent(disk.authorize_url(callback, scopes, "st", challenge), person)
    return await disk.exchange_code(back["code"], callback, verifier)


async def test_hdhive_from_consent_to_check_in(box: Sandbox, hive: HDHive) -> None:
    grant = await hive_token(hive, XIAOYU)
    token = grant.access_token
    assert (grant.expires_in, set(grant.scopes)) == (7200, {"meta", "query", "unlock", "write", "vip"})
    assert (await hive.ping()).message == "pong"
    assert (await hive.quota(token)).daily_reset
    me = await hive.me(token)
    assert me.points == box.world.people[XIAOYU].points
    found = await hive.resources(token, "movie", DUNE)
    paid = next(one for one in found if one.unlock_points and not one.is_unlocked)
    share = await hive.share(token, paid.slug)
    unlocked = await hive.unlock(token, paid.slug)
    assert not unlocked.already_owned
    assert (await hive.me(token)).points == (me.points or 0) - share.price_for_user
    assert (await hive.unlock(token, paid.slug)).already_owned
    assert (await hive.share(token, paid.slug)).is_unlocked
    assert (await hive.check_resource(token, unlocked.full_url)).pan_type == paid.pan_type
    assert (await hive.checkin(token)).checked_in
    again = await hive.checkin(token, gambler=True)
    assert (again.checked_in, bool(again.message)) == (False, True)
    assert (await hive.weekly_free_quota(token)).limit >= 0
    usage, today = await hive.usage(token), await hive.usage_today(token)
    assert usage.summary is not None
    assert today.summary is not None
    assert usage.summary.calls >= today.summary.calls - 1 > 0
    assert usage.daily_stats[0].date
    assert await hive.resources(token, "tv", 999999999) == ()


async def test_hdhive_own_shares(hive: HDHive) -> None:
    token = (await hive_token(hive, XIAOYU)).access_token
    before = len([share async for share in hive.iter_my_shares(token, 500)])
    made = await hive.create_share(
        token,
        NewShare("https://pan.quark.cn/s/abcdef", tmdb_id=str(DUNE), media_type="movie", unlock_points=3),
    )
    assert (made.url, made.unlock_points) == ("https://pan.quark.cn/s/abcdef", 3)
    await hive.update_share(token, made.slug, ShareChanges(title="新的", unlock_points=0))
    changed = await hive.share(token, made.slug)
    assert (changed.title, changed.unlock_points) == ("新的", 0)
    page = await hive.my_shares(token, 1, 1)
    assert (len(page.shares), page.total) == (1, before + 1)
    await hive.delete_share(token, made.slug)
    with pytest.raises(NotFound):
        await hive.delete_share(token, made.slug)
    with pytest.raises(Rejected):
        await hive.update_share(token, made.slug, ShareChanges(title="x"))
    with pytest.raises(Rejected):
        await hive.create_share(token, NewShare(""))


async def test_hdhive_refusals(box: Sandbox, env: dict[str, str], hive: HDHive) -> None:
    callback = CALLBACK.format("hdhive")
    assert await consent(hive.authorize_url(callback, ["query"], "st"), BEN, "deny") == {
        "error": "access_denied",
        "state": "st",
    }
    with pytest.raises(Rejected):
        await hive.exchange_code("nonsense", callback)
    stranger = HDHive(way(env, "hdhive"), "app", "wrong")
    with pytest.raises(Misconfigured):
        await stranger.ping()
    await stranger.aclose()
    with pytest.raises(NotAuthorized) as gone:
        await hive.me("nonsense")
    assert not gone.value.refreshable
    token = (await hive_token(hive, LAOCHEN)).access_token
    with pytest.raises(Forbidden) as premium:
        await hive.checkin(token)
    assert premium.value.reason is ForbiddenReason.PREMIUM
    paid = next(one for one in await hive.resources(token, "movie", DUNE) if one.unlock_points)
    with pytest.raises(Rejected) as poor:
        await hive.unlock(token, paid.slug)
    assert poor.value.code == "INSUFFICIENT_POINTS"
    assert "积分不足" in (poor.value.message or "")
    with pytest.raises(NotFound):
        await hive.share(token, "0" * 32)
    narrow = (await hive_token(hive, XIAOYU, "query")).access_token
    with pytest.raises(Forbidden) as scope:
        await hive.unlock(narrow, paid.slug)
    assert scope.value.reason is ForbiddenReason.USER_SCOPE
    box.world.options.disabled_endpoints.append("GET /me")
    with pytest.raises(Forbidden) as disabled:
        await hive.me(narrow)
    assert disabled.value.reason is ForbiddenReason.DISABLED


async def test_hdhive_refresh_in_each_mode(box: Sandbox, hive: HDHive) -> None:
    grant = await hive_token(hive, XIAOYU)
    box.world.expire("hdhive", XIAOYU, "access")
    with pytest.raises(NotAuthorized) as expired:
        await hive.me(grant.access_token)
    assert expired.value.refreshable
    fresh = await hive.refresh(grant.refresh_token)
    assert fresh.refresh_token not in (None, grant.refresh_token)
    box.world.options.hdhive_refresh = "none"
    assert (await hive.refresh(fresh.refresh_token or "")).refresh_token is None
    box.world.faults.add({"service": "hdhive", "kind": "status", "path": "*/token", "status": 405})
    assert (await hive.refresh(fresh.refresh_token or "")).access_token
    await hive.revoke(fresh.refresh_token or "")
    with pytest.raises(NotAuthorized) as gone:
        await hive.refresh(fresh.refresh_token or "")
    assert not gone.value.refreshable


async def test_disktop_user_and_shares(disk: DiskTop) -> None:
    grant = await disk_token(disk, XIAOYU)
    token = grant.access_token
    user = await disk.user_info(token)
    assert user.oauth is not None
    assert set(user.oauth.scopes) == set(grant.scopes)
    assert (await disk.quota(token)).total_bytes > 0
    info = await disk.share_info(token, "8d2f3a")
    assert (info.type.name, info.need_pwd) == ("FOLDER", False)
    demo, docs = sorted(await disk.share_files(token, "8d2f3a"), key=lambda file: file.is_dir)
    assert (demo.size, docs.is_dir) == (8_388_608, True)
    assert len(await disk.share_files(token, "8d2f3a", f"/{docs.name}")) == 2
    assert (await disk.share_stream(token, "8d2f3a", demo.id)).stream_url
    assert (await disk.share_video_meta(token, "8d2f3a", demo.id)).width
    assert (await disk.share_download(token, "8d2f3a", demo.id)).name == demo.name
    assert (await disk.share_download(token, "51f11e")).size == 3 * 1024 * 1024
    made = await disk.make_folder(token, "/", "电影 & 1")
    assert made.name == "电影 & 1"
    done = await disk.share_transfer(token, "8d2f3a", [demo.id], "/电影 & 1")
    assert (done.transferred, len(done.file_ids)) == (1, 1)
    assert [file.name for file in (await disk.files(token, "/电影 & 1")).files] == ["demo.mp4"]
    assert (await disk.refresh(grant.refresh_token)).refresh_token != grant.refresh_token


async def test_disktop_access_codes_and_refusals(box: Sandbox, disk: DiskTop) -> None:
    token = (await disk_token(disk, BEN)).access_token
    wrong: list[Awaitable[object]] = [
        disk.share_files(token, "c0de12"),
        disk.share_files(token, "c0de12", pwd="0000"),
        disk.share_verify(token, "c0de12", "0000"),
    ]
    for work in wrong:
        with pytest.raises(Rejected) as locked:
            await work
        assert locked.value.code == "pwd_required_or_wrong"
    assert (await disk.share_info(token, "c0de12")).need_pwd
    assert len(await disk.share_files(token, "c0de12", pwd="1234")) == 2
    assert await disk.share_verify(token, "c0de12", "1234")
    for surl, code in (("dead00", "share_not_found"), ("!", "invalid_surl")):
        with pytest.raises(NotFound) as missing:
            await disk.share_info(token, surl)
        assert missing.value.code == code
    huge = (await disk.share_files(token, "b19b19"))[0]
    with pytest.raises(Rejected) as full:
        await disk.share_transfer(token, "b19b19", [huge.id])
    assert full.value.code == "quota_exceeded"
    with pytest.raises(NotFound):
        await disk.share_download(token, "8d2f3a", 1)
    with pytest.raises(Forbidden) as scope:
        await disk.share_enable(token)
    assert scope.value.reason is ForbiddenReason.USER_SCOPE
    box.world.expire("disktop", BEN, "access")
    with pytest.raises(NotAuthorized) as expired:
        await disk.quota(token)
    assert expired.value.refreshable
    with pytest.raises(NotAuthorized) as gone:
        await disk.refresh("nonsense")
    assert not gone.value.refreshable
    with pytest.raises(Rejected):
        await disk.exchange_code("nonsense", CALLBACK.format("disktop"), "v")


async def test_disktop_share_enable(disk: DiskTop) -> None:
    begun = await disk.device_code(["share.create"])
    await consent(begun.verification_uri_complete or "", XIAOYU)
    token = (await disk.poll_device(begun.device_code)).access_token
    assert (await disk.share_enable(token)).enabled


async def test_disktop_device_code(box: Sandbox, disk: DiskTop) -> None:
    box.world.options.disktop_device_interval = 0.2
    begun = await disk.device_code(["user.read"])
    with pytest.raises(DevicePending):
        await disk.poll_device(begun.device_code)
    with pytest.raises(DeviceSlowDown):
        await disk.poll_device(begun.device_code)
    denied = await disk.device_code(["user.read"])
    await consent(denied.verification_uri_complete or "", XIAOYU, "deny")
    with pytest.raises(DeviceDenied):
        await disk.poll_device(denied.device_code)


async def test_links_are_checked_over_cuts(box: Sandbox, check: LinkCheck) -> None:
    box.world.options.linkcheck_repeats = 2
    links = [f"https://pan.quark.cn/s/link{n:04d}" for n in range(25)] + ["https://example.com/x"]
    job = await check.create([CheckItem(url, {"n": n}) for n, url in enumerate(links)])
    assert len(job.items) == 26
    for _ in range(3):
        box.world.faults.add({"service": "linkcheck", "kind": "cut", "path": "*/events", "bytes": 900})
    patience = Patience(silence=0.5, pause=0.001)
    results = [event.result async for event in check.follow(job.job_id, patience=patience) if event.result]
    assert sorted(result.meta["n"] for result in results) == list(range(26))
    assert [result.verdict for result in results if "example.com" in result.url] == ["unsupported"]
    assert (await check.job(job.job_id)).finished


async def test_link_check_jobs_can_be_hurried_and_stopped(box: Sandbox, check: LinkCheck) -> None:
    box.world.options.linkcheck_seconds = 0.05
    urls = [f"https://pan.quark.cn/s/link{n:04d}" for n in range(30)]
    job = await check.create([CheckItem(url) for url in urls])
    assert (await check.urgent(job.job_id, urls[-2:])).accepted == 2
    assert not (await check.job(job.job_id)).finished
    await check.cancel(job.job_id)
    kinds = [event.kind async for event in check.follow(job.job_id)]
    assert kinds[-1] == "done"
    assert len(kinds) < 30
    assert {entry.provider for entry in (await check.pool()).providers} >= {"quark", "baidu"}
    assert (await check.provider_pool("quark")).details["workers"] == 1
    assert (await check.health()).totals
    with pytest.raises(NotFound):
        await check.provider_pool("nobody")
    with pytest.raises(NotFound):
        _ = [event async for event in check.follow("nobody")]


async def test_tmdb(env: dict[str, str], tmdb: TMDB) -> None:
    page = await tmdb.search("沙丘", "zh-CN")
    assert DUNE in {title.id for title in page.results}
    film = await tmdb.details("movie", DUNE, "en-US")
    assert (film.title, film.year) == ("Dune", 2021)
    assert tmdb.image_url(film.poster_path)
    assert (await tmdb.images("movie", DUNE)).posters
    assert {"zh", "en"} <= {language.code for language in await tmdb.languages()}
    with pytest.raises(NotFound):
        await tmdb.details("tv", 999999999, "en-US")
    stranger = TMDB(way(env, "tmdb"), "wrong", "http://x")
    with pytest.raises(Misconfigured):
        await stranger.languages()
    await stranger.aclose()


FAULTS: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("status", "html", "hang", "reset", "reset_after", "truncate", "bad_json")),
    *({"kind": kind} for kind in ("drip", "redirect", "wrong_types", "huge")),
    *({"kind": "status", "status": status} for status in (401, 403, 404, 405, 502, 503)),
    *(
        {"kind": "retry_after", "style": style, "retry_after": 30}
        for style in ("header", "date", "top", "data")
    ),
    {"kind": "retry_after", "style": "none"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
async def test_every_fault_at_every_service_is_one_of_our_errors(
    box: Sandbox, hive: HDHive, disk: DiskTop, check: LinkCheck, tmdb: TMDB, fault: dict[str, Any]
) -> None:
    calls: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("hdhive", lambda: hive.unlock("tok", "s")),
        ("hdhive", lambda: hive.refresh("r")),
        ("disktop", lambda: disk.share_transfer("tok", "s", [1])),
        ("disktop", lambda: disk.refresh("r")),
        ("linkcheck", lambda: check.create([CheckItem("https://pan.quark.cn/s/x")])),
        ("tmdb", lambda: tmdb.search("x", "en-US")),
    ]
    for service, call in calls:
        # A refresh may try its second endpoint, a read may be repeated: the fault stays.
        box.world.faults.add({"service": service, "times": 0, **fault})
        began = time.monotonic()
        with pytest.raises(ClientError) as caught:
            await call()
        box.world.faults.clear()
        assert time.monotonic() - began < 5
        if fault["kind"] == "retry_after":
            assert isinstance(caught.value, RateLimited)
            assert 25 <= caught.value.retry_after <= 61 or service == "tmdb"
        if fault["kind"] in ("hang", "reset", "reset_after", "truncate"):
            assert isinstance(caught.value, Unreachable)
            assert caught.value.sent
