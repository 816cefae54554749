"""/drive: browsing, sorting, paging, folders, space, sharing; in both languages, asserted on the wire."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP, Start, linked
from tests.driver import Control, Journal, Person
from tests.e2e.driveways import drive_of, fill, into, names, numbered, opened, put, rows_of
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

LIST = "/v1/files"


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


async def test_a_new_folder(bot: House, person: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    fill(box, person)
    films = await into(person, await opened(person), "Films", "E10")
    await person.press(films, say("button.new_folder"))
    await person.until(say.starts("folders.ask_name").splitlines()[0])
    for wrong, key in (
        ("a/b", "field.name_slash"),
        ("..", "field.name_odd"),
        ("字" * 201, "field.name_long"),
    ):
        await person.send(wrong)
        await person.until(say(key, most=200))
    await person.send("2024")
    inside = await person.until("Disk.Top › Films › 2024")
    assert say.starts("drive.folder_made").split("{")[0].strip() in inside.text
    made = await journal.calls("disktop", "POST", "/v1/files/folder")
    assert [call.form for call in made] == [{"parent_path": "/Films", "name": "2024"}]
    assert "2024" in names(box, person, "/Films")


async def test_a_new_folder_of_a_name_that_is_taken_serves(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person)
    card = await opened(person)
    await person.press(card, say("button.new_folder"))
    await person.until(say.starts("folders.ask_name").splitlines()[0])
    await person.send("Films")
    there = await person.until("E10")
    assert say("drive.folder_there", folder="/Films") in there.text


async def test_a_question_can_be_left(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    fill(box, person)
    card = await opened(person)
    await person.press(card, say("button.new_folder"))
    asked = await person.until(say.starts("folders.ask_name").splitlines()[0])
    await person.press(asked, say("button.cancel"))
    await person.until("Music")
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))


async def test_a_restart_in_the_middle_of_a_question(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    await control.telegram("options", limits=False)
    fill(box, person)
    async with start(clock=Hurried()):
        card = await opened(person)
        await person.press(card, say("button.new_folder"))
        await person.until(say.starts("folders.ask_name").splitlines()[0])
    async with start(clock=Hurried()):
        await person.send("Neu")
        inside = await person.until("Disk.Top › Neu")
        await person.press(inside, say("button.up"))
        await person.until("Music")


async def test_the_default_folder(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    fill(box, person)
    films = await into(person, await opened(person), "Films", "E10")
    assert say("drive.is_default") not in films.text
    await person.press(films, say("button.more"))
    menu = await person.until(lambda message: message.find(say("button.default_folder")) is not None)
    assert "▱" in menu.text
    await person.press(menu, say("button.default_folder"))
    chosen = await person.until(say("drive.default_set", folder="/Films"))
    assert say("drive.is_default") in chosen.text
    known = await bot.services.people.known(person.id)
    assert known.preferences.default_folder == "/Films"
    await person.press(chosen, say("button.more"))
    menu = await person.until(lambda message: message.find(say("button.refresh")) is not None)
    assert menu.find(say("button.default_folder")) is None
    await person.press(menu, say("button.back"))
    await person.until(lambda message: message.find(say("button.mark")) is not None)


async def test_sharing_is_turned_on_where_it_was_granted(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), disktop_scopes="user.read files.app_data share.read share.create"):
        card = await opened(person)
        await person.press(card, say("button.more"))
        menu = await person.until(lambda message: message.find(say("button.sharing")) is not None)
        await person.press(menu, say("button.sharing"))
        on = await person.until(say("drive.sharing_on"))
        assert len(await journal.calls("disktop", "POST", "/v1/user/share-enable")) == 1
        assert person.id in box.world.disktop.sharing
        await person.press(on, say("button.more"))
        menu = await person.until(lambda message: message.find(say("button.refresh")) is not None)
        assert menu.find(say("button.sharing")) is None


async def test_sharing_is_not_offered_without_the_scope(bot: House, person: Person, say: Words) -> None:
    card = await opened(person)
    await person.press(card, say("button.more"))
    menu = await person.until(lambda message: message.find(say("button.refresh")) is not None)
    assert menu.find(say("button.sharing")) is None
    card_id = str(
        card.button(say("button.back")).data if card.find(say("button.back")) else menu.buttons[0].data
    )
    await person.press_data(menu, f"{card_id.partition(':')[0]}:share:")
    refused = await person.until(lambda message: message.find("Disk.Top") is not None)
    assert say("problem.forbidden.user_scope", service="Disk.Top") in refused.text


async def test_the_whole_drive_with_the_full_scopes(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    scopes = "user.read files.app_data files.read_all files.write_all"
    async with start(clock=Hurried(), disktop_scopes=scopes):
        put(box, person, "Private/diary.txt", whole=True)
        card = await opened(person)
        assert "我的应用数据" in card.text
        inside = await into(person, card, "Private", "diary.txt")
        await person.press(inside, say("button.search_drive"))
        await person.until(say.starts("drive.ask_words").splitlines()[0])
        await person.send("diary")
        found = await person.until("1.")
        file = await into(person, found, "diary", "/Private/diary.txt")
        await person.press(file, say("button.to_folder"))
        await person.until("Disk.Top › Private")


async def test_without_an_account_the_next_step_is_a_button(bot: House, person: Person, say: Words) -> None:
    await person.send("/drive")
    card = await person.until(say("problem.not_linked", service="Disk.Top"))
    assert card.find("Disk.Top") is not None


async def test_faults_are_told_and_tried_again(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    fill(box, person)
    await linked(person, "disktop")
    await control.fault("disktop", LIST, "status", method="GET", status=500, times=0)
    await person.send("/drive")
    failed = await person.until(say("problem.broken", service="Disk.Top"))
    await control.mend()
    await person.press(failed, say("button.retry"))
    await person.until("Films")


async def test_in_a_group_there_is_only_the_way_to_the_private_chat(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    card = await opened(person)
    await person.send("/drive@linkhive_bot Films", GROUP)
    pointed = await person.until(say("private.only"), chat=GROUP)
    assert (pointed.button(say("button.private")).url or "").endswith("go_drive_Films")
    card_id = str(card.button(say("button.close")).data).partition(":")[0]
    pressed = await person.press_data(pointed, f"{card_id}:show:")
    assert pressed.text == say("card.old")
    sent = await journal.calls("telegram", path="*/sendMessage")
    assert all("Films" not in call.form["text"] for call in sent if call.form["chat_id"] == str(GROUP))


async def test_forged_and_foreign_presses_do_nothing(
    bot: House, person: Person, say: Words, box: Sandbox, people: dict[int, Person], journal: Journal
) -> None:
    fill(box, person)
    card = await opened(person)
    card_id = str(card.button(say("button.close")).data).partition(":")[0]
    await journal.forget()
    forged = (
        "open:", "open:x1", "open:d", "open:f-1", f"open:d{'9' * 30}", "page:-1", "page:x", "menu:odd",
        "sort:odd", "make:", "find:", "move:", "move_here:", "copy_here:", "choose:", "rename:", "rename_to:",
        "delete:", "mark:", "mark:z1", "sure:", "nothing:",
    )  # fmt: skip
    for data in forged:
        assert (await person.press_data(card, f"{card_id}:{data}")).text == say("card.old"), data
    other = next(somebody for somebody in people.values() if somebody.id != person.id)
    assert not await journal.calls("telegram", path="*/editMessageText")
    assert not await journal.calls("disktop", "POST")
    await other.send("/help")
    theirs = await other.until(lambda message: bool(message.buttons))
    pressed = await other.press_data(theirs, f"{card_id}:show:")
    assert pressed.text in (Words("en")("card.old"), Words("zh")("card.old"))
    assert not await journal.calls("disktop")
