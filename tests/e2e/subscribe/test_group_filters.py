"""Filters that an admin sets in a group: one press of each, then one notice withheld and one let through."""

import pytest

from bot.wiring import House
from tests.conftest import GROUP, linked
from tests.driver import Control, Message, Person
from tests.driver.browser import payload_of
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import appear, group_messages, later, quiet_rounds
from tests.e2e.subscribe.test_groups import group_follows
from tests.e2e.words import Words

FITS = {"drive": "quark", "unlock_points": 4, "video_resolution": ["4K"], "remark": None, "source": []}


async def pressed(person: Person, say: Words, card: Message, screen: str, choice: str) -> Message:
    """Open one filter in the group, press one of its choices, and go back to the card."""
    await person.press(card, say(f"subscribe.button.{screen}"))
    choices = await person.until(say(f"subscribe.ask.{screen}"), chat=GROUP)
    await person.press(choices, choice)
    marked = await person.until(lambda m: m.find(f"✓ {choice}") is not None, chat=GROUP)
    await person.press(marked, say("subscribe.button.done"))
    return await person.until(
        lambda m: m.id == card.id and say("subscribe.ask.drives") not in m.text, chat=GROUP
    )


@pytest.mark.parametrize(
    ("screen", "choice", "shown", "wrong"),
    [
        ("drives", "drive.quark", "subscribe.filter.drives", {"drive": "115"}),
        ("price", "subscribe.at_most", "subscribe.filter.price", {"unlock_points": 6}),
        ("quality", "subscribe.quality.4K", "subscribe.filter.quality", {"video_resolution": ["1080P"]}),
    ],
)
async def test_buttons_in_the_group(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    clock: Hurried,
    screen: str,
    choice: str,
    shown: str,
    wrong: dict[str, object],
) -> None:
    await linked(person, "hdhive")
    card = await group_follows(person, people, say)
    await quiet_rounds(bot)
    label = say(choice, points=5)
    card = await pressed(person, say, card, screen, label)
    assert say(shown, values=label, points=5) in card.text
    await withheld_and_told(bot, person, control, clock, wrong, {"title": "沙丘"})


async def test_words_of_a_group_are_typed_in_private(
    bot: House, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    card = await group_follows(person, people, say)
    await quiet_rounds(bot)
    assert card.find(say("subscribe.button.words")) is None, "words are nobody else's to read"
    await person.start(payload_of(card.button(say("subscribe.button.more")).url or ""))
    private = await person.until(say("subscribe.filter.none"))
    await person.press(private, say("subscribe.button.words"))
    await person.press(await person.until(say("subscribe.ask.words")), say("subscribe.button.include"))
    await person.until(say("subscribe.type.include"))
    await person.send("remux")
    await person.until(say("subscribe.filter.include", values="remux"))
    await withheld_and_told(bot, person, control, clock, {"title": "WEB-DL"}, {"title": "沙丘 REMUX"})


async def withheld_and_told(
    bot: House,
    person: Person,
    control: Control,
    clock: Hurried,
    wrong: dict[str, object],
    right: dict[str, object],
) -> None:
    """Let something appear that is not wanted, and something that is."""
    clock.forward(61)
    await appear(control, **{**FITS, **right, **wrong})
    await later(bot, clock)
    await quiet_rounds(bot)
    assert await group_messages(person, "🆕") == []
    await appear(control, **{**FITS, **right})
    await later(bot, clock)
    notice = await person.until("🆕", chat=GROUP)
    assert len([b for b in notice.buttons if "start=r_" in (b.url or "")]) == 1
