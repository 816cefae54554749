"""/drive: what each scope allows; without an account, in a group, and for presses that were forged."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP, Start, linked
from tests.driver import Control, Journal, Person
from tests.e2e.drive.driveways import LIST, fill, into, opened, put
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


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
