import json

import httpx
import pytest

LINKS = [
    "https://pan.quark.cn/s/alive0001",
    "https://pan.quark.cn/s/dead0001",
    "https://pan.xunlei.com/s/Vlocked01",
    "https://disk.top/s/8d2f3a",
    "https://pan.baidu.com/s/1uncertain1",
]


@pytest.fixture
def key(box):
    return {"X-API-Key": box.world.credentials.linkcheck_api_key}


async def make(web, key, urls, **more):
    items = [{"url": url, "meta": {"n": n}} for n, url in enumerate(urls)]
    answer = await web.post("/linkcheck/jobs", json={"items": items} | more, headers=key)
    assert answer.status_code == 201
    return answer.json()


async def read(web, key, job, last=None):
    """Read a stream to its end or cut; returns the events and whether it was cut."""
    headers = key | ({"Last-Event-ID": last} if last else {})
    events, text = [], ""
    try:
        async with web.stream("GET", "/linkcheck" + job["stream_url"], headers=headers) as answer:
            async for part in answer.aiter_text():
                text += part
    except httpx.HTTPError:
        cut = True
    else:
        cut = False
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
        if "data" in fields:
            events.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return events, cut


async def test_verdicts_stream_with_ids(web, key):
    job = await make(web, key, LINKS)
    assert [item["provider"] for item in job["items"]] == ["quark", "quark", "xunlei", "unknown", "baidu"]
    events, cut = await read(web, key, job)
    assert not cut
    assert [int(number) for number, *_ in events] == list(range(1, len(events) + 1))
    results = {data["url"]: data for _, kind, data in events if kind == "result"}
    assert results[LINKS[0]]["valid"] is True
    assert results[LINKS[0]]["reason"] == "all_checks_passed"
    assert results[LINKS[1]]["valid"] is False
    assert results[LINKS[2]]["reason"] == "access_code_required"
    assert results[LINKS[3]]["reason"] == "unsupported_provider"
    assert results[LINKS[4]]["reason"] in ("check_timeout", "provider_rate_limited")
    assert results[LINKS[1]]["meta"] == {"n": 1}
    assert "progress" in {kind for _, kind, _ in events}
    assert events[-1][1] == "done"
    state = (await web.get(f"/linkcheck/jobs/{job['job_id']}", headers=key)).json()
    assert (state["status"], state["finished"]) == ("finished", 5)


async def test_a_cut_stream_is_taken_up_by_its_last_id(web, key):
    urls = [f"https://pan.quark.cn/s/alive{n:04d}" for n in range(12)]
    fault = {"service": "linkcheck", "path": "/jobs/*/events", "kind": "cut", "events": 4}
    await web.post("/control/faults", json=fault)
    job = await make(web, key, urls)
    first, cut = await read(web, key, job)
    assert cut
    assert len(first) == 3  # the retry line is a block of its own
    rest, cut = await read(web, key, job, last=first[-1][0])
    assert not cut
    seen = [data["url"] for _, kind, data in first + rest if kind == "result"]
    assert seen == urls


async def test_cut_at_a_byte_and_repeats(box, web, key):
    box.world.options.linkcheck_repeats = 2
    await web.post(
        "/control/faults", json={"service": "linkcheck", "kind": "cut", "path": "*/events", "bytes": 700}
    )
    job = await make(web, key, LINKS)
    _, cut = await read(web, key, job)
    assert cut
    rest, _ = await read(web, key, job, last="2")
    assert rest[0][0] == "1"


async def test_a_stream_can_stall(web, key):
    await web.post("/control/faults", json={"service": "linkcheck", "kind": "stall", "path": "*/events"})
    job = await make(web, key, LINKS)
    with pytest.raises(httpx.ReadTimeout):
        await web.get("/linkcheck" + job["stream_url"], headers=key, timeout=0.2)


async def test_urgent_reorders(box, web, key):
    box.world.options.linkcheck_seconds = 0.03
    urls = [f"https://pan.quark.cn/s/alive{n:04d}" for n in range(8)]
    job = await make(web, key, urls)
    body = {"urls": [urls[7], "https://pan.quark.cn/s/other"]}
    answer = (await web.post(f"/linkcheck/jobs/{job['job_id']}/urgent", json=body, headers=key)).json()
    assert answer["accepted"] == 1
    assert answer["not_found"] == ["https://pan.quark.cn/s/other"]
    events, _ = await read(web, key, job)
    order = [(d["url"], d["priority_used"]) for _, kind, d in events if kind == "result"]
    assert (urls[7], "urgent") in order[:2]


async def test_cancel(box, web, key):
    box.world.options.linkcheck_seconds = 0.2
    job = await make(web, key, LINKS)
    answer = await web.delete(f"/linkcheck/jobs/{job['job_id']}", headers=key)
    assert answer.json()["status"] == "cancelled"
    events, _ = await read(web, key, job)
    assert events[-1][1:] == ("done", events[-1][2])
    assert events[-1][2]["status"] == "cancelled"


async def test_keys_pool_and_errors(web, key):
    assert (await web.post("/linkcheck/jobs", json={"items": []})).status_code == 401
    assert (await web.post("/linkcheck/jobs", json={"items": []}, headers=key)).status_code == 422
    assert (await web.get("/linkcheck/jobs/none", headers=key)).status_code == 404
    assert len((await web.get("/linkcheck/pool")).json()["providers"]) == 9
    assert (await web.get("/linkcheck/pool/quark")).json()["provider"] == "quark"
    assert (await web.get("/linkcheck/pool/floppy")).status_code == 404
    assert (await web.get("/linkcheck/health")).json()["status"] == "ok"
