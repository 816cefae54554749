"""Uploads of several people share the disk: claims hold up nobody, and large files go through in turns."""

import asyncio
import errno
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.server import Sandbox
from services import jobs
from services.errors import UploadProblem
from services.jobs import Lease
from services.uploads import Stage, UploadView, room as rooms
from services.uploads.pace import GIB, UploadPace
from storage.database import Database
from tests.services.uploads.uploading import QUICK, XIAOYU, Works, linked, true_md5, works

BEN, LAOCHEN = 1002, 1003
DRIP = 20_000


@pytest.fixture
async def spool(box: Sandbox, sqlite_db: Database, tmp_path: Path) -> Path:
    for user in (XIAOYU, BEN, LAOCHEN):
        await linked(box, sqlite_db, user)
        box.world.people[user].disk_used = 0
    return tmp_path / "spool"


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> UploadPace:
    """Call everything below 10 MB/s slow after 0.2 s; who is due waits at once."""
    monkeypatch.setattr(jobs, "CLAIMED_WITHIN", 0.1)
    return replace(QUICK, slow=10_000_000, slow_after=0.2, longest_slow=20.0)


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


def gave_way(view: UploadView) -> bool:
    problem = view.upload.problem
    return (
        view.stage is Stage.WAITING
        and view.upload.retry_at is None
        and isinstance(problem, UploadProblem)
        and problem.kind == "slow"
    )


def begun(one: Works, name: str) -> list[str]:
    """Return from where on a source was asked for, each time."""
    asked = (entry for entry in one.calls("files", name) if entry.method == "GET")
    return [entry.headers.get("range", "") for entry in asked]


async def test_who_drips_gives_the_place_to_who_waits_and_goes_on_after(
    box: Sandbox, sqlite_db: Database, spool: Path, short_turns: UploadPace
) -> None:
    """There is one place: the source of one person brings 100 kB/s, another person comes."""
    size = 500_000
    async with works(box, sqlite_db, spool, pace=short_turns, places=1) as one:
        slow = await one.add("slow.mkv", size, rate=DRIP * 5)
        await opened(one, slow)
        quick = await one.over(await one.add("quick.bin", 100_000, user=BEN), idle=False)
        assert one.stored(quick) == true_md5(100_000)
        assert any(upload_id == slow and gave_way(view) for upload_id, view, _ in one.told)
        view = await one.over(slow)
        assert one.stored(view) == true_md5(size)
        assert view.upload.problem is None
    starts = begun(one, "slow.mkv")
    assert len(starts) == 2
    assert re.fullmatch(r"bytes=[1-9]\d+-", starts[1]), "what had come did not come again"


async def test_who_drips_goes_on_where_nobody_waits(
    box: Sandbox, sqlite_db: Database, spool: Path, short_turns: UploadPace
) -> None:
    async with works(box, sqlite_db, spool, pace=short_turns, places=2) as one:
        slow = await one.add("slow.mkv", 100_000, rate=DRIP * 2)
        await opened(one, slow)
        # Their own next one waits for theirs, not for a place.
        mine = await one.add("mine.bin", 100_000, seed="mine")
        await one.over(await one.add("quick.bin", 100_000, user=BEN), idle=False)
        assert one.stored(await one.over(slow, idle=False)) == true_md5(100_000)
        assert one.stored(await one.over(mine)) == true_md5(100_000, "mine")
        assert not any(gave_way(view) for _, view, _ in one.told)


async def test_a_quick_one_keeps_its_place_though_somebody_waits(
    box: Sandbox, sqlite_db: Database, spool: Path, short_turns: UploadPace
) -> None:
    size = 3_000_000
    async with works(box, sqlite_db, spool, pace=replace(short_turns, slow=1000), places=1) as one:
        first = await one.add("film.mkv", size, rate=1_000_000)
        await opened(one, first)
        second = await one.add("a.bin", 100_000, user=BEN)
        view = await one.over(first, idle=False)
        assert one.stored(view) == true_md5(size)
        await one.over(second)
        assert not any(gave_way(view) for _, view, _ in one.told)


async def test_one_that_begins_anew_has_a_longer_turn(
    box: Sandbox, sqlite_db: Database, spool: Path, short_turns: UploadPace
) -> None:
    """It is not known before it was asked for the rest; then it may come to its end."""
    size = 300_000
    async with works(box, sqlite_db, spool, pace=short_turns, places=1) as one:
        first = await one.add("film.mkv", size, mode="noranges", rate=DRIP * 5)
        await opened(one, first)
        await one.over(await one.add("a.bin", 100_000, user=BEN), idle=False)
        await opened(one, first)
        second = await one.add("b.bin", 100_000, user=LAOCHEN)
        assert one.stored(await one.over(first, idle=False)) == true_md5(size)
        await one.over(second)
    assert any(upload_id == first and gave_way(view) for upload_id, view, _ in one.told)
    assert len(begun(one, "film.mkv")) == 2


@pytest.mark.parametrize("longest", [20.0, 0.4])
async def test_one_that_cannot_be_asked_for_the_rest_gives_way_after_the_longer_turn(
    box: Sandbox, sqlite_db: Database, spool: Path, short_turns: UploadPace, longest: float
) -> None:
    size = 200_000
    pace = replace(short_turns, longest_slow=longest)
    async with works(box, sqlite_db, spool, pace=pace, places=1) as one:
        first = await one.add("film.mkv", size, mode="nolength", rate=DRIP * 5)
        await one.stepped("upload.fetching")
        second = await one.add("a.bin", 100_000, user=BEN)
        for upload_id in (first, second):
            assert (await one.over(upload_id, idle=False)).stage is Stage.DONE
        order = [upload_id for upload_id, _, final in one.told if final]
        assert order == ([first, second] if longest > 1 else [second, first])
        assert one.stored(await one.uploads.view(first)) == true_md5(size)


async def test_a_place_is_kept_while_the_database_cannot_say_who_waits(
    box: Sandbox, sqlite_db: Database, spool: Path, short_turns: UploadPace, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def away(_: Lease) -> bool:
        nonlocal looks
        looks += 1
        raise OSError("disk I/O error")

    monkeypatch.setattr(Lease, "others_wait", away)
    async with works(box, sqlite_db, spool, pace=short_turns, places=1) as one:
        view = await one.over(await one.add("slow.mkv", 100_000, rate=DRIP * 2))
        assert one.stored(view) == true_md5(100_000)
    assert looks > 1


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
