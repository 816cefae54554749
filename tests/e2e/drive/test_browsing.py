"""/drive: browsing, sorting, paging; in both languages, asserted on the wire."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Person
from tests.e2e.drive.driveways import LIST, drive_of, fill, into, numbered, opened, put, rows_of
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


async def test_the_drive_opens_with_folders_first_sizes_dates_and_space(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    card = await opened(person)
    rows = rows_of(card)
    assert [row.split(" · ")[0] for row in rows] == [
        "1. 📁 Films",
        "2. 📁 Music",
        "3. 🖼 cat.jpg",
        "4. 📄 note.md",
    ]
    assert "293 KB" in rows[2]
    assert "20" in rows[3].split(" · ")[-1]
    assert say.starts("drive.space").partition("{")[0] in card.text
    assert "▱" in card.text
    assert say("drive.is_default") in card.text
    listed = await journal.calls("disktop", "GET", LIST)
    assert [call.query for call in listed] == [{"path": "/", "page": "1", "limit": "200"}]
    assert len(await journal.calls("disktop", "GET", "/v1/files/*")) == 2
    assert len(await journal.calls("disktop", "GET", "/v1/user/quota")) == 1


async def test_dates_that_the_listing_has_are_not_asked_for(
    bot: House, person: Person, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.options(disktop_list_times=True)
    fill(box, person)
    card = await opened(person)
    assert " · 20" in next(row for row in rows_of(card) if "note" in row)
    assert not await journal.calls("disktop", "GET", "/v1/files/*")


async def test_a_date_that_cannot_be_had_is_left_out(
    bot: House, person: Person, box: Sandbox, control: Control
) -> None:
    fill(box, person)
    await control.fault("disktop", "/v1/files/*", "status", method="GET", status=500, times=0)
    card = await opened(person)
    assert next(row for row in rows_of(card) if "note" in row).endswith("2.0 KB")


async def test_folders_are_opened_and_left(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    card = await opened(person)
    films = await into(person, card, "Films", "E10")
    assert "Disk.Top › Films" in films.text
    extras = await into(person, films, "Extras", "making of")
    assert "Disk.Top › Films › Extras" in extras.text
    await person.press(extras, say("button.up"))
    films = await person.until("E10")
    extras = await into(person, films, "Extras", "making of")
    await person.press(extras, say("button.top"))
    top = await person.until("Music")
    assert top.id == card.id
    await person.press(top, say("button.close"))
    assert card.id not in {message.id for message in await person.settled()}


async def test_drive_path_opens_a_folder(bot: House, person: Person, box: Sandbox, journal: Journal) -> None:
    put(box, person, "My Films/2021/a.mkv")
    card = await opened(person, "My Films/2021/")
    assert "Disk.Top › My Films › 2021" in card.text
    assert (await journal.calls("disktop", "GET", LIST))[-1].query["path"] == "/My Films/2021"


async def test_a_folder_that_is_not_there_is_said_to_be_gone(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person)
    await linked(person, "disktop")
    await person.send("/drive Films/Nowhere")
    gone = await person.until(say.starts("drive.folder_gone"))
    await person.press(gone, say("button.up"))
    await person.until("E10")


async def test_a_folder_that_vanishes_meanwhile(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    fill(box, person)
    films = await into(person, await opened(person), "Films", "E10")
    drive = drive_of(box, person)
    drive.remove(drive.at(drive.app_root, "/Films"))  # type: ignore[arg-type]
    await person.press(films, say("button.more"))
    menu = await person.until(lambda message: message.find(say("button.refresh")) is not None)
    await person.press(menu, say("button.refresh"))
    gone = await person.until(say.starts("drive.folder_gone"))
    await person.press(gone, say("button.up"))
    top = await person.until("Music")
    await person.press(top, numbered(top, "Music"))
    await person.until(say("drive.empty"))


async def test_an_entry_that_vanished_is_no_longer_listed(
    bot: House, person: Person, say: Words, box: Sandbox, clock: Hurried
) -> None:
    fill(box, person)
    card = await opened(person)
    drive = drive_of(box, person)
    drive.remove(drive.at(drive.app_root, "/Music"))  # type: ignore[arg-type]
    clock.forward(30)
    pressed = await person.press(card, numbered(card, "Music"))
    assert pressed.text == say("drive.vanished")
    await person.until(lambda message: "Films" in message.text and "Music" not in message.text)


@pytest.mark.parametrize(
    ("order", "first"), [("name", "E1.mkv"), ("size", "E10.mkv"), ("newest", "E1.mkv"), ("server", "E1.mkv")]
)
async def test_every_order(
    bot: House, person: Person, say: Words, box: Sandbox, order: str, first: str
) -> None:
    fill(box, person)
    films = await into(person, await opened(person), "Films", "E10")
    await person.press(films, say("button.sort"))
    menu = await person.until(lambda message: message.find(say("drive.sort.newest")) is not None)
    await person.press(menu, say(f"drive.sort.{order}"))
    shown = await person.until(lambda message: message.find(say("button.sort")) is not None)
    rows = rows_of(shown)
    assert "Extras" in rows[0]
    assert first in rows[1]
    if order == "name":
        assert ["E1." in rows[1], "E2." in rows[2], "E10." in rows[3]] == [True] * 3


async def test_ten_thousand_files_in_pages(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.options(disktop_list_times=True)
    drive = drive_of(box, person)
    drive.fill(put(box, person, "Many/").id, 10_000, box.world.now())
    card = await opened(person, "Many")
    assert say("drive.page", page=1, pages=1250) in card.text
    assert len(await journal.calls("disktop", "GET", LIST)) == 1
    for number in (2, 3):
        await person.press(card, say("button.next"))
        card = await person.until(say("drive.page", page=number, pages=1250))
    assert len(await journal.calls("disktop", "GET", LIST)) == 1
    card_id = str(card.button(say("button.close")).data).partition(":")[0]
    await person.press_data(card, f"{card_id}:page:9999")
    last = await person.until(say("drive.page", page=1250, pages=1250))
    assert last.find(say("button.next")) is None
    assert [call.query["page"] for call in await journal.calls("disktop", "GET", LIST)] == ["1", "50"]
    await person.press(last, say("button.sort"))
    menu = await person.until(lambda message: message.find(say("drive.sort.newest")) is not None)
    await person.press(menu, say("drive.sort.newest"))
    shown = await person.until(say("drive.page", page=1, pages=1250), 60)
    assert "00001." in rows_of(shown)[0]
    edits = await journal.calls("telegram", path="*/editMessageText")
    assert any(
        say.starts("drive.reading").split("{")[0] in call.body or "10000" in call.body for call in edits
    )
    reads = len(await journal.calls("disktop", "GET", LIST))
    assert reads <= 52
    await person.press(shown, say("button.next"))
    await person.until(say("drive.page", page=2, pages=1250))
    assert len(await journal.calls("disktop", "GET", LIST)) == reads
