"""Uploads to Mika meet faults and deaths; the site does not tell which chunks it has."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from services.errors import LinkLost, NotLinked, UploadProblem
from services.names import Service
from services.uploads import About, Source, Stage, UploadView
from services.uploads.pace import MIB
from storage import links
from storage.database import Database
from tests.services.uploads.uploading import QUICK, STEPS, XIAOYU, Works, linked, true_md5, works
from tests.services.uploads.uploadingmika import (
    CHUNK,
    COMPLETE,
    INIT,
    add,
    chunks,
    digest,
    joined,
    videos,
)

SIZE = 2_500_000
SMALL = 400_000
PARTS = range(-(-SIZE // 200_003))
API = "/api/videos/upload"


@pytest.fixture
async def spool(box: Sandbox, tmp_path: Path) -> Path:
    box.world.options.mika_chunk_bytes = 200_003
    return tmp_path / "spool"


@pytest.fixture
async def one(box: Sandbox, sqlite_db: Database, spool: Path) -> AsyncIterator[Works]:
    async with works(box, sqlite_db, spool) as made:
        await joined(made)
        yield made


def fault(one: Works, path: str, kind: str, **more: Any) -> None:
    one.box.world.faults.add({"service": "mika", "path": path, "kind": kind, **more})


def whole(one: Works, view: UploadView, size: int = SIZE) -> None:
    assert view.stage is Stage.DONE, view.upload.problem
    (video,) = videos(one.box)
    assert (digest(video), video.title) == (true_md5(size), "film")
    assert view.upload.stored is not None
    assert view.upload.stored.file_id == video.id


CHUNK_FAULTS = [
    {"kind": "drop", "bytes": 40_000},
    {"kind": "reset"},
    {"kind": "reset_after", "seconds": 0.2},
    {"kind": "status", "status": 500},
    {"kind": "html", "status": 502},
    {"kind": "bad_json"},
    {"kind": "truncate", "after": True},
    {"kind": "slow", "bytes": 400_000},
]


@pytest.mark.parametrize("how", CHUNK_FAULTS, ids=lambda how: str(how["kind"]))
async def test_a_chunk_that_fails_is_sent_again_and_no_other(one: Works, how: dict[str, Any]) -> None:
    fault(one, f"{API}/chunk", **how)
    whole(one, await one.over(await add(one, "film.mkv", SIZE)))
    again = chunks(one) - Counter(PARTS)
    assert again.total() <= (0 if how["kind"] == "slow" else 1)
    assert len(one.calls("mika", INIT)) == 1


async def test_chunks_that_were_answered_and_lost_go_up_once_more(one: Works) -> None:
    fault(one, f"{API}/chunk", "lose")
    whole(one, await one.over(await add(one, "film.mkv", SIZE)))
    assert len(one.calls("mika", INIT)) == 2, "nobody knows which: all of it, in a new session"
    assert len(one.calls("files")) == 1, "what was fetched is sent again"


async def test_what_the_site_never_takes_ends_with_its_words(one: Works) -> None:
    fault(one, f"{API}/complete", "status", status=400, times=0, body={"code": 400, "message": "磁盘已满"})
    view = await one.over(await add(one, "film.mkv", SIZE))
    assert view.stage is Stage.FAILED
    problem = view.upload.problem
    assert isinstance(problem, UploadProblem)
    assert (problem.kind, problem.message, problem.service) == ("refused", "磁盘已满", "mika")
    assert len(one.calls("mika", COMPLETE)) == QUICK.damages + 1


async def test_a_session_that_is_gone_is_begun_anew(one: Works) -> None:
    one.box.world.options.mika_upload_rate = 600_000.0
    made = await add(one, "film.mkv", SIZE)
    await one.stepped("upload.part")
    for upload in one.box.world.mika.uploads.values():
        upload.expires_at = 0.0
    one.box.world.options.mika_upload_rate = 0.0
    whole(one, await one.over(made))
    assert len(one.calls("mika", INIT)) == 2


@pytest.mark.parametrize("path", ["init", "complete"])
@pytest.mark.parametrize("kind", ["reset", "reset_after", "html"])
async def test_answers_that_are_lost_make_no_second_video(one: Works, path: str, kind: str) -> None:
    fault(one, f"{API}/{path}", kind, seconds=0.2)
    whole(one, await one.over(await add(one, "film.mkv", SIZE)))


@pytest.mark.parametrize(("once", "bare"), [(True, False), (False, True), (True, True)])
async def test_ends_that_tell_little(one: Works, once: bool, bare: bool) -> None:
    one.box.world.options.mika_complete_once = once
    one.box.world.options.mika_complete_bare = bare
    fault(one, f"{API}/complete", "reset_after", seconds=0.2)
    whole(one, await one.over(await add(one, "film.mkv", SIZE)))


@pytest.mark.parametrize("kind", ["reset", "reset_after", "html", "truncate", "drop"])
async def test_a_small_video_goes_up_once(one: Works, kind: str) -> None:
    after = {"seconds": 0.5} if kind == "reset_after" else {"after": True} if kind == "truncate" else {}
    fault(one, API, kind, **after)
    whole(one, await one.over(await add(one, "film.mkv", SMALL)), SMALL)


async def test_too_many_calls_put_it_off(one: Works) -> None:
    fault(one, f"{API}/chunk", "retry_after", retry_after=0.3)
    made = await add(one, "film.mkv", SIZE)
    await one.until(lambda: any(view.upload.retry_at for _, view, _ in one.told))
    whole(one, await one.over(made))
    assert len(one.calls("mika", INIT)) == 1


@pytest.mark.parametrize("size", [SIZE, SMALL])
@pytest.mark.parametrize("step", STEPS)
async def test_it_goes_on_after_a_death_at_every_step(
    box: Sandbox, sqlite_db: Database, spool: Path, step: str, size: int
) -> None:
    box.world.options.mika_complete_once = True
    async with works(box, sqlite_db, spool, crash_at=step) as first:
        await joined(first)
        made = await add(first, "film.mkv", size)
        await first.stepped(step)
    async with works(box, sqlite_db, spool) as one:
        whole(one, await one.over(made), size)
        # Those on their way when it died are begun again; what was answered is not.
        assert (chunks(one) - Counter(PARTS)).total() <= QUICK.lanes


async def test_a_clock_that_is_wrong_after_a_restart_costs_no_link(
    box: Sandbox, sqlite_db: Database, spool: Path
) -> None:
    async with works(box, sqlite_db, spool, crash_at="upload.part") as first:
        await joined(first)
        made = await add(first, "film.mkv", SIZE)
        await first.stepped("upload.part")
    before = len(first.calls("mika"))
    async with works(box, sqlite_db, spool, signs_by=lambda: time.time() - 3600) as one:
        whole(one, await one.over(made))
        assert one.calls("mika")[before].path.endswith(CHUNK), "nothing else had asked for the time before"
        link = await one.services.db.read(lambda tx: links.get(tx, XIAOYU, Service.MIKA))
        assert link is not None
        assert link.state == "active"


async def test_title_words_and_category_are_put_right_after_the_end(one: Works) -> None:
    one.box.world.options.mika_upload_rate = 800_000.0
    made = await add(one, "film.mkv", SIZE)
    await one.stepped("upload.part")
    about = About(title="新名", description="说明", category_id=12, category="家庭录像")
    await one.uploads.following.describe(made, about)
    one.box.world.options.mika_upload_rate = 0.0
    view = await one.over(made)
    assert view.upload.about == about
    assert view.upload.transcode is not None
    assert view.upload.transcode.told != about.written(), "the look that follows has it to say"


async def test_who_is_not_linked_or_lost_it(box: Sandbox, sqlite_db: Database, spool: Path) -> None:
    async with works(box, sqlite_db, spool) as one:
        with pytest.raises(NotLinked):
            await add(one, "film.mkv", SIZE)
        await joined(one)
        box.world.mika.account_of(XIAOYU).secret = "another"
        view = await one.over(await add(one, "film.mkv", SIZE))
        assert isinstance(view.upload.problem, LinkLost)


@pytest.mark.parametrize("cut", [False, True])
async def test_a_file_of_the_drive_comes_by_a_link_of_its_own_each_time(
    box: Sandbox, sqlite_db: Database, spool: Path, cut: bool
) -> None:
    await linked(box, sqlite_db)
    drive = box.world.disktop.drive(XIAOYU, box.world.now())
    item = drive.add(drive.app_root, "film.mkv", box.world.now(), size=3 * MIB)
    async with works(box, sqlite_db, spool) as one:
        await joined(one)
        if cut:
            box.world.faults.add({"service": "disktop", "path": "/dl/*", "kind": "cut", "bytes": 2 * MIB})
        source = Source(kind="drive", ref=str(item.id), name=item.name, size=item.size, owner=XIAOYU)
        made = await one.uploads.add(XIAOYU, XIAOYU, source, About().written(), service=Service.MIKA)
        view = await one.over(made.id)
        assert view.stage is Stage.DONE, view.upload.problem
        (video,) = videos(box)
        assert digest(video) == item.md5
        links = one.calls("disktop", "/download")
        fetched = [call for call in one.calls("disktop") if call.path.startswith("/dl/")]
        assert len(links) == len(fetched) == (2 if cut else 1)
        ranged = [call.headers.get("range") for call in fetched]
        assert ranged[0] is None
        if cut:
            assert (ranged[1] or "").startswith("bytes="), "gone on with from where it was cut"


async def test_a_file_of_the_drive_that_is_gone(box: Sandbox, sqlite_db: Database, spool: Path) -> None:
    await linked(box, sqlite_db)
    async with works(box, sqlite_db, spool) as one:
        await joined(one)
        source = Source(kind="drive", ref="999999", name="film.mkv", size=5, owner=XIAOYU)
        made = await one.uploads.add(XIAOYU, XIAOYU, source, About().written(), service=Service.MIKA)
        problem = (await one.over(made.id)).upload.problem
        assert isinstance(problem, UploadProblem)
        assert (problem.kind, problem.service) == ("source_gone", "mika")
