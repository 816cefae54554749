"""/save: marks on files and folders, patterns, the folder to save to, and what came of it."""

from urllib.parse import parse_qsl

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Person
from tests.e2e.shares.sharecard import CODE, FOLDER, LOCKED, in_drive, listed, pressed, share_of, with_label
from tests.e2e.words import Words


async def test_marks_on_folders_and_in_folders_are_saved_as_a_tree(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    before = in_drive(box, person)
    await person.send(f"/save https://disk.top/s/{LOCKED}")
    await person.until(say.starts("save.ask_code"))
    await person.send(CODE)
    card = await person.until(with_label(say("button.save_all")))
    card = await pressed(person, card, "◻️ 1", "☑️ 1")
    card = await pressed(person, card, "📁 2", say("button.up"))
    assert "☑️" in card.text, "the mark outside is still counted"
    card = await pressed(person, card, "◻️ 3", "☑️ 3")
    card = await pressed(person, card, say("button.up"), "☑️ 1")
    await journal.forget()
    await person.press(card, say("button.save_picked", n=2))
    done = await person.until(say.starts("save.done"))
    assert say("save.done", n=5, dest="§", size="").partition("§")[0] in done.text
    assert "Season 01" in done.text
    new = {path.partition("/Season")[2] for path in in_drive(box, person) - before}
    assert new == {f" 01/示例剧.S01E{e:02d}.mkv" for e in range(1, 5)} | {" 02/示例剧.S02E03.mkv"}
    copies = await journal.calls("disktop", "POST", f"/v1/share/{LOCKED}/transfer")
    fields = [parse_qsl(call.body) for call in copies]
    assert [sum(name == "file_ids[]" for name, _ in call) for call in fields] == [4, 1]
    assert [dict(call)["dest_path"] for call in fields] == ["/Season 01", "/Season 02"]
    assert {dict(call)["pwd"] for call in fields} == {CODE}


async def test_the_code_is_asked_once_and_goes_with_every_call(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "disktop")
    await journal.forget()
    await person.send(f"/save https://disk.top/s/{LOCKED}")
    await person.until(say.starts("save.ask_code"))
    await person.send("9999")
    await person.until(say.starts("save.wrong_code"))
    await person.send(CODE)
    card = await person.until(with_label(say("button.save_all")))
    await pressed(person, card, "📁 1", say("button.up"))
    assert await journal.calls("disktop", "GET", f"/v1/share/{LOCKED}/info")
    tried = await journal.calls("disktop", "POST", f"/v1/share/{LOCKED}/verify-pwd")
    assert [call.form for call in tried] == [{"pwd": "9999"}, {"pwd": CODE}]
    looked = await journal.calls("disktop", "GET", f"/v1/share/{LOCKED}/files")
    assert {call.query["pwd"] for call in looked} == {CODE}
    assert [call.query["path"] for call in looked][-1] == "/Season 01"


async def test_marks_survive_turning_pages(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "disktop")
    share_of(box, "fa9e5", 20)
    card = await listed(person, say, "fa9e5")
    card = await pressed(person, card, "◻️ 2", "☑️ 2")
    card = await pressed(person, card, say("button.next"), "◻️ 9")
    card = await pressed(person, card, "◻️ 9", "☑️ 9")
    card = await pressed(person, card, say("button.prev"), "☑️ 2")
    card = await pressed(person, card, "☑️ 2", "◻️ 2")
    card = await pressed(person, card, "◻️ 3", "☑️ 3")
    await person.press(card, say("button.save_picked", n=2))
    await person.until(say.starts("save.done"))
    names = {path.rpartition("/")[2] for path in in_drive(box, person)}
    assert {"Film 003.mkv", "Film 009.mkv"} <= names
    assert "Film 002.mkv" not in names


async def test_marks_can_be_cleared(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, FOLDER)
    card = await pressed(person, card, "◻️ 2", say("button.clear_marks"))
    card = await pressed(person, card, say("button.clear_marks"), "◻️ 2")
    assert card.find(say("button.save_picked", n=1)) is None


async def test_episodes_are_asked_for_with_examples_and_shown_before_they_are_saved(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, f"{LOCKED} {CODE}")
    await person.press(card, say("button.pattern"))
    asked = await person.until("E01-E05")
    assert all(example in asked.text for example in ("1-12", "S02", "*.mkv"))
    await person.send("nothing like this")
    card = await person.until(say("save.no_match", pattern="nothing like this"))
    assert asked.id not in {message.id for message in await person.settled()}
    await person.press(card, say("button.other_pattern"))
    await person.until("E01-E05")
    await journal.forget()
    await person.send("S02 E02-E03")
    card = await person.until(with_label(say("button.save_picked", n=2)))
    assert "S02E02" in card.text
    assert "S02E03" in card.text
    assert "S01" not in card.text
    assert not await journal.calls("disktop", "POST", "*/transfer"), "first it is shown"
    await person.press(card, say("button.save_picked", n=2))
    await person.until(say.starts("save.done"))
    new = {path.rpartition("/")[2] for path in in_drive(box, person) if "示例剧" in path}
    assert new == {"示例剧.S02E02.mkv", "示例剧.S02E03.mkv"}


async def test_many_matches_are_shown_by_pages(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "disktop")
    share_of(box, "fa9e5", 30)
    card = await listed(person, say, "fa9e5")
    await person.press(card, say("button.pattern"))
    await person.until("E01-E05")
    await person.send("film 1-12")
    card = await person.until(with_label(say("button.save_picked", n=12)))
    assert "Film 008" in card.text
    card = await pressed(person, card, say("button.next"), say("button.prev"))
    assert "Film 012" in card.text
    card = await pressed(person, card, say("button.back"), say("button.save_all"))
    assert "Film 001" in card.text


async def test_another_folder_is_picked_and_saving_twice_says_so(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    drive = box.world.disktop.drive(person.id, 0.0)
    for item in [*drive.children(drive.app_root)]:
        drive.remove(item)
    drive.add(drive.app_root, "Films", 0.0, is_dir=True)
    card = await listed(person, say, FOLDER)
    card = await pressed(person, card, "◻️ 2", "☑️ 2")
    card = await pressed(person, card, say("button.save_to"), say("button.choose_folder"))
    card = await pressed(person, card, "📁 1", say("button.up"))
    card = await pressed(person, card, say("button.choose_folder"), say("button.save_all"))
    assert "/Films" in card.text
    assert card.find("☑️ 2") is not None, "marks survive the way to the folder"
    await journal.forget()
    await person.press(card, say("button.save_picked", n=1))
    done = await person.until(say.starts("save.done"))
    assert "/Films" in done.text
    assert "demo" in done.text
    (copy,) = await journal.calls("disktop", "POST", f"/v1/share/{FOLDER}/transfer")
    assert copy.form["dest_path"] == "/Films"
    card = await pressed(person, done, say("button.back"), say("button.save_all"))
    card = await pressed(person, card, "◻️ 2", "☑️ 2")
    await person.press(card, say("button.save_picked", n=1))
    await person.until(say("save.all_there", dest="/Films"))
    assert len(await journal.calls("disktop", "POST", "*/transfer")) == 1


async def test_the_result_opens_its_folder_in_the_drive(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, f"{FOLDER} /Saved/Here")
    await person.press(card, say("button.save_all"))
    done = await person.until(with_label(say("button.open_folder")))
    await journal.forget()
    await person.press(done, say("button.open_folder"))
    shown = await person.until("demo")
    assert shown.id == done.id
    looked = await journal.calls("disktop", "GET", "/v1/files")
    assert looked[0].query["path"] == "/Saved/Here"


async def test_a_big_save_shows_how_far_it_is_and_can_be_stopped(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await linked(person, "disktop")
    share_of(box, "b16b16", 450, size=1024)
    await control.fault("disktop", "*/transfer", "delay", seconds=0.6, times=0)
    card = await listed(person, say, "b16b16")
    pressed_ = await person.press(card, say("button.save_all"))
    assert pressed_.answered
    running = await person.until("100 ")
    assert "22" in running.text, "per cent"
    # Meanwhile the chat is free.
    await person.send("/help")
    await person.until(say("help.title"))
    await person.press(running, say("button.stop"))
    stopped = await person.until(say.starts("save.stopped"))
    assert stopped.id == card.id
    await control.mend()
    await person.settled(1.0)
    copied = len([path for path in in_drive(box, person) if "Film" in path])
    assert 0 < copied < 450
    await person.press(stopped, say("button.save_all"))
    done = await person.until(say.starts("save.done"), 30)
    assert str(450 - copied) in done.text
    assert say("save.already", n=copied) in done.text
