"""/settings over real sockets: every choice on one card, changed at once, in both languages."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from storage import preferences
from storage.preferences import Preferences
from tests.conftest import linked
from tests.driver import Journal, Message, Person
from tests.e2e.words import Words
from tests.guarantees.workers_house import stock


async def chosen(bot: House, person: Person) -> Preferences:
    return await bot.db.read(lambda tx: preferences.get(tx, person.id))


async def opened(person: Person, say: Words, section: str = "") -> Message:
    await person.send("/settings")
    card = await person.until(say.starts("settings.title"))
    if section:
        await person.press(card, say(f"settings.button.{section}"))
        card = await person.until(lambda message: message.find(say("settings.button.all")) is not None)
    return card


async def typed(person: Person, card: Message, button: str, words: str, wanted: str) -> Message:
    """Press the button that asks, answer in words, and wait for what comes of it."""
    await person.press(card, button)
    await person.until(lambda message: message.id == card.id and len(message.buttons) == 1)
    await person.send(words)
    return await person.until(lambda message: message.id != card.id and wanted in message.text)


async def test_the_language_changes_at_once(bot: House, person: Person, say: Words) -> None:
    other = Words("en" if say.language == "zh" else "zh")
    card = await opened(person, say, "language")
    pressed = await person.press(card, other(f"settings.language.{other.language}"))
    card = await person.until(other("settings.language.about"))
    assert pressed.text == other("settings.kept")
    await person.press(card, other("settings.button.all"))
    await person.until(other.starts("settings.title"))
    await person.send("/help")
    await person.until(other.starts("help.title"))
    card = await opened(person, other, "language")
    await person.press(card, other("settings.language.auto"))
    await person.until(say("settings.language.about"))
    assert (await chosen(bot, person)).language is None


async def test_the_time_zone(bot: House, person: Person, say: Words) -> None:
    card = await opened(person, say, "zone")
    await person.press(card, say("zone.tokyo"))
    card = await person.until("Asia/Tokyo (UTC+9)")
    assert card.find("✓ " + say("zone.tokyo"))
    card = await typed(
        person, card, say("settings.zone.name_button"), "nowhere", say("settings.zone.name_bad")
    )
    # The question stands: the next words answer it.
    await person.send("new york")
    card = await person.until("America/New_York")
    card = await typed(person, card, say("settings.zone.name_button"), "+5:45", "UTC+5:45")
    assert (await chosen(bot, person)).timezone == "UTC+05:45"


async def test_quiet_hours_and_notices(bot: House, person: Person, say: Words) -> None:
    await linked(person, "hdhive")
    card = await opened(person, say, "quiet")
    await person.press(card, "23:00–08:00")
    card = await person.until(say("settings.line.quiet", first="23:00", last="08:00"))
    card = await typed(person, card, say("settings.quiet.hours_button"), "22:30 - 7", "22:30–07:00")
    for bad in ("22:30", "8-8", "25-7"):
        card = await typed(
            person, card, say("settings.quiet.hours_button"), bad, say("settings.quiet.hours_bad")
        )
        await person.press(card, say("button.cancel"))
        card = await person.until(lambda message: message.find(say("settings.button.all")) is not None)
    now = await chosen(bot, person)
    assert (now.quiet_from, now.quiet_to) == ("22:30", "07:00")
    await person.press(card, say("settings.off"))
    await person.until(say("settings.line.quiet_off"))
    card = await opened(person, say, "notices")
    await person.press(card, say("settings.notices.weekly"))
    await person.until(say("settings.line.notices", which=say("settings.notices.weekly")))
    assert (await chosen(bot, person)).notices == "weekly"


async def test_the_default_folder(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "disktop")
    card = await opened(person, say)
    await person.press(card, say("settings.button.folder"))
    card = await person.until(lambda message: message.find(say("button.choose_folder")) is not None)
    await person.press(card, say("button.new_folder"))
    await person.until(lambda message: message.id == card.id and len(message.buttons) == 1)
    await person.send("电影 Films")
    card = await person.until(lambda message: message.find(say("button.up")) is not None)
    await person.press(card, say("button.choose_folder"))
    card = await person.until(say.starts("settings.title"))
    folder = (await chosen(bot, person)).default_folder
    assert folder == "/电影 Films"
    assert "电影 Films" in card.text


async def test_the_unlock_limit_takes_effect(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    """Within the limit no question, within the day's cap only."""
    box.world.people[person.id].forever_premium = False
    slugs = stock(box, 4, price=4)
    await linked(person, "hdhive")
    assert await unlocked_at_once(person, say, slugs[0]) is False
    card = await opened(person, say, "limit")
    await person.press(card, say("settings.limit.points", points=5))
    card = await person.until(say("settings.line.limit", limit=5, budget=50, spent=4))
    card = await typed(person, card, say("settings.limit.budget_button"), "9", "9")
    assert (await chosen(bot, person)).auto_unlock_budget == 9
    await journal.forget()
    assert await unlocked_at_once(person, say, slugs[1]) is True
    # 8 of 9 points are spent: the next one would pass the cap, so it is asked for.
    assert await unlocked_at_once(person, say, slugs[2], capped=True) is False
    assert len(await journal.calls("hdhive", "POST", "*/resources/unlock")) == 2
    card = await opened(person, say, "limit")
    await typed(person, card, say("settings.limit.limit_button"), "lots", say("settings.limit.limit_bad"))
    await person.send("0")
    await person.until(say("settings.line.limit_none"))
    assert await unlocked_at_once(person, say, slugs[3]) is False


async def unlocked_at_once(person: Person, say: Words, slug: str, *, capped: bool = False) -> bool:
    """Unlock; a question is answered with yes. Tells whether there was none."""
    await person.send(f"/unlock {slug}")
    card = await person.until(lambda message: message.find(say.starts("button.unlock_for")) is not None)
    await person.press(card, say.starts("button.unlock_for"))

    def settled(message: Message) -> bool:
        return message.find(say.starts("button.confirm_points")) is not None or slug[-12:] in message.text

    card = await person.until(settled)
    asked = card.find(say.starts("button.confirm_points"))
    if asked is None:
        return True
    assert (say.starts("unlock.capped") in card.text) == capped
    await person.press(card, asked.text)
    await person.until(slug[-12:])
    return False


async def test_it_is_one_private_card(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await person.send("/settings", -1001000000001)
    card = await person.until(say("private.only"), chat=-1001000000001)
    assert card.button(say("button.private")).url


@pytest.mark.parametrize("data", ["set:limit -1", "set:../x", "open:nothing", "ask:nothing", "keep_folder:"])
async def test_forged_presses_change_nothing(bot: House, person: Person, say: Words, data: str) -> None:
    card = await opened(person, say, "limit")
    before = await chosen(bot, person)
    card_id = (card.buttons[0].data or "").partition(":")[0]
    pressed = await person.press_data(card, f"{card_id}:{data}")
    assert pressed.text == say("card.old")
    assert await chosen(bot, person) == before
