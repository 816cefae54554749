"""What became of messages on ACGBT between the moment they were found and the one in which they are seen."""

from datetime import timedelta

from bot.wiring import House
from sandbox.server import Sandbox
from services import zones
from tests.driver import Control, Person
from tests.driver.journal import Journal
from tests.e2e.acg.acgways import at_rest, later, made
from tests.e2e.hurried import Hurried
from tests.e2e.inbox.test_inbox import TURN, looked_after, notices
from tests.e2e.words import Words


async def test_one_that_is_deleted_meanwhile_needs_no_mark(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    numbers = [await control.acgbt_message(f"通知{n}") for n in range(2)]
    await later(bot, clock, TURN)
    notice = await person.until("通知1")
    del box.world.acgbt.letters[numbers[1]]
    await person.press(notice, "✓ 1")
    marked = await person.until(lambda m: m.id == notice.id and m.text.count("🔵") == 1)
    assert "通知0" in marked.text, "the notice goes on"
    (call,) = await made(journal, "POST", f"/messages/{numbers[1]}/read")
    assert call.status == 404


async def begin_quiet(house: House, person: Person, clock: Hurried) -> None:
    chosen = (await house.services.people.known(person.id)).preferences
    there = zones.local(clock.now(), chosen.timezone)
    first, last = there - timedelta(hours=1), there + timedelta(hours=3)
    await house.services.people.change(person.id, quiet_from=f"{first:%H:%M}", quiet_to=f"{last:%H:%M}")


async def test_what_was_read_during_the_quiet_hours_is_no_news(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    await begin_quiet(bot, person, clock)
    for n in range(3):
        await control.acgbt_message(f"夜里{n}")
        await later(bot, clock, TURN)
        await at_rest(bot)
    await person.send("/inbox")
    card = await person.until(lambda m: "夜里2" in m.text)
    await person.press(card, "✓ 1")
    await person.until(lambda m: m.id == card.id and m.find("✓ 1") is None)
    await later(bot, clock, 4 * 3600.0)
    told = await person.until(lambda m: m.id != card.id and "夜里1" in m.text)
    assert "夜里0" in told.text
    assert "夜里2" not in told.text
    assert say.starts("inboxnews.heading") in told.text
    assert "2" in told.text.splitlines()[0]


async def test_where_all_was_read_nothing_is_told(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    await begin_quiet(bot, person, clock)
    await control.acgbt_message("夜里读过")
    await later(bot, clock, TURN)
    await at_rest(bot)
    await person.send("/inbox")
    card = await person.until("夜里读过")
    await person.press(card, say("inbox.button.all_read"))
    await person.until(say("inbox.note.all_read"))
    await later(bot, clock, 4 * 3600.0)
    await at_rest(bot)
    assert not [m for m in await notices(person) if m.id != card.id]


async def test_where_acgbt_does_not_tell_what_is_read_all_is_told(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    await begin_quiet(bot, person, clock)
    await control.acgbt_message("夜里没读")
    await later(bot, clock, TURN)
    await at_rest(bot)
    await control.fault("acgbt", "*/messages", "status", status=403, times=0)
    await later(bot, clock, 4 * 3600.0)
    await person.until("夜里没读", timeout=20)
