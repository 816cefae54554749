"""Uploads go on after a restart, wherever it hit them, and after their spool was lost."""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from sandbox.server import Sandbox
from services.errors import UploadProblem
from services.uploads import Stage, UploadView
from services.uploads.pace import MIB
from services.uploads.room import NoRoom
from services.uploads.spool import Spool
from services.uploads.spoolfile import SpoolLost
from storage.database import Database
from storage.tx import Tx
from tests.services.uploads.uploading import QUICK, STEPS, XIAOYU, Works, linked, md5, true_md5, works

CHUNK = 300_007
SIZE = 4_000_000
PARTS = range(1, -(-SIZE // CHUNK) + 1)


@pytest.fixture
async def spool(box: Sandbox, sqlite_db: Database, tmp_path: Path) -> Path:
    box.world.options.disktop_chunk_bytes = CHUNK
    await linked(box, sqlite_db)
    return tmp_path / "spool"


def whole(one: Works, view: UploadView) -> None:
    assert view.stage is Stage.DONE, view.upload.problem
    assert one.stored(view) == true_md5(SIZE)
    assert one.named("film.mkv") == 1


def files(spool: Path) -> list[Path]:
    return list(spool.glob("*"))


async def crashed(box: Sandbox, db: Database, spool: Path, step: str) -> int:
    """Run an upload up to a step, where its process dies."""
    async with works(box, db, spool, crash_at=step) as one:
        made = await one.add("film.mkv", SIZE)
        await one.stepped(step)
    return made


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_it_goes_on_after_a_death_at_every_step(
    box: Sandbox, sqlite_db: Database, spool: Path, step: str, once: bool
) -> None:
    box.world.options.disktop_complete_once = once
    made = await crashed(box, sqlite_db, spool, step)
    async with works(box, sqlite_db, spool) as one:
        whole(one, await one.over(made))
        again = one.parts() - Counter(PARTS)
        # Those on their way when it died are begun again; what had arrived is not.
        assert again.total() <= QUICK.lanes
        assert files(spool) == []


async def test_the_end_is_told_again_when_nobody_may_have_heard_it(
    box: Sandbox, sqlite_db: Database, spool: Path
) -> None:
    made = await crashed(box, sqlite_db, spool, "upload.done")
    async with works(box, sqlite_db, spool) as one:
        await one.over(made)
        assert [(view.stage, final) for _, view, final in one.told] == [(Stage.DONE, True)]


async def test_a_restart_in_the_middle_of_fetching_goes_on_from_there(
    box: Sandbox, sqlite_db: Database, spool: Path
) -> None:
    async with works(box, sqlite_db, spool) as one:
        made = await one.add("film.mkv", SIZE, rate=8_000_000)
        await one.until(lambda: any(view.sent > 1_000_000 for _, view, _ in one.told))
    (file,) = files(spool)
    kept = file.stat().st_size
    assert 1_000_000 < kept < SIZE
    async with works(box, sqlite_db, spool) as one:
        whole(one, await one.over(made))
        assert one.calls("files")[-1].headers["range"] == f"bytes={kept}-"


@pytest.mark.parametrize("step", ["upload.kept", "upload.part", "upload.finishing"])
async def test_a_lost_spool_is_fetched_again_for_the_same_session(
    box: Sandbox, sqlite_db: Database, spool: Path, step: str
) -> None:
    made = await crashed(box, sqlite_db, spool, step)
    shutil.rmtree(spool)
    async with works(box, sqlite_db, spool) as one:
        whole(one, await one.over(made))
        assert (one.parts() - Counter(PARTS)).total() <= QUICK.lanes
        assert len(one.calls("disktop", "/precreate")) == 1
        assert len(one.calls("files")) == 2


@pytest.mark.parametrize("step", ["upload.kept", "upload.instant", "upload.part"])
async def test_what_another_boot_left_is_not_trusted(
    box: Sandbox, sqlite_db: Database, spool: Path, step: str
) -> None:
    made = await crashed(box, sqlite_db, spool, step)
    (file,) = files(spool)
    file.rename(spool / f"{made}-anotherboot1.part")
    async with works(box, sqlite_db, spool) as one:
        whole(one, await one.over(made))
        assert one.calls("files")[-1].headers.get("range") is None
        assert files(spool) == []


async def test_a_spool_that_was_changed_is_found_out(box: Sandbox, sqlite_db: Database, spool: Path) -> None:
    made = await crashed(box, sqlite_db, spool, "upload.instant")
    (file,) = files(spool)
    with file.open("r+b") as spoiled:
        spoiled.write(b"spoiled")
    async with works(box, sqlite_db, spool) as one:
        whole(one, await one.over(made))


async def test_a_source_that_changed_over_the_restart_gives_the_new_file(
    box: Sandbox, sqlite_db: Database, spool: Path
) -> None:
    async with works(box, sqlite_db, spool, crash_at="upload.kept") as one:
        made = await one.add("film.mkv", SIZE, mode="changed", at=3_000_000)
        await one.stepped("upload.kept")
    async with works(box, sqlite_db, spool) as one:
        view = await one.over(made)
        assert one.stored(view) == true_md5(SIZE, "!")


async def test_a_given_up_job_leaves_no_upload_hanging(
    box: Sandbox, sqlite_db: Database, spool: Path
) -> None:
    async with works(box, sqlite_db, spool) as one:
        await one.runner.stop()
        made = await one.add("film.mkv", SIZE)
    await sqlite_db.write(_give_up)
    async with works(box, sqlite_db, spool) as one:
        whole(one, await one.over(made))


async def _give_up(tx: Tx) -> None:
    await tx.conn.execute(text("UPDATE jobs SET state = 'dead'"))


async def test_the_spool_is_bounded_and_others_wait(
    box: Sandbox, sqlite_db: Database, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with works(box, sqlite_db, spool) as one:
        one.uploads._spool._limit = 3_000_000
        view = await one.over(await one.add("film.mkv", SIZE))
        assert isinstance(view.upload.problem, UploadProblem)
        assert view.upload.problem.kind == "no_room"
        room = one.uploads._spool.room
        room.found(1, XIAOYU + 1, 1_000_000)
        begin = room.begin

        def until_refused(upload_id: int, user_id: int, size: int | None) -> None:
            try:
                begin(upload_id, user_id, size)
            except NoRoom:
                # The other one ends right then: on a busy machine all tries are over before a test looks.
                room.leave(1)
                raise

        monkeypatch.setattr(room, "begin", until_refused)
        second = await one.add("b.bin", 2_500_000)
        assert (await one.over(second)).stage is Stage.DONE
        assert any(told.upload.retry_at for _, told, _ in one.told), "it waited"


async def test_a_stalled_process_keeps_its_file_to_itself(tmp_path: Path) -> None:
    stalled, other = Spool(tmp_path / "spool"), Spool(tmp_path / "spool")
    first = await stalled.open(7)
    await first.append([b"old"])
    await first.settle()
    second = await other.open(7)
    await second.append([b"new bytes"])
    await first.append([b"late"])
    await second.settle()
    assert second.md5 == md5(b"new bytes")
    assert [block async for block in second.read(0, 9)] == [b"new bytes"]
    for spool in (stalled, other):
        await spool.shut(7)
        spool.close()


async def test_a_file_that_got_shorter_is_said_to_be_lost(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    file = await spool.open(7)
    await file.append([b"x" * MIB])
    await file.settle()
    os.truncate(files(tmp_path / "spool")[0], 100)
    with pytest.raises(SpoolLost):
        async for _ in file.read(0, MIB):
            pass
    assert not await file.holds(md5(b"x" * MIB))
    await spool.shut(7)
    with pytest.raises(NoRoom):
        spool.room.begin(8, 1, 1 << 50)
    spool.close()
