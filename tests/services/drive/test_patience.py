"""A drive that does not answer: what is nice to know is left out in time, and doubts end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from clients.errors import ClientError
from clients.transport import Timeouts
from services.drive import Entry, changes, weighing
from services.names import Service
from tests.services.conftest import Builder, House


@pytest.fixture
async def home(house: House) -> House:
    await house.link(1001, Service.DISKTOP)
    return house


def folders(house: House, number: int) -> list[Entry]:
    drive, now = house.box.world.disktop.drive(1001, house.box.world.now()), house.box.world.now()
    made = [drive.make_path(drive.app_root, f"F{n}", now) for n in range(number)]
    for folder in made:
        drive.add(folder.id, "a.mkv", now, size=100)
    return [Entry(folder.id, folder.name, True, 0) for folder in made]


async def test_weighing_ends_in_time_and_says_that_there_is_more(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "PATIENCE", 0.5)
    picks = [*folders(home, 3), Entry(9, "note.md", False, 7)]
    home.fault("disktop", "/v1/files", "hang", times=0)
    async with asyncio.timeout(15):
        found = await home.services.drive.weigh(1001, "/", picks)
    assert (found.files, found.folders, found.bytes, found.more) == (1, 3, 7, True)


async def test_weighing_counts_what_it_saw_before_the_time_was_up(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "PATIENCE", 2.0)
    picks = folders(home, 3)
    await home.services.drive.folders.page(1001, "/F0", size=200)
    home.fault("disktop", "/v1/files", "hang", times=0)
    async with asyncio.timeout(15):
        found = await home.services.drive.weigh(1001, "/", picks)
    assert (found.files, found.folders, found.bytes, found.more) == (1, 3, 100, True)


async def test_weighing_looks_into_so_many_folders_only(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "PATIENCE", 60.0)
    found = await home.services.drive.weigh(1001, "/", folders(home, weighing.WEIGHED_FOLDERS + 2))
    assert (found.files, found.folders, found.more) == (weighing.WEIGHED_FOLDERS, 42, True)


CHANGES: dict[str, Callable[[Any, Entry], Awaitable[object]]] = {
    "make_folder": lambda made, _pick: made.make_folder(1001, "/", "New"),
    "rename": lambda made, pick: made.rename(1001, "/", pick, "Other"),
    "move": lambda made, pick: made.move(1001, "/", [pick], "/F1"),
    "delete": lambda made, pick: made.delete(1001, "/", [pick]),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_doubt_that_nobody_can_settle_ends_in_time(
    build: Builder, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(changes, "READ_BACK_SECONDS", 0.5)
    house = build()
    await house.link(1001, Service.DISKTOP)
    pick = folders(house, 2)[0]
    house.services.disktop._transport._timeout = Timeouts(total=0.5)
    house.fault("disktop", "/v1/files/*", "hang", method="POST", times=0)
    monkeypatch.setattr(house.services.drive.folders, "whole", never)
    async with asyncio.timeout(15):
        with pytest.raises(ClientError) as caught:
            await CHANGES[change](house.services.drive.changes, pick)
    assert caught.value.doubtful


async def never(*_args: object, **_more: object) -> None:
    await asyncio.Event().wait()
