"""/drive: several marked at once, moved, copied, deleted, once each whatever comes between."""

import asyncio
from pathlib import Path

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import environment
from tests.driver import Control, Journal, Person
from tests.e2e.cards.test_presses import HOSTILE, harmless
from tests.e2e.drive.driveways import (
    MANAGE,
    drive_of,
    fill,
    manage,
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
from tests.e2e.process import Bot, until
from tests.e2e.words import Words


async def test_several_are_moved_at_once(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "Films", "note")
    await person.press(card, say("button.move_n", n=2))
    picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
    assert "Films" not in picker.text
    await picked(person, say, picker, "Music")
    done = await person.until(lambda m: "✅" in m.text and "🗂" in m.text)
    assert "/Music" in done.text
    assert done.find("☑️ 1") is None
    forms = (await managed(journal))[0].body
    assert "action=move" in forms
    assert "file_ids" in forms
    assert "folder_ids" in forms
    assert names(box, person, "/Music") == ["Films", "note.md"]


async def test_several_are_copied_and_deleted(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    box.world.people[person.id].disk_used = 0
    card = await marked(person, say, await opened(person), "Films", "cat")
    await person.press(card, say("button.copy_n", n=2))
    picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
    await picked(person, say, picker, "Music")
    done = await person.until(lambda m: "✅" in m.text and "🗂" in m.text)
    assert names(box, person, "/Music") == ["Films", "cat.jpg"]
    card = await marked(person, say, done, "Films", "cat", "note")
    await person.press(card, say("button.delete_n", n=3))
    asked = await person.until(say("drive.delete_final"))
    assert say("drive.delete_folders") in asked.text
    words = words_of(asked)
    assert all(name in words for name in ("Films", "cat.jpg", "note.md"))
    assert "6" in next(line for line in words.splitlines() if "MB" in line)
    await person.press(asked, say("button.delete_n", n=3))
    left = await person.until(lambda m: "🗑" in m.text and "🗂" in m.text)
    assert "Music" in left.text
    assert names(box, person) == ["Music"]
    assert len([form for form in await manage(journal) if form["action"] == "delete"]) == 1


async def test_marks_of_a_page_over_pages_and_none(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    for number in range(12):
        put(box, person, f"f{number:02d}.txt")
    card = await opened(person)
    await person.press(card, say("button.mark"))
    card = await person.until(say("drive.mark_hint"))
    await person.press(card, say("button.mark_page"))
    card = await person.until(lambda m: sum("☑️" in row for row in rows_of(m)) == 8)
    await person.press(card, say("button.next"))
    card = await person.until("f09")
    await person.press(card, numbered(card, "f09"))
    card = await person.until(lambda m: m.find(say("button.delete_n", n=9)) is not None)
    assert card.find(say("button.rename")) is None
    await person.press(card, numbered(card, "f09"))
    card = await person.until(lambda m: m.find(say("button.delete_n", n=8)) is not None)
    await person.press(card, say("button.unmark"))
    card = await person.until(say("drive.mark_hint"))
    await person.press(card, say("button.done"))
    await person.until(lambda m: m.find(say("button.search_drive")) is not None)


async def test_a_folder_is_renamed_by_its_mark(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "Films")
    await person.press(card, say("button.rename"))
    await person.until(say.starts("drive.ask_rename").split("{")[0].splitlines()[0])
    await person.send("Movies")
    done = await person.until(lambda m: "🗂" in m.text and "Movies" in m.text)
    assert say("drive.renamed", old="Films", name="Movies") in words_of(done)
    form = (await manage(journal))[0]
    assert form["new_name"] == "Movies"
    assert "folder_ids[]" in form


async def test_a_taken_name_is_asked_for_again_by_a_mark(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "Films")
    await person.press(card, say("button.rename"))
    await person.until(say.starts("drive.ask_rename"))
    await person.send("Music")
    asked = await person.until(say("problem.drive.conflict"))
    assert asked.find(say("button.retry")) is None
    await person.send("Movies")
    await person.until(lambda m: say("drive.renamed", old="Films", name="Movies") in words_of(m))
    assert names(box, person) == ["Movies", "Music", "cat.jpg", "note.md"]


async def test_what_went_away_meanwhile_does_not_stop_the_rest(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "cat", "note")
    drive = drive_of(box, person)
    drive.remove(next(i for i in drive.items.values() if i.name == "cat.jpg"))
    await person.press(card, say("button.delete_n", n=2))
    await person.press(await person.until(say("drive.delete_final")), say("button.delete_n", n=2))
    await person.until(lambda m: "🗑" in m.text and "🗂" in m.text)
    assert "note.md" not in names(box, person)


@pytest.mark.parametrize("action", ["move", "delete"])
async def test_a_doubtful_change_is_read_back(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, action: str
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "note")
    await control.fault("disktop", MANAGE, "reset_after", method="POST")
    await person.press(card, say(f"button.{action}_n", n=1))
    if action == "move":
        await picked(person, say, await person.until(lambda m: "📂" in m.text and "Music" in m.text), "Music")
    else:
        await person.press(await person.until(say("drive.delete_final")), say("button.delete_n", n=1))
    await person.until(lambda m: "🗂" in m.text and ("✅" in m.text or "🗑" in m.text))
    assert len(await managed(journal)) == 1
    assert "note.md" not in names(box, person)


async def test_a_doubtful_copy_is_not_repeated(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "note")
    await person.press(card, say("button.copy_n", n=1))
    picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
    await control.fault("disktop", MANAGE, "reset_after", method="POST")
    await picked(person, say, picker, "Music")
    doubt = await person.until(lambda m: say("problem.drive.doubtful", dest="/Music") in words_of(m))
    assert doubt.find(say("button.retry")) is None
    assert names(box, person, "/Music") == ["note.md"]
    assert len(await managed(journal)) == 1


async def test_choosing_twice_copies_once(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person)
    card = await marked(person, say, await opened(person), "note")
    await person.press(card, say("button.copy_n", n=1))
    picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
    await asyncio.gather(*(person.press(picker, say("button.choose_folder")) for _ in range(3)))
    await person.settled()
    assert len(await managed(journal)) == 1


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_names_neither_break_nor_forge_a_card(
    bot: House, person: Person, say: Words, box: Sandbox, words: str
) -> None:
    name = words.replace("/", "_")
    for number in range(6):
        put(box, person, f"{number} {name}.mkv")
    put(box, person, f"{name}/")
    card = await opened(person)
    harmless(card)
    await person.press(card, say("button.mark"))
    card = await person.until(say("drive.mark_hint"))
    await person.press(card, say("button.mark_page"))
    card = await person.until(lambda m: m.find(say("button.delete_n", n=7)) is not None)
    harmless(card)
    await person.press(card, say("button.delete_n", n=7))
    harmless(await person.until(say("drive.delete_final")))
    await person.send("/drive")
    card = await person.until(lambda m: m.find("🎬") is not None)
    await person.press(card, "🎬")
    card = await person.until("MD5")
    harmless(card)
    await person.press(card, say("button.move"))
    picker = await person.until("📂")
    harmless(picker)
    await person.press(picker, say("button.back"))
    await person.press(await person.until("MD5"), say("button.rename"))
    harmless(await person.until(say.starts("drive.ask_rename").split("{")[0].splitlines()[0]))


@pytest.mark.slow
async def test_a_kill_while_copying_copies_nothing_twice(
    person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, tmp_path: Path
) -> None:
    await control.telegram("options", limits=False, webhook_backoff_most=0.3)
    fill(box, person)
    bot = Bot(environment(box, tmp_path), tmp_path)
    try:
        await bot.start()
        await bot.ready()
        card = await marked(person, say, await opened(person), "note")
        await person.press(card, say("button.copy_n", n=1))
        picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
        await person.press(picker, numbered(picker, "Music"))
        picker = await person.until(lambda m: "/Music" in words_of(m))
        await control.fault("disktop", MANAGE, "delay", method="POST", seconds=5.0)
        pressing = asyncio.create_task(person.press(picker, say("button.choose_folder"), timeout=3))
        await until(lambda: any(e.path.endswith(MANAGE) for e in box.world.journal.entries), "it copies")
        await bot.kill()
        await asyncio.gather(pressing, return_exceptions=True)
        await control.mend()
        await bot.start()
        await bot.ready()
        told = await person.until(say.starts("drive.interrupted").split("{")[0], 30)
        assert "/Music" in words_of(told)
        assert len(await managed(journal)) == 1
    finally:
        await bot.kill()
