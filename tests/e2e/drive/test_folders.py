"""/drive: new folders, the default folder, and a question for a name that is left or outlives a restart."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import Start
from tests.driver import Control, Journal, Person
from tests.e2e.drive.driveways import fill, into, names, opened
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


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
