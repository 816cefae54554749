import asyncio
from collections.abc import AsyncIterator
from hashlib import md5

import httpx
import pytest

from clients.errors import Forbidden, NotFound, Rejected, Unreachable
from clients.mika.client import Mika
from clients.mika.models import TaskStatus
from clients.transport import Transport
from sandbox.server import Sandbox
from tests.sandbox.mikaways import MEMBER, READER, body, chunk, key, sign_in, some

DATA = some(350_123)
DIGEST = md5(DATA, usedforsecurity=False).hexdigest()


@pytest.fixture
async def mika(box: Sandbox) -> AsyncIterator[Mika]:
    box.world.options.mika_chunk_bytes = 100_000
    made = Mika(Transport("mika", box.settings(1)["MIKA_URL"]))
    yield made
    await made.aclose()


async def uploaded(web: httpx.AsyncClient) -> dict:
    return (await web.get("/control/mika")).json()["videos"][-1]


async def test_a_whole_video(mika: Mika, web: httpx.AsyncClient) -> None:
    who = await sign_in(mika)
    done = await mika.upload(
        who, "片.mp4", body(DATA), len(DATA), title="标题", description="简介", category_id=2
    )
    kept = await uploaded(web)
    assert (kept["id"], kept["md5"], kept["title"]) == (done.id, DIGEST, "标题")
    assert (kept["description"], kept["category_id"], kept["status"]) == ("简介", 2, "pending")
    assert (await mika.video(who, done.id or 0)).play_url is None


async def test_fields_may_come_behind_the_file(mika: Mika, web: httpx.AsyncClient) -> None:
    token = (await mika.login("u1001", "pass-1001")).token
    answer = await web.post(
        "/mika/api/videos/upload",
        files=[
            ("file", ("a.mp4", DATA)),
            ("title", (None, "标题".encode())),
            ("category_id", (None, b"2")),
        ],
        headers={"authorization": f"Bearer {token}"},
    )
    assert answer.json()["data"]["upload_progress"] == 100
    assert (await uploaded(web))["md5"] == DIGEST


async def test_chunks_in_any_order_become_the_video(mika: Mika, web: httpx.AsyncClient) -> None:
    who = key(MEMBER)
    session = await mika.begin_upload(who, "a.mp4", len(DATA), "标题", 2)
    assert (session.chunk_size, session.total_chunks) == (100_000, 4)
    for index in (2, 0, 3):
        await chunk(mika, who, session, DATA, index)
    with pytest.raises(Rejected) as refused:
        await mika.complete(who, session.upload_id)
    assert "1" in refused.value.fields["chunks"]
    await chunk(mika, who, session, DATA, 1)
    done = await mika.complete(who, session.upload_id)
    assert ((await uploaded(web))["md5"], done.status) == (DIGEST, "pending")
    assert (await mika.complete(who, session.upload_id)).id == done.id


async def test_sessions_end_and_belong_to_one(box: Sandbox, mika: Mika) -> None:
    who = await sign_in(mika)
    session = await mika.begin_upload(who, "a.mp4", len(DATA), "标题", 2)
    with pytest.raises(NotFound):
        await mika.complete(key(MEMBER), session.upload_id)
    box.world.clock.advance(86401)
    for call in (chunk(mika, who, session, DATA, 0), mika.complete(who, session.upload_id)):
        with pytest.raises(NotFound) as gone:
            await call
        assert gone.value.code == "upload_not_found"


async def test_expiring_on_demand_and_completing_once(
    box: Sandbox, mika: Mika, web: httpx.AsyncClient
) -> None:
    who = await sign_in(mika)
    session = await mika.begin_upload(who, "a.mp4", len(DATA), "标题", 2)
    assert (await web.post("/control/mika", json={"expire": "uploads"})).json()["expired"] == 1
    with pytest.raises(NotFound):
        await chunk(mika, who, session, DATA, 0)
    box.world.options.mika_complete_once = box.world.options.mika_complete_bare = True
    session = await mika.begin_upload(who, "a.mp4", 5, "标题", 2)
    await chunk(mika, who, session, b"12345", 0)
    assert (await mika.complete(who, session.upload_id)).id is None
    with pytest.raises(NotFound):
        await mika.complete(who, session.upload_id)


async def test_lost_dropped_and_damaged_chunks(box: Sandbox, mika: Mika) -> None:
    who = await sign_in(mika)
    session = await mika.begin_upload(who, "a.mp4", 2000, "标题", 2)
    fault = {"service": "mika", "path": "/api/videos/upload/chunk"}
    box.world.faults.add(fault | {"kind": "lose"})
    await chunk(mika, who, session, DATA[:2000], 0)
    with pytest.raises(Rejected):
        await mika.complete(who, session.upload_id)
    box.world.faults.add(fault | {"kind": "drop", "bytes": 500})
    with pytest.raises(Unreachable):
        await chunk(mika, who, session, DATA[:2000], 0)
    box.world.faults.add(fault | {"kind": "damage"})
    await chunk(mika, who, session, DATA[:2000], 0)
    done = await mika.complete(who, session.upload_id)
    # Nobody can tell a damaged chunk but the transcoder.
    box.world.clock.advance(30)
    (task,) = [task for task in (await mika.tasks(who)).items if task.video_id == done.id]
    assert task.status is TaskStatus.FAILED


async def test_what_an_upload_is_refused_for(mika: Mika, web: httpx.AsyncClient) -> None:
    who = await sign_in(mika)
    with pytest.raises(Forbidden):
        await mika.begin_upload(await sign_in(mika, READER), "a.mp4", 5, "t", 2)
    await web.post("/control/mika", json={"settings": {"max_upload_mb": 1}})
    for name, size, title, category, fields in (
        ("a.mp4", 5, "", 2, {"title"}),
        ("a.mp4", 5, "t", 999, {"category_id"}),
        ("a.mp4", 5, "t", None, {"category_id"}),
        ("a.txt", 5, "t", 2, {"filename"}),
        ("a.mp4", 0, "t", 2, {"filesize"}),
        ("a.mp4", 1024 * 1024 + 1, "t", 2, {"filesize"}),
    ):
        with pytest.raises(Rejected) as refused:
            await mika.begin_upload(who, name, size, title, category)
        assert set(refused.value.fields) == fields
    session = await mika.begin_upload(who, "a.mp4", 150_000, "t", 2)
    for index, size in ((2, 5), (0, 99_999), (1, 50_001)):
        with pytest.raises(Rejected):
            await mika.send_chunk(who, session.upload_id, index, body(DATA[:size]), size)


async def test_a_task_gets_on_with_the_clock_and_makes_the_video_playable(box: Sandbox, mika: Mika) -> None:
    who = await sign_in(mika)
    done = await mika.upload(who, "a.mp4", body(DATA), len(DATA), title="t", category_id=2)
    (task,) = [task for task in (await mika.tasks(who)).items if task.video_id == done.id]
    assert (task.status, task.progress) == (TaskStatus.PENDING, 0)
    box.world.clock.advance(12)
    task = await mika.task(who, task.id)
    assert (task.status, 45 <= task.progress <= 60) == (TaskStatus.PROCESSING, True)
    assert "progress=40%" in (task.log or "")
    box.world.clock.advance(12)
    assert (await mika.task(who, task.id)).progress == 100
    assert (await mika.video(who, done.id or 0)).play_url == f"/videos/{done.id}/index.m3u8"
    with pytest.raises(Rejected):
        await mika.retry_task(who, task.id)


async def test_a_task_fails_on_demand_and_is_retried_and_cancelled(
    box: Sandbox, mika: Mika, web: httpx.AsyncClient
) -> None:
    who = await sign_in(mika)
    await web.post("/control/mika", json={"fail": 1, "at": 60})
    done = await mika.upload(who, "a.mp4", body(DATA), len(DATA), title="t", category_id=2)
    (task,) = [task for task in (await mika.tasks(who)).items if task.video_id == done.id]
    box.world.clock.advance(30)
    task = await mika.task(who, task.id)
    assert (task.status, task.progress) == (TaskStatus.FAILED, 60)
    assert (task.log or "").endswith("ffmpeg exited with code 1")
    await mika.retry_task(who, task.id)
    assert (await mika.task(who, task.id)).status is TaskStatus.PENDING
    await mika.cancel_task(who, task.id)
    assert (await mika.task(who, task.id)).status is TaskStatus.CANCELLED
    await mika.retry_task(who, task.id)
    box.world.clock.advance(30)
    assert (await mika.task(who, task.id)).status is TaskStatus.COMPLETED


async def test_a_slow_line_is_slow_and_the_journal_has_no_bytes(box: Sandbox, mika: Mika) -> None:
    box.world.options.mika_upload_rate = 1_000_000
    who = await sign_in(mika)
    began = asyncio.get_running_loop().time()
    await mika.upload(who, "a.mp4", body(DATA), len(DATA), title="t", category_id=2)
    assert asyncio.get_running_loop().time() - began > 0.25
    entry = box.world.journal.since(0, "mika")[-1]
    assert (entry["path"], entry["body"]) == ("/api/videos/upload", "title=t&category_id=2")
    assert entry["size"] > len(DATA)
