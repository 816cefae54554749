"""Sentences of drive, saves and uploads that hardly anybody meets: each is brought before a person."""

import re

import pytest

from bot.wiring import House
from sandbox.catalogue.shares import Node
from sandbox.server import Sandbox
from tests.conftest import Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.drive.driveways import (
    drive_of,
    fill,
    managed,
    marked,
    names,
    numbered,
    opened,
    picked,
    put,
    rows_of,
    words_of,
)
from tests.e2e.drive.test_errors import impatient
from tests.e2e.shares.sharecard import CODE, LOCKED, listed, share_of
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, MIB, source, stored
from tests.e2e.words import TEXTS, Words

LIST = "/v1/files"


def counted(say: Words, key: str, number: int, **values: object) -> str:
    """A sentence that counts, without markup and joiners."""
    words = TEXTS.speaker(say.language).plural(key, number, **values)
    return re.sub(r"<[^<>]*>|\u2060", "", words)


def lose(box: Sandbox, person: Person, path: str) -> None:
    """Let something vanish from somebody's drive, as from another app."""
    drive = drive_of(box, person)
    item = drive.at(drive.app_root, path)
    if item is None:
        folder, _, name = path.rpartition("/")
        above = drive.at(drive.app_root, folder or "/")
        assert above is not None
        item = next(one for one in drive.children(above.id) if one.name == name)
    drive.remove(item)


async def at_the_target(person: Person, say: Words) -> Message:
    """Mark two files of a small drive, and go to the folder they are to be moved to."""
    card = await marked(person, say, await opened(person), "note", "cat")
    await person.press(card, say("button.move_n", n=2))
    picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
    await person.press(picker, numbered(picker, "Music"))
    return await person.until(lambda m: "📂" in m.text and "Music" in m.text and "Films" not in m.text)


# The drive


async def test_a_folder_that_vanished_while_it_was_chosen(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    picker = await at_the_target(person, say)
    lose(box, person, "/Music")
    await journal.forget()
    await person.press(picker, say("button.choose_folder"))
    told = await person.until(lambda m: say("problem.drive.dest_gone", dest="/Music") in words_of(m))
    assert told.find(say("button.retry")) is None, "it will not come back"
    assert [call.errno for call in await managed(journal)] == ["path_not_found"]
    assert {"note.md", "cat.jpg"} <= set(names(box, person))


async def test_what_vanished_before_it_was_moved_is_counted(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    picker = await at_the_target(person, say)
    lose(box, person, "/note.md")
    await journal.forget()
    await picked(person, say, picker)
    done = await person.until(counted(say, "drive.were_gone", 1))
    assert counted(say, "drive.move_done", 1, folder="/Music") in words_of(done)
    assert [call.errno for call in await managed(journal)] == ["file_not_found", None]
    assert names(box, person, "/Music") == ["cat.jpg"]


async def test_what_vanished_before_it_was_deleted_is_counted(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "note", "cat")
    await person.press(card, say("button.delete_n", n=2))
    asked = await person.until(lambda m: say("drive.delete_final") in m.text)
    lose(box, person, "/note.md")
    await person.press(asked, say("button.delete_n", n=2))
    done = await person.until(counted(say, "drive.were_gone", 1))
    assert counted(say, "drive.delete_done", 1) in words_of(done)
    assert not {"note.md", "cat.jpg"} & set(names(box, person))


async def test_ten_thousand_files_as_the_document_lists_them(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    drive = drive_of(box, person)
    drive.fill(put(box, person, "Many/").id, 10_000, box.world.now())
    card = await opened(person, "Many")
    assert say("drive.page", page=1, pages=1250) in card.text
    assert all(" · 20" in row for row in rows_of(card)), "the dates of what is seen are asked for"
    await person.press(card, say("button.next"))
    card = await person.until(say("drive.page", page=2, pages=1250))
    assert len(await journal.calls("disktop", "GET", LIST)) == 1
    assert len(await journal.calls("disktop", "GET", f"{LIST}/*")) == 16, "and of nothing else"
    await person.press(card, say("button.sort"))
    menu = await person.until(lambda message: message.find(say("drive.sort.newest")) is not None)
    await person.press(menu, say("drive.sort.newest"))
    shown = await person.until(say("drive.page", page=1, pages=1250), 90)
    # Without dates the ids tell what came last.
    assert "10000." in rows_of(shown)[0]
    assert len(await journal.calls("disktop", "GET", LIST)) <= 52
    assert len(await journal.calls("disktop", "GET", f"{LIST}/*")) == 24


# Saves


async def test_a_folder_of_ones_own_that_cannot_be_saved_to(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, f"{LOCKED} {CODE}")
    gone = {"errno": "path_not_found", "errmsg": "目录不存在"}
    await control.fault("disktop", "/v1/files/folder", "status", status=404, body=gone)
    await person.press(card, say("button.save_all"))
    told = await person.until(say("problem.transfer.bad_folder"))
    assert told.find(say("button.retry")) is None
    await person.press(told, say("button.back"))
    await person.until(lambda message: message.find(say("button.save_all")) is not None)


async def test_a_share_that_is_too_deep(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    share = share_of(box, "deep01", 2)
    node = Node(890_000, "end.mkv", MIB)
    for number in range(1, 19):
        node = Node(890_000 + number, f"d{number}", is_dir=True, children=[node])
    share.nodes.append(node)
    card = await listed(person, say, "deep01")
    await person.press(card, say("button.save_all"))
    await person.until(say("problem.transfer.too_many_folders", limit=200))
    assert not await journal.calls("disktop", "POST", "*/transfer"), "nothing is saved by halves"


async def test_files_that_the_service_left_out_are_counted(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    await linked(person, "disktop")
    share_of(box, "some01", 3)
    some = {"errno": 0, "errmsg": "ok", "data": {"transferred": 1, "file_ids": [1]}}
    await control.fault("disktop", "*/transfer", "status", status=200, body=some)
    card = await listed(person, say, "some01")
    await person.press(card, say("button.save_all"))
    told = await person.until(say("save.missed", n=2))
    await person.press(told, say("button.back"))
    card = await person.until(lambda message: message.find(say("button.save_all")) is not None)
    await person.press(card, say("button.save_all"))
    done = await person.until(say.starts("save.done"))
    assert say("save.missed", n=2) not in done.text


# Uploads


@pytest.mark.parametrize("status", [401, 403])
async def test_a_source_that_refuses(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, status: int
) -> None:
    await linked(person, "disktop")
    await control.fault("files", "*", "status", status=status)
    await person.send(f"/upload {source(box, 'a.bin', size=KIB)}")
    told = await uploading.failed(person, say, "a.bin")
    assert say("problem.upload.source_refused") in told.text
    assert [call.status for call in await journal.calls("files", "GET")] == [status]
    await person.press(told, say("button.retry"))
    assert (await uploading.done(person, say, "a.bin")).id == told.id


async def test_a_source_that_stays_away(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    async with start() as house:
        impatient(house)
        await linked(person, "disktop")
        await control.fault("files", "*", "status", status=503, times=0)
        await person.send(f"/upload {source(box, 'a.bin', size=KIB)}")
        told = await uploading.failed(person, say, "a.bin", 120)
        assert say("problem.upload.source_down") in told.text
        assert {call.status for call in await journal.calls("files", "GET")} == {503}
        await control.mend()
        await person.press(told, say("button.retry"))
        assert (await uploading.done(person, say, "a.bin", 30)).id == told.id


async def test_a_file_that_the_spool_has_no_room_for(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    spool = bot.services.uploads._spool
    limit, spool._limit = spool._limit, 300 * KIB
    await person.send(f"/upload {source(box, 'a.bin', size=MIB)}")
    told = await uploading.failed(person, say, "a.bin")
    assert say("problem.upload.no_room") in told.text
    assert stored(box, person, "a.bin") is None
    assert not await journal.calls("disktop", "POST", "*/precreate")
    spool._limit = limit
    await person.press(told, say("button.retry"))
    assert (await uploading.done(person, say, "a.bin")).id == told.id
