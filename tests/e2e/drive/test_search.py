"""/drive: search by words, endings and kinds."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Journal, Message, Person
from tests.e2e.drive.driveways import drive_of, fill, into, opened, put, rows_of, words_of
from tests.e2e.words import Words

SEARCH = "/v1/files/search"


async def searched(person: Person, say: Words, words: str) -> Message:
    card = await opened(person)
    await person.press(card, say("button.search_drive"))
    await person.until(say.starts("drive.ask_words").splitlines()[0])
    await person.send(words)
    return await person.until(say.starts("drive.search_heading").strip() or "🔎")


async def test_words_find_files_in_all_folders(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    found = await searched(person, say, "e1")
    assert len(rows_of(found)) == 2
    asked = await journal.calls("disktop", "GET", SEARCH)
    assert asked[-1].query == {"q": "e1", "limit": "200"}
    file = await into(person, found, "E10", "MD5")
    await person.press(file, say("button.to_folder"))
    folder = await person.until(lambda m: "Disk.Top › Films" in m.text)
    assert "E2" in folder.text


async def test_an_ending_is_asked_of_the_server(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    found = await searched(person, say, "*.MKV")
    assert len(rows_of(found)) == 3
    assert (await journal.calls("disktop", "GET", SEARCH))[-1].query["ext"] == "mkv"


async def test_kinds_narrow_what_was_found(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    put(box, person, "a song e.mp3")
    found = await searched(person, say, "e")
    await person.press(found, say("drive.kind.video"))
    films = await person.until(
        lambda m: any("● " in b.text and say("drive.kind.video") in b.text for b in m.buttons)
    )
    assert len(rows_of(films)) == 3
    assert all("🎬" in row for row in rows_of(films))
    await person.press(films, say("drive.kind.all"))
    again = await person.until(lambda m: "🎵" in m.text)
    assert len(rows_of(again)) > len(rows_of(films))


async def test_many_finds_come_in_pages_and_by_kind_from_the_server(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    drive = drive_of(box, person)
    drive.fill(put(box, person, "Many/").id, 1000, box.world.now())
    found = await searched(person, say, "0")
    assert say.starts("drive.found_first").split("{")[0].strip() in found.text
    await person.press(found, say("button.next"))
    second = await person.until("9.")
    await person.press(second, say("button.prev"))
    first = await person.until(lambda m: rows_of(m)[:1] == rows_of(found)[:1])
    await person.press(first, say("drive.kind.audio"))
    songs = await person.until(lambda m: bool(rows_of(m)) and all("🎵" in row for row in rows_of(m)))
    assert songs.find(say("button.next")) is not None
    exts = {call.query.get("ext") for call in await journal.calls("disktop", "GET", SEARCH)}
    assert {"mp3", "flac"} <= exts


async def test_nothing_found_and_other_words(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    none = await searched(person, say, "zzz")
    assert say("drive.found_none") in none.text
    await person.press(none, say("button.search_again"))
    await person.until(say.starts("drive.ask_words").splitlines()[0])
    await person.send("cat")
    found = await person.until(lambda m: "cat.jpg" in words_of(m))
    await person.press(found, say("button.back"))
    await person.until(lambda m: "Music" in m.text)


async def test_deleting_a_found_file_returns_to_the_search(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    found = await searched(person, say, "e1")
    file = await into(person, found, "E10", "MD5")
    await person.press(file, say("button.delete"))
    await person.press(await person.until(say("drive.delete_final")), say("button.delete_n", n=1))
    left = await person.until(lambda m: "🗑" in m.text and "🔎" in m.text)
    assert len(rows_of(left)) == 1


async def test_forged_presses(bot: House, person: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    fill(box, person)
    found = await searched(person, say, "e1")
    card_id = str(found.button(say("button.close")).data).partition(":")[0]
    await journal.forget()
    for data in ("open:d1", "open:fx", "kind:odd", "page:-1", "nothing:"):
        assert (await person.press_data(found, f"{card_id}:{data}")).text == say("card.old"), data
    assert (await person.press_data(found, f"{card_id}:open:f1")).text == say("drive.vanished")
