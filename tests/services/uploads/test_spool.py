"""The folder that uploads pass through, while whoever opens or empties a file there is stopped."""

import asyncio
import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from services.uploads.spool import Spool
from services.uploads.spoolfile import SpoolFile
from storage.database import Database
from tests.services.uploads.uploading import QUICK, linked, works


class Slow(Spool):
    """A spool on a disk that takes its time to open a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._loop = asyncio.get_running_loop()
        self.opening = asyncio.Event()
        self.free = threading.Event()

    def _locked(self, path: Path) -> int:
        self._loop.call_soon_threadsafe(self.opening.set)
        assert self.free.wait(20)
        return super()._locked(path)


def opened(folder: Path) -> int:
    """Count what this process holds open below a folder, deleted or not."""
    targets = []
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            targets.append(one.readlink())
    return sum(target.is_relative_to(folder) for target in targets)


async def stopped(spool: Slow) -> asyncio.Task[SpoolFile]:
    """Stop somebody in the middle of opening a file."""
    spool.opening.clear()
    spool.free.clear()
    task = asyncio.create_task(spool.open(7))
    await spool.opening.wait()
    task.cancel()
    return task


async def test_who_is_stopped_while_a_file_is_opened_leaves_none_open(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    spool = Slow(folder)
    spool.free.set()
    file = await spool.open(7)
    await file.append([b"kept"])
    await spool.shut(7)
    for _ in range(5):
        task = await stopped(spool)
        spool.free.set()
        await asyncio.wait([task])
        assert task.cancelled()
    assert opened(folder) == 0
    assert (await spool.open(7)).length == 4, "what lies there was not taken for somebody else's"
    await spool.shut(7)
    await spool.drop(7)
    assert (opened(folder), list(folder.iterdir())) == (0, [])
    spool.close()


async def test_who_is_stopped_twice_while_a_file_is_opened_leaves_none_open(tmp_path: Path) -> None:
    spool = Slow(tmp_path / "spool")
    task = await stopped(spool)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    spool.free.set()
    spool.close()
    # What the thread told the loop is done in its next rounds.
    for _ in range(5):
        await asyncio.sleep(0)
    assert opened(tmp_path / "spool") == 0


async def test_who_is_stopped_while_a_file_is_emptied_closes_it_after_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, free = Spool(tmp_path / "spool"), threading.Event()
    done: list[Path] = []
    emptying, loop = asyncio.Event(), asyncio.get_running_loop()
    file = await spool.open(7)

    def truncate(descriptor: int, length: int) -> None:
        loop.call_soon_threadsafe(emptying.set)
        assert free.wait(20)
        # Of another file, had the number been given back meanwhile.
        done.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "ftruncate", truncate)
    task = asyncio.create_task(file.restart())
    await emptying.wait()
    task.cancel()
    await asyncio.wait([task])
    loop.call_later(0, free.set)
    await spool.shut(7)
    spool.close()
    assert done == list((tmp_path / "spool").iterdir())


async def test_what_was_fetched_here_is_swept_once_another_replica_ended_the_upload(
    box: Sandbox, sqlite_db: Database, tmp_path: Path
) -> None:
    """This one fetched it and waits for the drive; the press on Cancel comes to the other."""
    await linked(box, sqlite_db)
    fault = {"service": "disktop", "path": "/v1/files/upload/precreate", "kind": "status", "status": 500}
    box.world.faults.add({**fault, "times": 0})
    here, there, pace = tmp_path / "here", tmp_path / "there", replace(QUICK, later=600.0)
    async with (
        works(box, sqlite_db, here, pace=pace) as one,
        works(box, sqlite_db, there, pace=pace, places=0) as other,
    ):
        upload = await one.add("film.mkv", 30_000)
        await one.until(lambda: any(view.upload.retry_at is not None for _, view, _ in one.told))
        await other.uploads.cancel(upload)
        assert len(list(here.glob("*.part"))) == 1
        await one.uploads.sweep()
        assert not list(here.glob("*.part"))
        assert not one.uploads._spool.room.held
