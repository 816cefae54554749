"""Uploads from end to end in one process: real sockets, a real database, real bytes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from services.errors import NotLinked, UploadProblem
from services.uploads import MAX_WAITING, Source, Stage
from storage.database import Database
from tests.services.uploads.uploading import XIAOYU, Works, linked, true_md5, works

CHUNK = 100_003


@pytest.fixture
async def one(box: Sandbox, db: Database, tmp_path: Path) -> AsyncIterator[Works]:
    box.world.options.disktop_chunk_bytes = CHUNK
    await linked(box, db)
    async with works(box, db, tmp_path / "spool") as made:
        yield made


def spooled(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "spool").glob("*"))


async def test_a_file_goes_from_its_address_into_the_drive(one: Works, tmp_path: Path) -> None:
    made = await one.add("film.mkv", 1_000_000)
    view = await one.over(made)
    assert (view.stage, view.sent, view.upload.name) == (Stage.DONE, 1_000_000, "film.mkv")
    assert view.upload.stored
    assert view.upload.stored.path.endswith("/film.mkv")
    assert not view.upload.stored.instant
    assert one.stored(view) == view.upload.stored.md5 == true_md5(1_000_000)
    assert one.parts() == dict.fromkeys(range(1, 11), 1)
    (begun,) = one.calls("disktop", "/precreate")
    assert f"md5={true_md5(1_000_000)}" in begun.body
    assert spooled(tmp_path) == []
    stages = [told.stage for _, told, _ in one.told]
    assert stages[-1] is Stage.DONE
    assert [final for _, _, final in one.told].count(True) == 1


async def test_bytes_that_the_drive_knows_are_not_sent(one: Works) -> None:
    await one.over(await one.add("first.bin", 300_000))
    view = await one.over(await one.add("second.bin", 300_000))
    assert view.upload.stored
    assert view.upload.stored.instant
    assert one.parts() == {1: 1, 2: 1, 3: 1}
    assert one.stored(view) == true_md5(300_000)


async def test_the_smallest_file_is_one_part(one: Works) -> None:
    view = await one.over(await one.add("one-byte", 1))
    assert one.stored(view) == true_md5(1)


@pytest.mark.parametrize("mode", ["noranges", "nolength", "redirect"])
async def test_every_manner_of_serving_works(one: Works, mode: str) -> None:
    view = await one.over(await one.add("film.mkv", 700_000, mode=mode))
    assert one.stored(view) == true_md5(700_000)


async def test_a_cut_source_is_gone_on_with_where_it_broke_off(one: Works) -> None:
    view = await one.over(await one.add("film.mkv", 3_000_000, mode="cut", at=1_234_567, times=2))
    assert one.stored(view) == true_md5(3_000_000)
    ranges = [call.headers.get("range") for call in one.calls("files", "/film.mkv")]
    assert ranges[0] is None
    assert all(value and int(value[6:-1]) > 0 for value in ranges[1:]), ranges


async def test_a_source_that_changes_in_between_is_fetched_anew(one: Works) -> None:
    view = await one.over(await one.add("film.mkv", 900_000, mode="changed", at=400_001))
    assert one.stored(view) == true_md5(900_000, "!")


async def test_the_source_decides_the_name_and_unfit_ones_are_mended(one: Works) -> None:
    view = await one.over(await one.add("x", 10, filename='a/b:"c"?.mp4'))
    assert view.upload.name == "a b c .mp4" or "/" not in view.upload.name


async def test_one_person_s_uploads_go_one_by_one_in_order(one: Works) -> None:
    ids = [await one.add(f"{n}.bin", 200_000 + n) for n in range(4)]
    listed = await one.uploads.of(XIAOYU)
    assert [view.upload.id for view in listed] == ids
    for upload_id in ids:
        assert (await one.over(upload_id)).stage is Stage.DONE
    ends = [upload_id for upload_id, _, final in one.told if final]
    assert ends == ids
    assert [view.upload.id for view in await one.uploads.of(XIAOYU)] == ids[::-1]


async def test_so_many_wait_and_no_more(one: Works) -> None:
    await one.runner.stop()
    for number in range(MAX_WAITING):
        await one.add(f"{number}.bin", 10)
    with pytest.raises(UploadProblem) as raised:
        await one.add("more.bin", 10)
    assert (raised.value.kind, raised.value.limit) == ("too_many", MAX_WAITING)
    views = await one.uploads.of(XIAOYU)
    assert [view.ahead for view in views] == list(range(MAX_WAITING))
    assert (await one.uploads.view(views[7].upload.id)).ahead == 7


async def test_what_is_too_large_or_nobody_s_is_refused_at_once(one: Works) -> None:
    huge = Source(kind="url", ref="http://127.0.0.1/x", size=1 << 50)
    with pytest.raises(UploadProblem) as raised:
        await one.uploads.add(XIAOYU, XIAOYU, huge, "/")
    assert raised.value.kind == "too_big"
    one.uploads.limits["telegram"] = 20 << 20
    with pytest.raises(UploadProblem) as raised:
        await one.uploads.add(XIAOYU, XIAOYU, Source(kind="telegram", ref="f", size=21 << 20), "/")
    assert (raised.value.kind, raised.value.limit) == ("too_big_for_bot", 20 << 20)
    with pytest.raises(NotLinked):
        await one.add("x.bin", 10, user=1002)


async def test_the_folder_can_be_changed_while_it_waits(one: Works) -> None:
    first = await one.add("slow.bin", 400_000, rate=400_000)
    second = await one.add("b.bin", 10)
    moved = await one.uploads.move_to(second, "/电影")
    assert moved
    assert moved.folder == "/电影"
    await one.over(first)
    assert await one.uploads.move_to(first, "/电影") is None
    assert (await one.over(second)).upload.folder == "/电影"


async def test_progress_says_how_far_how_fast_and_how_long(one: Works) -> None:
    await one.over(await one.add("slow.bin", 900_000, rate=600_000))
    moving = [view for _, view, final in one.told if view.speed and not final]
    assert moving
    assert all(0 < view.sent <= (view.total or 0) == 900_000 for view in moving)
    assert any(view.seconds_left is not None for view in moving)
    sent = [view.sent for _, view, _ in one.told if view.stage is Stage.FETCHING]
    assert sent == sorted(sent)


async def test_a_card_is_kept_with_its_upload(one: Works) -> None:
    made = await one.add("a.bin", 10)
    await one.uploads.place(made, "card123456")
    assert (await one.over(made)).upload.card_id == "card123456"
    with pytest.raises(UploadProblem):
        await one.uploads.get(1)
