"""Uploads meet faults of the source, of the drive and of their chunks."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from services.errors import LinkLost, MissingScope, UploadProblem
from services.uploads import Stage, UploadView
from storage.database import Database
from tests.services.uploads.uploading import QUICK, XIAOYU, Works, linked, true_md5, works

CHUNK = 100_003
SIZE = 950_000


@pytest.fixture
async def one(box: Sandbox, sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Works]:
    box.world.options.disktop_chunk_bytes = CHUNK
    await linked(box, sqlite_db)
    async with works(box, sqlite_db, tmp_path / "spool") as made:
        yield made


def fault(one: Works, service: str, path: str, kind: str, **more: Any) -> None:
    one.box.world.faults.add({"service": service, "path": path, "kind": kind, **more})


async def upload(one: Works, size: int = SIZE, **query: Any) -> UploadView:
    return await one.over(await one.add("film.mkv", size, **query))


def whole(one: Works, view: UploadView, size: int = SIZE) -> None:
    assert view.stage is Stage.DONE, view.upload.problem
    assert one.stored(view) == true_md5(size)
    assert one.named("film.mkv") == 1


def problem(view: UploadView) -> str:
    assert view.stage is Stage.FAILED
    assert isinstance(view.upload.problem, UploadProblem)
    return view.upload.problem.kind


CHUNK_FAULTS = [
    {"kind": "drop", "bytes": 40_000},
    {"kind": "reset"},
    {"kind": "reset_after", "seconds": 0.2},
    {"kind": "status", "status": 500},
    {"kind": "html", "status": 502},
    {"kind": "bad_json"},
    {"kind": "truncate", "after": True},
    {"kind": "lose"},
]


@pytest.mark.parametrize("how", CHUNK_FAULTS, ids=lambda how: str(how["kind"]))
async def test_one_bad_chunk_costs_one_chunk(one: Works, how: dict[str, Any]) -> None:
    fault(one, "disktop-upload", "/u?*part_seq=4", **how)
    view = await upload(one)
    whole(one, view)
    again = one.parts() - Counter(range(1, 11))
    assert again.total() <= 1, "at most one chunk is sent again"


async def test_a_chunk_whose_answer_was_lost_is_not_sent_again(one: Works) -> None:
    fault(one, "disktop-upload", "/u?*part_seq=4", "truncate", after=True)
    view = await upload(one)
    whole(one, view)
    assert one.parts() == dict.fromkeys(range(1, 11), 1)


async def test_a_damaged_chunk_is_found_at_the_end_and_all_is_sent_anew(one: Works) -> None:
    fault(one, "disktop-upload", "/u?*part_seq=4", "damage")
    view = await upload(one)
    whole(one, view)
    assert set(one.parts().values()) == {2}
    assert len(one.calls("files")) == 1, "the spool was whole"
    assert len(one.calls("disktop-upload", "/abort")) == 1


async def test_a_drive_that_damages_everything_ends_the_upload(one: Works) -> None:
    fault(one, "disktop-upload", "/u?*part_seq=4", "damage", times=0)
    assert problem(await upload(one)) == "corrupt"
    assert one.named("film.mkv") == 0


async def test_chunks_that_never_arrive_put_it_off_until_they_do(one: Works) -> None:
    # Five rounds of all ten without headway, and the beginning of the next try.
    fault(one, "disktop-upload", "/u[?]*", "reset", times=55)
    view = await upload(one)
    whole(one, view)
    assert any(told.upload.retry_at for _, told, _ in one.told)


async def test_a_drive_that_stays_away_ends_the_upload(one: Works, caplog: pytest.LogCaptureFixture) -> None:
    fault(one, "disktop-upload", "/u[?]*", "status", status=503, times=0)
    assert problem(await upload(one)) == "service_down"
    (told,) = [record for record in caplog.records if record.getMessage().endswith("is given up")]
    assert (told.levelname, "UpstreamBroken" in vars(told)["error"]) == ("WARNING", True)


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("kind", ["reset_after", "truncate", "html"])
async def test_a_lost_answer_of_complete_makes_no_second_file(one: Works, kind: str, once: bool) -> None:
    one.box.world.options.disktop_complete_once = once
    fault(one, "disktop-upload", "*/complete", kind, after=True)
    whole(one, await upload(one))


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "html"])
async def test_a_lost_answer_of_an_instant_upload_makes_no_second_file(one: Works, kind: str) -> None:
    await one.over(await one.add("known.bin", SIZE))
    fault(one, "disktop", "*/precreate", kind, after=True)
    view = await upload(one)
    whole(one, view)
    assert one.calls("disktop-upload", "/complete")[1:] == []


async def test_a_session_that_expires_is_replaced(one: Works) -> None:
    fault(one, "disktop-upload", "/u?*part_seq=6", "status", status=404, body={"errno": "upload_expired"})
    whole(one, await upload(one))
    assert len(one.calls("disktop", "/precreate")) == 2


async def test_a_full_drive_says_so_at_the_start_and_at_the_end(one: Works) -> None:
    person = one.box.world.people[XIAOYU]
    used, person.disk_used = person.disk_used, person.disk_total
    view = await upload(one)
    assert problem(view) == "full"
    person.disk_used = used
    whole(one, await one.over((await retried(one, view)).upload.id))


async def retried(one: Works, view: UploadView) -> UploadView:
    one.told.clear()
    return await one.uploads.retry(view.upload.id)


async def test_a_drive_that_fills_up_meanwhile_keeps_what_was_sent_for_the_retry(one: Works) -> None:
    fault(one, "disktop-upload", "*/complete", "status", status=403, body={"errno": "quota_exceeded"})
    view = await upload(one)
    assert problem(view) == "full"
    again = await retried(one, view)
    assert again.stage is Stage.WAITING
    whole(one, await one.over(again.upload.id))
    assert one.parts() == dict.fromkeys(range(1, 11), 1), "nothing was sent again"


async def test_a_folder_that_is_gone_can_be_replaced(one: Works) -> None:
    view = await one.over(await one.add("film.mkv", SIZE, folder="/nowhere"))
    assert problem(view) == "no_folder"
    one.told.clear()
    again = await one.uploads.retry(view.upload.id, folder="/")
    assert again.upload.folder == "/"
    whole(one, await one.over(again.upload.id))


async def test_a_source_that_is_gone_refused_or_private_says_so(one: Works) -> None:
    fault(one, "files", "*", "status", status=404)
    assert problem(await upload(one)) == "source_gone"
    fault(one, "files", "*", "status", status=403)
    assert problem(await upload(one)) == "source_refused"
    one.box.world.faults.clear()
    moved = await one.add("film.mkv", SIZE, mode="redirect", to="http://169.254.169.254/latest/meta-data")
    assert problem(await one.over(moved)) == "address"


async def test_a_source_that_fails_again_and_again(one: Works) -> None:
    fault(one, "files", "*", "status", status=503, times=7)
    whole(one, await upload(one))
    fault(one, "files", "*", "status", status=503, times=0)
    assert problem(await one.over(await one.add("other.bin", SIZE))) == "source_down"


async def test_one_that_waits_for_another_try_goes_before_nobody(
    box: Sandbox, sqlite_db: Database, tmp_path: Path
) -> None:
    await linked(box, sqlite_db)
    async with works(box, sqlite_db, tmp_path / "spool", pace=replace(QUICK, later=600.0)) as one:
        fault(one, "files", "*", "status", status=503, times=0)
        waits = await one.add("film.mkv", SIZE)
        await one.until(lambda: any(view.upload.retry_at is not None for _, view, _ in one.told))
        await one.runner.stop()
        others = [await one.add(name, SIZE) for name in ("a.bin", "b.bin")]
        assert [(await one.uploads.view(upload_id)).ahead for upload_id in others] == [0, 1]
        listed = {view.upload.id: view.ahead for view in await one.uploads.of(XIAOYU)}
        assert listed == {waits: 0, others[0]: 0, others[1]: 1}


async def test_a_source_that_says_later_is_asked_later(one: Works) -> None:
    fault(one, "files", "*", "status", status=429, retry_after=1)
    view = await upload(one)
    whole(one, view)
    assert len(one.calls("files")) == 2


async def test_a_lost_grant_ends_the_upload_with_its_reason(one: Works) -> None:
    made = await one.add("film.mkv", SIZE, rate=2_000_000)
    for grant in one.box.world.disktop.grants.all:
        grant.revoked = True
    one.box.world.expire("disktop", XIAOYU, "access")
    view = await one.over(made)
    assert isinstance(view.upload.problem, LinkLost)


async def test_a_grant_that_does_not_cover_it(one: Works) -> None:
    fault(one, "disktop", "*/precreate", "status", status=403, body={"errno": "insufficient_scope"})
    assert isinstance((await upload(one)).upload.problem, MissingScope)


async def test_an_expired_token_is_refreshed_on_the_way(one: Works) -> None:
    one.box.world.expire("disktop", XIAOYU, "access")
    whole(one, await upload(one))


async def test_cancelling_ends_it_at_any_moment(one: Works, tmp_path: Path) -> None:
    one.box.world.options.disktop_upload_rate = 300_000
    fetching = await one.add("slow.bin", 900_000, rate=100_000)
    waiting = await one.add("b.bin", 500_000)
    await one.reached(fetching, Stage.FETCHING)
    for upload_id in (waiting, fetching):
        view = await one.uploads.cancel(upload_id)
        assert view.stage is Stage.CANCELLED
    sending = await one.add("film.mkv", SIZE)
    await one.reached(sending, Stage.SENDING)
    await one.uploads.cancel(sending)
    assert (await one.uploads.cancel(sending)).stage is Stage.CANCELLED
    await one.runner.idle()
    assert len(one.calls("disktop-upload", "/abort")) == 1
    assert list((tmp_path / "spool").glob("*")) == []
    ends = [upload_id for upload_id, _, final in one.told if final]
    assert ends == [waiting, fetching, sending]
    assert one.named("film.mkv") == 0
    one.box.world.options.disktop_upload_rate = 0
    whole(one, await one.over((await retried(one, view := await one.uploads.view(sending))).upload.id))
    assert view.stage is Stage.CANCELLED
