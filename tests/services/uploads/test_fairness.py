"""Uploads of several people share the disk: claims hold up nobody, and large files go through in turns."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.server import Sandbox
from services.errors import UploadProblem
from services.uploads import Stage, UploadView, room as rooms
from services.uploads.pace import GIB
from storage.database import Database
from tests.services.uploads.uploading import XIAOYU, Works, linked, true_md5, works

BEN, LAOCHEN = 1002, 1003
DRIP = 20_000


@pytest.fixture
async def spool(box: Sandbox, sqlite_db: Database, tmp_path: Path) -> Path:
    for user in (XIAOYU, BEN, LAOCHEN):
        await linked(box, sqlite_db, user)
        box.world.people[user].disk_used = 0
    return tmp_path / "spool"


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Say how much is free on the machine's disk, whatever the tests write there."""

    def say(size: int) -> None:
        monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=size // 4096, f_frsize=4096))

    return say


async def opened(one: Works, upload_id: int) -> None:
    """Wait until an upload has room: it then knows what its source says of itself."""
    course = one.uploads._running.course
    await one.until(lambda: (at := course(upload_id)) is not None and at.detail.size is not None)


def left(spool: Path) -> list[Path]:
    return list(spool.glob("*.part"))


def waits_for_room(view: UploadView) -> bool:
    problem = view.upload.problem
    waits = view.stage is Stage.WAITING and view.upload.retry_at is not None
    return waits and isinstance(problem, UploadProblem) and problem.kind == "no_room"


async def test_who_claims_much_and_sends_little_holds_up_nobody(
    box: Sandbox, sqlite_db: Database, spool: Path, free: Callable[[int], None]
) -> None:
    free(20 * GIB)
    async with works(box, sqlite_db, spool) as one:
        claim = await one.add("large.mkv", 16 * GIB, rate=DRIP)
        await opened(one, claim)
        small = await one.over(await one.add("a.bin", 100_000, user=LAOCHEN), idle=False)
        assert one.stored(small) == true_md5(100_000)
        # One as large as the claim, too.
        other = await one.add("other.mkv", 16 * GIB, user=BEN, rate=DRIP)
        await opened(one, other)
        assert not any(waits_for_room(view) for _, view, _ in one.told)
        assert (await one.uploads.view(claim)).stage is Stage.FETCHING
        for upload_id in (claim, other):
            await one.uploads.cancel(upload_id)
    assert not left(spool)


async def test_two_whose_claims_reach_the_limit_hold_up_nobody(
    box: Sandbox, sqlite_db: Database, spool: Path, free: Callable[[int], None]
) -> None:
    free(900 * GIB)
    async with works(box, sqlite_db, spool) as one:
        for user in (XIAOYU, BEN):
            await opened(one, await one.add("large.mkv", 50 * GIB, user=user, rate=DRIP))
        small = await one.over(await one.add("a.bin", 100_000, user=LAOCHEN), idle=False)
        assert one.stored(small) == true_md5(100_000)
        for view in (*await one.uploads.of(XIAOYU), *await one.uploads.of(BEN)):
            await one.uploads.cancel(view.upload.id)


async def test_large_files_go_through_in_turns(
    box: Sandbox, sqlite_db: Database, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three of 4 MB where there is room for 6 MB: none is lost, and never is there more than that."""
    monkeypatch.setattr(rooms, "STEP", 600_000)
    limit, most, size = 6_000_000, 0, 4_000_000
    async with works(box, sqlite_db, spool) as one:
        one.uploads._spool._limit = limit
        counted = one.uploads._spool.room.grow

        def grow(upload_id: int, length: int) -> None:
            nonlocal most
            counted(upload_id, length)
            most = max(most, sum(path.stat().st_size for path in left(spool)))

        monkeypatch.setattr(one.uploads._spool.room, "grow", grow)
        users = (XIAOYU, BEN, LAOCHEN)
        made = [await one.add("film.mkv", size, user=user, seed=user, rate=4_000_000) for user in users]
        views = await asyncio.gather(*(one.over(it, idle=False) for it in made))
        for user, view in zip(users, views, strict=True):
            assert one.stored(view) == true_md5(size, str(user))
        assert any(waits_for_room(view) for _, view, _ in one.told), "there was no room for all at once"
    assert 0 < most <= limit


async def test_a_disk_that_is_full_all_the_same_is_waited_for(
    box: Sandbox, sqlite_db: Database, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refused = os.pwrite, 0

    def full(descriptor: int, data: bytes, offset: int) -> int:
        nonlocal refused
        if offset and not refused:
            refused += 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    async with works(box, sqlite_db, spool) as one:
        view = await one.over(await one.add("film.mkv", 2_000_000))
        assert one.stored(view) == true_md5(2_000_000)
        assert any(waits_for_room(view) for _, view, _ in one.told)
    assert refused
