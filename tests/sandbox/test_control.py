import asyncio
import json
import time

import httpx
import pytest

from sandbox.server import Sandbox

PING = "/hdhive/api/open/ping"


async def fault(web: httpx.AsyncClient, **wish) -> None:
    answer = await web.post("/control/faults", json={"service": "hdhive"} | wish)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def key(box: Sandbox) -> dict[str, str]:
    return {"X-API-Key": box.world.credentials.hdhive_app_secret}


async def test_status_html_redirect_and_bad_json(web, key):
    await fault(web, kind="status", status=503, path="/api/open/*")
    await fault(web, kind="html")
    await fault(web, kind="redirect")
    await fault(web, kind="bad_json")
    answers = [await web.get(PING, headers=key) for _ in range(5)]
    assert [a.status_code for a in answers] == [503, 502, 302, 200, 200]
    assert "<h1>" in answers[1].text
    assert answers[2].headers["location"].startswith("https://")
    with pytest.raises(json.JSONDecodeError):
        answers[3].json()
    assert answers[4].json()["data"]["message"] == "pong"


async def test_reset_breaks_the_connection(web, key):
    await fault(web, kind="reset")
    with pytest.raises(httpx.ReadError):
        await web.get(PING, headers=key)


async def test_reset_after_lets_the_effect_happen(box, web, hdhive):
    linked = await hdhive()
    await fault(web, kind="reset_after", path="*/checkin")
    with pytest.raises(httpx.ReadError):
        await web.post("/hdhive/api/open/checkin", json={}, headers=linked["headers"])
    assert box.world.people[1001].points != 120
    again = await web.post("/hdhive/api/open/checkin", json={}, headers=linked["headers"])
    assert again.json()["data"]["checked_in"] is False


async def test_delay_hang_truncate_drip_and_huge(web, key):
    await fault(web, kind="delay", seconds=0.15)
    started = time.perf_counter()
    assert (await web.get(PING, headers=key)).status_code == 200
    assert time.perf_counter() - started > 0.14
    await fault(web, kind="hang")
    with pytest.raises(httpx.ReadTimeout):
        await web.get(PING, headers=key, timeout=0.1)
    await fault(web, kind="truncate")
    with pytest.raises(httpx.RemoteProtocolError):
        await web.get(PING, headers=key)
    await fault(web, kind="drip", seconds=0.001)
    assert (await web.get(PING, headers=key)).json()["success"] is True
    await fault(web, kind="huge", bytes=300_000)
    assert len((await web.get(PING, headers=key)).content) > 300_000


async def test_wrong_types(web, key):
    await fault(web, kind="wrong_types")
    body = (await web.get(PING, headers=key)).json()
    assert body["success"] == "perhaps"
    assert body["data"]["message"] == ["pong"]


@pytest.mark.parametrize(
    ("style", "where"),
    [
        ("header", lambda a: a.headers["retry-after"] == "7"),
        ("date", lambda a: a.headers["retry-after"].endswith("GMT")),
        ("top", lambda a: a.json()["retry_after_seconds"] == 7),
        ("data", lambda a: a.json()["data"]["retry_after_seconds"] == 7),
        ("telegram", lambda a: a.json()["parameters"]["retry_after"] == 7),
        ("none", lambda a: "retry-after" not in a.headers),
    ],
)
async def test_retry_after_styles(web, key, style, where):
    await fault(web, kind="retry_after", retry_after=7, style=style)
    answer = await web.get(PING, headers=key)
    assert answer.status_code == 429
    assert where(answer)


async def test_faults_match_method_and_path_count_down_and_can_be_removed(web, key):
    await fault(web, kind="status", status=500, method="POST")
    await fault(web, kind="status", status=500, path="/api/open/quota", times=2)
    await fault(web, kind="status", status=418, path="/api/open/usage", times=0)
    assert (await web.get(PING, headers=key)).status_code == 200
    quota = [(await web.get("/hdhive/api/open/quota", headers=key)).status_code for _ in range(3)]
    assert quota == [500, 500, 200]
    assert (await web.get("/hdhive/api/open/usage", headers=key)).status_code == 418
    assert len((await web.get("/control/faults")).json()["faults"]) == 2
    await web.delete("/control/faults")
    assert (await web.get("/hdhive/api/open/usage", headers=key)).status_code == 200
    bad = await web.post("/control/faults", json={"service": "hdhive", "kind": "sneeze"})
    assert bad.status_code == 400


async def test_journal_writes_every_call_in_order(web, key):
    await web.get(PING, headers=key, params={"a": "1"})
    await web.post("/linkcheck/jobs", json={"items": []})
    await fault(web, kind="reset")
    with pytest.raises(httpx.ReadError):
        await web.get(PING, headers=key)
    log = (await web.get("/control/journal")).json()
    assert [(e["service"], e["method"], e["path"], e["status"]) for e in log["entries"]] == [
        ("hdhive", "GET", "/api/open/ping", 200),
        ("linkcheck", "POST", "/jobs", 401),
        ("hdhive", "GET", "/api/open/ping", None),
    ]
    first = log["entries"][0]
    assert first["query"] == "a=1"
    assert first["headers"]["x-api-key"] == key["X-API-Key"]
    assert log["entries"][1]["body"] == '{"items":[]}'
    later = (await web.get("/control/journal", params={"since": log["last"] - 1})).json()["entries"]
    assert len(later) == 1
    only = (await web.get("/control/journal", params={"service": "linkcheck"})).json()["entries"]
    assert [e["seq"] for e in only] == [2]


async def test_people_clock_options_and_reset(box, web):
    edited = await web.post("/control/people/1002", json={"points": 50, "premium": True})
    assert (edited.json()["points"], edited.json()["premium"]) == (50, True)
    assert (await web.post("/control/people/1002", json={"points": "many"})).status_code == 400
    assert (await web.post("/control/people/9", json={})).status_code == 404
    before = box.world.now()
    await web.post("/control/clock", json={"advance": 3600})
    assert box.world.now() - before > 3599
    assert (await web.post("/control/options", json={"hdhive_refresh": "never"})).status_code == 400
    await web.post("/control/options", json={"hdhive_refresh": "grace"})
    assert box.world.options.hdhive_refresh == "grace"
    await web.post("/control/reset")
    assert box.world.people[1002].points == 8
    assert box.world.clock.offset == 0
    assert box.world.options.hdhive_refresh == "rotate"


async def test_sleeping_by_the_virtual_clock(box):
    asleep = asyncio.create_task(box.world.clock.sleep(3600))
    await asyncio.sleep(0.01)
    assert not asleep.done()
    box.world.clock.advance(3601)
    await asyncio.wait_for(asleep, 1)
