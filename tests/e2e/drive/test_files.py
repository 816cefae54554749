"""/drive: a file's card; in both languages, asserted on the wire."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Message, Person
from tests.e2e.drive.driveways import (
    drive_of,
    fill,
    into,
    manage,
    managed,
    names,
    opened,
    picked,
    words_of,
)
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


async def film(person: Person, box: Sandbox) -> Message:
    fill(box, person)
    films = await into(person, await opened(person), "Films", "E10")
    return await into(person, films, "E10", "MD5")


async def test_details_of_a_file(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await film(person, box)
    words = words_of(card)
    item = next(i for i in drive_of(box, person).items.values() if i.name == "E10.mkv")
    assert all(
        fact in words for fact in ("E10.mkv", "10.0 MB", "/我的应用数据/LinkHive/Films/E10.mkv", item.md5)
    )
    asked = await journal.calls("disktop", "GET", f"/v1/files/{item.id}")
    assert asked
    await person.press(card, say("button.back"))
    await person.until(lambda message: "Disk.Top › Films" in message.text)


async def test_a_download_link_with_minutes_left_that_is_renewed(
    bot: House, person: Person, say: Words, box: Sandbox, clock: Hurried, journal: Journal
) -> None:
    card = await film(person, box)
    item = next(i for i in drive_of(box, person).items.values() if i.name == "E10.mkv")
    await person.press(card, say("button.download"))
    got = await person.until(say.starts("drive.link_good").split("{")[0])
    assert any(say("wait.minutes", n=n) in got.text for n in (9, 10))
    address = got.button(say("button.copy_link")).copies or got.button(say("button.open_download")).url
    assert f"/dl/{item.id}" in str(address)
    clock.forward(700)
    await person.press(got, say("button.rename"))
    asked = await person.until(say.starts("drive.ask_rename").splitlines()[0].split("{")[0])
    await person.press(asked, say("button.cancel"))
    over = await person.until(say("drive.link_over"))
    assert over.find(say("button.open_download")) is None
    await person.press(over, say("button.renew"))
    await person.until(say.starts("drive.link_good").split("{")[0])
    assert len(await journal.calls("disktop", "GET", f"/v1/files/{item.id}/download")) == 2


async def test_a_film_is_played_in_its_qualities(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await film(person, box)
    item = next(i for i in drive_of(box, person).items.values() if i.name == "E10.mkv")
    await person.press(card, say("button.play"))
    playing = await person.until(say.starts("drive.play_good").split("{")[0])
    for quality in ("1080p", "720p"):
        button = playing.button(quality)
        assert quality in str(button.url or button.copies)
    assert len(await journal.calls("disktop", "GET", f"/v1/files/{item.id}/stream")) == 1
    await person.press(playing, say("button.renew_playing"))
    await person.settled()
    assert len(await journal.calls("disktop", "GET", f"/v1/files/{item.id}/stream")) == 2


async def test_only_films_and_music_are_played(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    fill(box, person)
    card = await into(person, await opened(person), "note", "MD5")
    assert card.find(say("button.play")) is None


async def test_a_file_is_renamed(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await film(person, box)
    await person.press(card, say("button.rename"))
    asked = await person.until(say.starts("drive.ask_rename").split("{")[0].splitlines()[0])
    assert asked.button(say("button.copy_name")).copies == "E10.mkv"
    await person.send("a/b")
    await person.until(say("field.name_slash"))
    await person.send("E11.mkv")
    renamed = await person.until(lambda m: "E11" in m.text and "MD5" in m.text)
    assert say("drive.renamed", old="E10.mkv", name="E11.mkv") in words_of(renamed)
    item = next(i for i in drive_of(box, person).items.values() if i.name == "E11.mkv")
    assert await manage(journal) == [{"action": "rename", "file_ids[]": str(item.id), "new_name": "E11.mkv"}]
    await person.press(renamed, say("button.back"))
    await person.until(lambda m: "E11" in m.text and "E2" in m.text)


async def test_a_name_that_is_taken_is_asked_for_again(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    card = await film(person, box)
    await person.press(card, say("button.rename"))
    await person.until(say.starts("drive.ask_rename").split("{")[0].splitlines()[0])
    await person.send("E2.mkv")
    asked = await person.until(say("problem.drive.conflict"))
    assert asked.find(say("button.retry")) is None
    assert say("drive.ask_rename", name="E10.mkv") in words_of(asked)
    await person.send("E1.mkv")
    asked = await person.until(say("problem.drive.conflict"))
    await person.press(asked, say("button.cancel"))
    again = await person.until(lambda m: "MD5" in m.text and "E10" in m.text)
    await person.press(again, say("button.rename"))
    await person.send("E2.mkv")
    await person.until(say("problem.drive.conflict"))
    await person.send("E11.mkv")
    renamed = await person.until(lambda m: "MD5" in m.text and "E11" in m.text)
    assert say("drive.renamed", old="E10.mkv", name="E11.mkv") in words_of(renamed)


async def test_a_file_is_moved_and_copied(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await film(person, box)
    item = next(i for i in drive_of(box, person).items.values() if i.name == "E10.mkv")
    await person.press(card, say("button.move"))
    picker = await person.until(lambda m: say("drive.move_one_purpose", name="E10.mkv") in words_of(m))
    await picked(person, say, picker, "Extras")
    moved = await person.until(say.starts("drive.move_done").split("{")[0])
    assert "/Films/Extras" in moved.text
    await person.press(moved, say("button.copy_to"))
    picker = await person.until(lambda m: say("drive.copy_one_purpose", name="E10.mkv") in words_of(m))
    await person.press(picker, say("button.up"))
    picker = await person.until(lambda m: "/Films" in m.text and "/Films/Extras" not in m.text)
    await person.press(picker, say("button.choose_folder"))
    await person.until(say.starts("drive.copy_done").split("{")[0])
    assert await manage(journal) == [
        {"action": "move", "file_ids[]": str(item.id), "dest_path": "/Films/Extras"},
        {"action": "copy", "file_ids[]": str(item.id), "dest_path": "/Films"},
    ]
    assert "E10.mkv" in names(box, person, "/Films")
    assert "E10.mkv" in names(box, person, "/Films/Extras")


async def test_a_file_is_deleted_after_a_question(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await film(person, box)
    item = next(i for i in drive_of(box, person).items.values() if i.name == "E10.mkv")
    await person.press(card, say("button.delete"))
    asked = await person.until(say("drive.delete_final"))
    assert "E10.mkv" in words_of(asked)
    assert "10.0 MB" in asked.text
    assert say("drive.delete_folders") not in asked.text
    await person.press(asked, say("button.cancel"))
    card = await person.until("MD5")
    assert not await manage(journal)
    await person.press(card, say("button.delete"))
    await person.press(await person.until(say("drive.delete_final")), say("button.delete_n", n=1))
    left = await person.until(lambda m: "🗑" in m.text and "E2" in m.text)
    assert await manage(journal) == [{"action": "delete", "file_ids[]": str(item.id)}]
    assert "E10" not in left.text


async def test_a_file_that_is_gone_is_said_to_be(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    card = await film(person, box)
    drive = drive_of(box, person)
    drive.remove(next(i for i in drive.items.values() if i.name == "E10.mkv"))
    await person.press(card, say("button.download"))
    failed = await person.until(lambda m: m.find(say("button.back")) is not None and "MD5" not in m.text)
    await person.press(failed, say("button.back"))
    gone = await person.until(lambda m: "E10.mkv" in words_of(m))
    assert say("drive.file_gone", name="E10.mkv") in words_of(gone)
    await person.press(gone, say("button.back"))
    await person.until("E2")


async def test_a_full_drive_says_what_to_do(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await film(person, box)
    box.world.people[person.id].disk_used = box.world.people[person.id].disk_total
    await person.press(card, say("button.copy_to"))
    picker = await person.until("📂")
    await person.press(picker, say("button.choose_folder"))
    full = await person.until(say("problem.drive.full"))
    box.world.people[person.id].disk_used = 0
    await person.press(full, say("button.retry"))
    await person.until(say.starts("drive.copy_done").split("{")[0])
    assert len(await managed(journal)) == 2


async def test_a_missing_scope_leads_to_linking_again(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    card = await film(person, box)
    await control.person(person.id, scopes=["user.read", "share.read", "files.read_all"])
    await person.press(card, say("button.delete"))
    await person.press(await person.until(say("drive.delete_final")), say("button.delete_n", n=1))
    refused = await person.until(say("problem.forbidden.user_scope", service="Disk.Top"))
    assert refused.find("Disk.Top") is not None
