"""/inbox on the way people go, and new messages: told once, after quiet hours, and only if wanted."""

from bot.wiring import House
from sandbox.server import Sandbox
from services import zones
from services.inboxes import EVERY_SECONDS, SWEEP_SECONDS
from tests.conftest import Start
from tests.driver import Control, Journal, Message, Person
from tests.e2e.acg.acgways import at_rest, later, made
from tests.e2e.hurried import Hurried
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.words import Words

TURN = EVERY_SECONDS + 5


async def looked_after(house: House, clock: Hurried, person: Person) -> None:
    """Link, and let the first look note what lies there already."""
    await link_acgbt(person)
    await later(house, clock, SWEEP_SECONDS + 5)
    await at_rest(house)


async def notices(person: Person) -> list[Message]:
    return [m for m in await person.messages() if m.find("✓") and m.find("📨")]


async def test_by_kind_opened_and_marked(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await link_acgbt(person)
    account = box.world.acgbt.account_of(person.id).id
    letters = box.world.acgbt.letters_for(account)
    await journal.forget()
    await person.send("/inbox")
    card = await person.until("📨")
    assert str(len(letters)) in card.text.splitlines()[0]
    assert card.text.count("🔵") == len(letters)
    assert (await made(journal, "GET", "/messages/unread-count"))[0].status == 200
    assert (await made(journal, "GET", "/messages"))[0].query == {"page": "1", "page_size": "6"}
    for kind in ("system", "activity", "personal"):
        await person.press(card, say(f"inbox.kind.{kind}"))
        card = await person.until(lambda m, kind=kind: m.find(f"✓ {say(f'inbox.kind.{kind}')}") is not None)  # type: ignore[misc]
        assert (await made(journal, "GET", "/messages"))[-1].query["type"] == kind
        mine = [one for one in letters if one.kind == kind]
        assert all(one.title in card.text for one in mine)
    await person.press(card, say("inbox.kind.all"))
    card = await person.until(lambda m: m.find(f"✓ {say('inbox.kind.all')}") is not None)
    await person.press(card, "2")
    opened = await person.until(letters[1].content)
    (asked,) = await made(journal, "GET", f"/messages/{letters[1].id}")
    assert asked.status == 200
    assert account in letters[1].read_by
    await person.press(opened, say("button.back"))
    card = await person.until("📨")
    assert card.text.count("🔵") == len(letters) - 1
    await person.press(card, "✓ 1")
    card = await person.until(lambda m: m.text.count("🔵") == len(letters) - 2)
    assert len(await made(journal, "POST", f"/messages/{letters[0].id}/read")) == 1
    await person.press(card, say("inbox.button.all_read"))
    card = await person.until(say("inbox.note.all_read"))
    assert say("inbox.none_unread") in card.text
    assert len(await made(journal, "POST", "/messages/read-all")) == 1
    assert all(account in one.read_by for one in letters)


async def test_without_an_account_the_way_to_link_is_shown(bot: House, person: Person, say: Words) -> None:
    await person.send("/inbox")
    told = await person.until(say("problem.not_linked", service="ACGBT"))
    assert told.find(say("button.link", service="ACGBT")) is not None


async def test_a_new_message_is_told_once_and_opens(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    assert not await notices(person), "what lay there before is no news"
    number = await control.acgbt_message(
        "审核通过", "你的资源已通过审核。", kind="personal", person_id=person.id
    )
    await later(bot, clock, TURN)
    notice = await person.until("审核通过")
    for _ in range(2):
        await later(bot, clock, TURN)
        await at_rest(bot)
    assert len(await notices(person)) == 1
    await person.press(notice, say("inboxnews.button.open"))
    await person.until("你的资源已通过审核。")
    assert len(await made(journal, "GET", f"/messages/{number}")) == 1


async def test_several_are_one_notice_and_are_marked_there(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    numbers = [await control.acgbt_message(f"通知{n}") for n in range(3)]
    await later(bot, clock, TURN)
    notice = await person.until("通知2")
    assert notice.text.count("🔵") == 3
    await person.press(notice, "✓ 1")
    await person.until(lambda m: m.text.count("🔵") == 2)
    assert len(await made(journal, "POST", f"/messages/{numbers[2]}/read")) == 1
    await person.press(notice, say("inboxnews.button.inbox"))
    await person.until(lambda m: m.find(say("inbox.button.all_read")) is not None)


async def test_quiet_hours_are_kept_and_then_all_is_one(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    chosen = (await bot.services.people.known(person.id)).preferences
    now = zones.local(clock.now(), chosen.timezone)
    first, last = f"{(now.hour - 1) % 24:02}:00", f"{(now.hour + 3) % 24:02}:00"
    await bot.services.people.change(person.id, quiet_from=first, quiet_to=last)
    for n in range(2):
        await control.acgbt_message(f"夜里{n}")
        await later(bot, clock, TURN)
        await at_rest(bot)
    assert not [m for m in await person.messages() if "夜里" in m.text]
    await later(bot, clock, 4 * 3600.0)
    told = await person.until("夜里0")
    assert "夜里1" in told.text, "one message of all that waited"


async def test_a_switch_ends_it(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    await person.send("/settings")
    card = await person.until(say("settings.line.inbox"))
    await person.press(card, say("settings.button.inbox"))
    await person.press(await person.until(say("settings.inbox.about")), say("settings.off"))
    await person.until(say("settings.line.inbox_off"))
    await at_rest(bot)
    await control.acgbt_message("没人要的通知")
    await journal.forget()
    for _ in range(2):
        await later(bot, clock, TURN)
        await at_rest(bot)
    assert not await made(journal, "GET", "/messages*")
    assert not [m for m in await person.messages() if "没人要" in m.text]
    await bot.services.people.change(person.id, inbox=True)
    await later(bot, clock, SWEEP_SECONDS)
    await at_rest(bot)
    assert not [m for m in await person.messages() if "没人要" in m.text], "it came while nobody wanted any"
    await control.acgbt_message("又要了")
    await later(bot, clock, TURN)
    await person.until("又要了")


async def test_a_restart_neither_loses_nor_repeats(start: Start, ben: Person, control: Control) -> None:
    clock = Hurried()
    await control.telegram("options", limits=False)
    async with start(clock=clock) as house:
        await looked_after(house, clock, ben)
        await control.acgbt_message("before the stop")
        await later(house, clock, TURN)
        await ben.until("before the stop")
        await at_rest(house)
    await control.acgbt_message("while it was away")
    clock.forward(TURN)
    async with start(clock=clock) as house:
        await ben.until("while it was away", 20, since=0)
        await later(house, clock, TURN)
        await at_rest(house)
        assert len(await notices(ben)) == 2


async def test_a_key_that_is_gone_ends_the_looks_and_is_told_once(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    await control.acgbt(person.id, revoked=True)
    await later(bot, clock, TURN)
    await person.until(
        lambda m: "ACGBT" in m.text and m.find(say("button.link", service="ACGBT")) is not None
    )
    await at_rest(bot)
    await journal.forget()
    await later(bot, clock, TURN)
    await at_rest(bot)
    assert not await made(journal, "GET", "/messages*")


async def test_another_key_of_the_same_account_goes_on_where_the_last_one_was(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    account = box.world.acgbt.account_of(person.id)
    key = box.world.acgbt.new_key(account.id, "second", ["*"], 60, clock.now())
    await control.acgbt_message("之间 in between")
    await link_acgbt(person, key=key.key, secret=key.secret)
    await later(bot, clock, TURN)
    await person.until("之间")
