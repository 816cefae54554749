"""When people are told of a followed title: chosen on its card, the hour waited for, alone and in a group."""

import pytest

from bot.wiring import House
from services import zones
from services.checkins.notices import digest_at
from storage import preferences
from tests.conftest import GROUP, linked
from tests.driver import Control, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import appear, begun, group_messages, later, quiet_rounds
from tests.e2e.subscribe.test_groups import group_follows
from tests.e2e.words import Words

ZONE = "Asia/Shanghai"
MINUTE, HOUR = 60.0, 3600.0


async def chosen(person: Person, say: Words, card: Message, when: str, chat: int | None = None) -> Message:
    """Press the button that says when, until the card has the one that is wanted."""
    while True:
        words = say("subscribe.button.now"), say("subscribe.button.daily"), say("subscribe.button.weekly")
        shown = next(b.text for b in card.buttons if b.text in words)
        if shown == say(f"subscribe.button.{when}"):
            assert say(f"subscribe.when.{when}") in card.text
            return card
        await person.press(card, shown, chat=chat)
        card = await person.until(lambda m, old=shown: m.find(old) is None, chat=chat)  # type: ignore[misc]


async def an_hour_before_nine(bot: House, clock: Hurried) -> float:
    """Go to 8 in the morning; return when it is 9."""
    nine = zones.next_at(clock.now() + HOUR, ZONE, "09:00")
    await later(bot, clock, nine - HOUR - clock.now())
    await quiet_rounds(bot)
    return nine


async def news_at(bot: House, clock: Hurried, at: float) -> None:
    """Go on to a minute before the hour."""
    await later(bot, clock, at - MINUTE - clock.now())
    await quiet_rounds(bot)


async def test_once_a_day_waits_for_the_morning(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    card = await begun(person, say)
    nine = await an_hour_before_nine(bot, clock)
    card = await chosen(person, say, card, "daily")
    await appear(control)
    await later(bot, clock)
    await quiet_rounds(bot)
    await appear(control)
    await news_at(bot, clock, nine)
    assert not [m for m in await person.messages() if m.text.startswith("🆕")]
    await later(bot, clock, MINUTE + 1)
    notice = await person.until("🆕")
    assert "2" in notice.text.splitlines()[0] + notice.text.splitlines()[1]
    assert len([m for m in await person.messages() if m.text.startswith("🆕")]) == 1
    await chosen(person, say, card, "now")
    await appear(control)
    await later(bot, clock)
    await person.until(lambda m: m.id != notice.id and m.text.startswith("🆕"))


async def test_once_a_week_waits_for_monday(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    card = await begun(person, say)
    await an_hour_before_nine(bot, clock)
    await chosen(person, say, card, "weekly")
    own = await bot.db.read(lambda tx: preferences.get(tx, person.id))
    # On a Monday the next one: what is new must be found before the hour in which it is told.
    monday = digest_at(own, clock.now() + 2 * HOUR)
    await appear(control)
    await news_at(bot, clock, monday - HOUR)
    assert not [m for m in await person.messages() if m.text.startswith("🆕")]
    assert zones.local(monday, ZONE).weekday() == 0
    await later(bot, clock, monday + MINUTE - clock.now())
    await person.until("🆕")


@pytest.mark.parametrize("when", ["daily", "weekly"])
async def test_a_group_is_told_at_its_hour_too(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    clock: Hurried,
    when: str,
) -> None:
    await linked(person, "hdhive")
    card = await group_follows(person, people, say)
    nine = await an_hour_before_nine(bot, clock)
    await chosen(person, say, card, when, GROUP)
    own = await bot.db.read(lambda tx: preferences.get(tx, person.id))
    at = nine if when == "daily" else digest_at(own, clock.now() + HOUR / 2)
    await appear(control)
    await news_at(bot, clock, at)
    assert await group_messages(person, "🆕") == []
    await later(bot, clock, 2 * MINUTE)
    await person.until("🆕", chat=GROUP)
    assert len(await group_messages(person, "🆕")) == 1
