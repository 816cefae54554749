"""Link checks and titles through the sandbox, and every fault through each client."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from clients.disktop.client import DiskTop
from clients.errors import ClientError, Misconfigured, NotFound, RateLimited, Unreachable
from clients.hdhive.client import HDHive
from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.linkcheck.models import CheckItem
from clients.tmdb.client import TMDB
from sandbox.server import Sandbox
from tests.clients.sandboxed import *  # noqa: F403
from tests.clients.sandboxed import DUNE, way


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
