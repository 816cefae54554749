"""The folder picker: a card asks, the person browses their drive, the card goes on with the path."""

from telegram import Update

from bot.wiring import House
from handlers import cards, folderpick
from handlers.context import LinkHiveContext
from handlers.scenes import Route, Scene, State, Switch
from handlers.texts import Html, code
from handlers.views import Press, View
from sandbox.server import Sandbox
from tests.conftest import GROUP, Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


class AskingState(State):
    dest: str = "?"
    done: bool = False


async def _show(scene: Scene[AskingState]) -> View:
    words = "DONE" if scene.state.done else "ASKING"
    buttons = [Press("PICK", "pick"), Press("PICK AND GO", "go")]
    return View(Html(f"{words} {code(scene.state.dest)}"), (buttons,))


async def _pick(scene: Scene[AskingState], _arg: str) -> Switch:
    return folderpick.ask(scene, "dest")


async def _go(scene: Scene[AskingState], _arg: str) -> Switch:
    return folderpick.ask(scene, "dest", "finish", "/Series", purpose="<For> the test")


async def _finish(scene: Scene[AskingState], _arg: str) -> AskingState:
    return scene.state.model_copy(update={"done": True})


ASKING = Route("asking", AskingState, _show, {"pick": _pick, "go": _go, "finish": _finish}, private=True)


def asks(house: House) -> None:
    async def begin(update: Update, context: LinkHiveContext, _payload: str) -> None:
        await cards.begin(update, context, ASKING, AskingState())

    house.application.card(ASKING)
    house.application.start_link("pick_", begin)


async def picking(house: House, person: Person, label: str = "PICK") -> Message:
    asks(house)
    await linked(person, "disktop")
    await person.start("pick_")
    await person.press(await person.until("ASKING"), label)
    return await person.until("📂")


def fill(box: Sandbox, person: Person, *paths: str) -> None:
    drive = box.world.disktop.drive(person.id, box.world.now())
    for path in paths:
        drive.make_path(drive.app_root, path, box.world.now())


def folder(card: Message, name: str) -> str:
    row = next(line for line in card.text.splitlines() if name in line)
    return f"📁 {row.partition('.')[0]}"


async def test_a_folder_is_found_and_chosen(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    fill(box, person, "Films/E10", "Films/E2", "Series")
    card = await picking(bot, person)
    await person.press(card, folder(card, "Films"))
    inside = await person.until("E10")
    assert inside.text.index("E2") < inside.text.index("E10")
    await person.press(inside, say("button.up"))
    top = await person.until("Series")
    await person.press(top, folder(top, "Films"))
    await person.press(await person.until("E10"), say("button.choose_folder"))
    chosen = await person.until("/Films")
    assert chosen.text == "ASKING /Films"
    assert chosen.id == card.id
    asked = [call.query["path"] for call in await journal.calls("disktop", "GET", "/v1/files")]
    assert set(asked) == {"/", "/Films"}


async def test_choosing_does_what_the_folder_is_for(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person, "Series")
    card = await picking(bot, person, "PICK AND GO")
    assert "<For> the test" in card.text
    assert "/Series" in card.text
    await person.press(card, say("button.choose_folder"))
    assert (await person.until("DONE")).text == "DONE /Series"


async def test_back_changes_nothing(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    fill(box, person, "Series")
    card = await picking(bot, person)
    await person.press(card, folder(card, "Series"))
    await person.press(await person.until(say("folders.none")), say("button.back"))
    assert (await person.until("ASKING")).text == "ASKING ?"


async def test_many_folders_come_in_pages(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    fill(box, person, *(f"F{n}" for n in range(1, 19)))
    card = await picking(bot, person)
    assert "F8" in card.text
    assert "F9" not in card.text
    await person.press(card, say("button.next"))
    second = await person.until("F9")
    assert "F16" in second.text
    await person.press(second, say("button.next"))
    third = await person.until("F17")
    assert third.find(say("button.next")) is None
    await person.press(third, say("button.prev"))
    await person.until("F16")


async def test_a_new_folder_is_made_and_entered(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await picking(bot, person)
    await person.press(card, say("button.new_folder"))
    await person.until(say.starts("folders.ask_name").splitlines()[0])
    for wrong, key in (("a/b", "field.name_slash"), ("x" * 300, "field.name_long")):
        await person.send(wrong)
        await person.until(say(key, most=200))
    await journal.forget()
    await person.send("  Neues <Fach>  ")
    inside = await person.until("/Neues <Fach>")
    made = await journal.calls("disktop", "POST", "/v1/files/folder")
    assert [call.form for call in made] == [{"parent_path": "/", "name": "Neues <Fach>"}]
    await person.press(inside, say("button.choose_folder"))
    assert (await person.until("ASKING")).text == "ASKING /Neues <Fach>"


async def test_a_folder_that_is_there_already_serves(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person, "Series")
    card = await picking(bot, person)
    await person.press(card, say("button.new_folder"))
    await person.until(say.starts("folders.ask_name").splitlines()[0])
    await person.send("Series")
    assert (await person.until("📂")).find(say("button.up"))


async def test_the_question_survives_a_restart_and_a_fault(
    start: Start, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried()) as house:
        card = await picking(house, person)
        await person.press(card, say("button.new_folder"))
        await person.until(say.starts("folders.ask_name").splitlines()[0])
    async with start(clock=Hurried()) as house:
        asks(house)
        await control.fault("disktop", "/v1/files/folder", "status", method="POST", status=500)
        await person.send("Neu")
        failed = await person.until(say("problem.broken", service="Disk.Top"))
        await person.press(failed, say("button.retry"))
        inside = await person.until("/Neu")
        await person.press(inside, say("button.choose_folder"))
        assert (await person.until("ASKING")).text == "ASKING /Neu"


async def test_leaving_the_question_leaves_it(bot: House, person: Person, say: Words) -> None:
    card = await picking(bot, person)
    await person.press(card, say("button.new_folder"))
    question = await person.until(say.starts("folders.ask_name").splitlines()[0])
    await person.press(question, say("button.cancel"))
    await person.until("📂")
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))


async def test_folders_that_vanish_are_said_to_be_gone(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    fill(box, person, "Series/S1")
    card = await picking(bot, person)
    drive = box.world.disktop.drive(person.id, box.world.now())
    await person.press(card, folder(card, "Series"))
    inside = await person.until("S1")
    series = drive.at(drive.app_root, "/Series")
    assert series is not None
    drive.remove(series)
    await person.press(inside, "📁 1")
    gone = await person.until("/Series/S1")
    assert say.starts("folders.gone") in gone.text
    await person.press(gone, say("button.up"))
    gone = await person.until(say.starts("folders.gone"))
    await person.press(gone, say("button.up"))
    top = await person.until(say("folders.none"))
    assert top.find(say("button.up")) is None


async def test_forged_presses_and_groups_see_no_folder(
    bot: House, person: Person, say: Words, people: dict[int, Person], journal: Journal
) -> None:
    card = await picking(bot, person)
    card_id = str(card.button(say("button.back")).data).partition(":")[0]
    await journal.forget()
    for data in ("open:x", "open:", f"open:{'9' * 40}", "page:-1", "make:", "nothing:"):
        assert (await person.press_data(card, f"{card_id}:{data}")).text == say("card.old"), data
    assert not await journal.calls("telegram", path="*/sendMessage")
    assert not await journal.calls("disktop", "POST")
    await person.send("/help", GROUP)
    in_group = await person.until(lambda message: bool(message.buttons), chat=GROUP)
    assert (await person.press_data(in_group, f"{card_id}:show:")).text == say("card.old")
