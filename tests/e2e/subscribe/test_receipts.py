"""What a receipt tells of the day's budget, and what can be done on it about the next one."""

from bot.wiring import House
from services import zones
from tests.conftest import linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import appear, begun, later, quiet_rounds
from tests.e2e.words import Words

UNLOCK = "/api/open/resources/unlock"
LIMIT, BUDGET = 5, 10


async def unlocking(bot: House, person: Person, say: Words) -> Message:
    """Follow a film whose new resources are unlocked by themselves, within a limit and a day's budget."""
    await linked(person, "hdhive")
    await bot.services.people.change(person.id, unlock_limit=LIMIT, auto_unlock_budget=BUDGET)
    card = await begun(person, say)
    await person.press(card, say("subscribe.button.auto_on"))
    card = await person.until(say("subscribe.auto.points", limit=LIMIT, budget=BUDGET))
    await quiet_rounds(bot)
    return card


async def test_it_tells_how_much_of_todays_budget_is_spent(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    # Three rounds take most of an hour, all on one day.
    clock.forward(zones.next_at(clock.now(), zones.DEFAULT, "01:00") - clock.now())
    await unlocking(bot, person, say)
    for spent in (4, 8):
        await appear(control, unlock_points=4)
        await later(bot, clock)
        receipt = await person.until(say("receipt.today", spent=spent, budget=BUDGET), timeout=20)
        assert say("receipt.spent", points=4) in receipt.text, "beside what this one cost"
        await quiet_rounds(bot)
    await appear(control, unlock_points=4)
    await later(bot, clock)
    receipt = await person.until(say("receipt.budget", points=4).strip(), timeout=20)
    assert say("receipt.today", spent=8, budget=BUDGET) in receipt.text
    assert len(await journal.calls("hdhive", "POST", UNLOCK)) == 2


async def test_who_spends_nothing_without_a_question_has_no_budget(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    card = await begun(person, say)
    await person.press(card, say("subscribe.button.auto_on"))
    await person.until(say("subscribe.auto.free"))
    await quiet_rounds(bot)
    await appear(control, unlock_points=0)
    await later(bot, clock)
    receipt = await person.until(say("receipt.nothing_spent"), timeout=20)
    assert say.starts("receipt.today") not in receipt.text


async def test_it_can_be_muted_there_and_heard_again(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await unlocking(bot, person, say)
    await appear(control, unlock_points=1)
    await later(bot, clock)
    receipt = await person.until(say("receipt.spent", points=1), timeout=20)
    await quiet_rounds(bot)
    await person.press(receipt, say("button.mute"))
    muted = await person.until(say("subscribe.muted"))
    assert muted.id == receipt.id
    await appear(control, unlock_points=2)
    await later(bot, clock)
    await quiet_rounds(bot)
    assert len(await journal.calls("hdhive", "POST", UNLOCK)) == 1, "what is muted spends nothing either"
    await person.press(muted, say("button.unmute"))
    again = await person.until(lambda m: m.id == receipt.id and m.find(say("button.mute")) is not None)
    assert say("subscribe.muted") not in again.text
    await quiet_rounds(bot)
    clock.forward(61)
    await appear(control, unlock_points=3)
    await later(bot, clock)
    told = await person.until(say("receipt.spent", points=3), timeout=20)
    assert told.id != receipt.id
    await person.press(told, say("button.unsubscribe"))
    ended = await person.until(say("news.ended"))
    assert ended.find(say("button.mute")) is None
