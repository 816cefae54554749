"""The receipt of what was unlocked by itself: each step it may show, its pages, and its buttons."""

from typing import Any

import pytest

from bot.wiring import House
from handlers import cards
from sandbox.server import Sandbox
from services.subscriptions import Step
from tests.conftest import linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e import ways
from tests.e2e.hurried import Hurried
from tests.e2e.settings.limits import allowed
from tests.e2e.shares.sharecard import in_drive, with_label
from tests.e2e.subscribe.following import appear, begun, later, looks, quiet_rounds
from tests.e2e.words import Words

UNLOCKS = ("hdhive", "POST", "*/resources/unlock")
MOST_AT_ONCE = 5


async def automatic(person: Person, say: Words) -> None:
    """Follow a film, and let it be unlocked by itself."""
    card = await begun(person, say)
    await person.press(card, say("subscribe.button.auto_on"))
    await person.until(with_label(say("subscribe.button.auto_off")))


def step(say: Words, name: str, points: int = 0, why: str = "") -> str:
    """What a receipt says of one resource."""
    reason = say(f"receipt.reason.{why}", code="§").partition("§")[0] if why else ""
    return say(f"receipt.{name}", points=points, reason=reason).strip()


def numbered(card: Message, number: int) -> str:
    """The label of the button of one resource."""
    return next(button.text for button in card.buttons if button.text.startswith(str(number)))


async def in_time(bot: House, clock: Hurried) -> None:
    """Let pass what a fault, or a slow machine, is waited for."""
    for _ in range(4):
        await quiet_rounds(bot)
        await later(bot, clock, 130.0)
    await quiet_rounds(bot)


async def told(person: Person, *lines: str) -> Message:
    """The receipt, once it says all that."""
    return await person.until(lambda m: all(line in m.text for line in lines), timeout=30)


async def test_pages_numbers_and_the_end(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await linked(person, "hdhive")
    await automatic(person, say)
    await control.appear(*ways.DUNE, count=MOST_AT_ONCE + 2, drive="quark", unlock_points=0)
    await later(bot, clock)
    await in_time(bot, clock)
    unlocked = step(say, "unlocked")
    receipt = await person.until(lambda m: m.text.count(unlocked) == MOST_AT_ONCE, timeout=30)
    await person.press(receipt, say("button.next"))
    rest = await person.until(lambda m: m.text.count(step(say, "left")) == 2)
    assert rest.id == receipt.id
    await person.press(rest, numbered(rest, 7))
    facts = await person.until(with_label(say("button.unlock")))
    await person.press(facts, say("button.back"))
    rest = await person.until(lambda m: step(say, "left") in m.text)
    await person.press(rest, say("button.prev"))
    receipt = await person.until(lambda m: m.text.count(unlocked) == MOST_AT_ONCE)
    await person.press(receipt, numbered(receipt, 1))
    link = await person.until(with_label(say("button.open")))
    bought = [one.url for one in box.world.catalogue.of_title(*ways.DUNE) if person.id in one.unlocked_by]
    assert any(url in link.text for url in bought)
    await person.press(link, say("button.back"))
    receipt = await person.until(lambda m: m.text.count(unlocked) == MOST_AT_ONCE)
    await person.press(receipt, say("button.unsubscribe"))
    ended = await person.until(say("news.ended"))
    assert ended.find(say("button.unsubscribe")) is None
    assert ended.find(say("subscribe.button.auto_off")) is None
    await journal.forget()
    await appear(control, unlock_points=0)
    await later(bot, clock)
    await quiet_rounds(bot)
    assert await looks(journal) == 0
    assert await journal.calls(*UNLOCKS) == []


async def test_what_is_not_unlocked_says_why(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await allowed(person, say, 5, 9)
    await automatic(person, say)
    await appear(control, unlock_points=1, verdict="dead")
    for points in (4, 5, 5, 6):
        await appear(control, unlock_points=points, verdict="alive")
    await journal.forget()
    await later(bot, clock)
    bought = [step(say, "unlocked", 4), step(say, "unlocked", 5)]
    left = [step(say, "dead", 1), step(say, "budget", 5), step(say, "above", 6)]
    receipt = await told(person, *bought, *left, say("receipt.spent", points=9))
    assert [receipt.text.index(line) for line in (left[0], *bought, *left[1:])] == sorted(
        receipt.text.index(line) for line in (*bought, *left)
    )
    assert len(await journal.calls(*UNLOCKS)) == 2


async def test_too_few_points_are_asked_for_once(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await allowed(person, say, 5)
    await automatic(person, say)
    await control.person(person.id, points=1)
    for _ in range(2):
        await appear(control, unlock_points=3, verdict="alive")
    await journal.forget()
    await later(bot, clock)
    line = step(say, "refused", why="insufficient_points")
    receipt = await person.until(lambda m: m.text.count(line) == 2, timeout=30)
    assert say.starts("receipt.spent") not in receipt.text
    assert len(await journal.calls(*UNLOCKS)) == 1


async def test_an_unlock_without_an_answer_is_looked_for(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await linked(person, "hdhive")
    await allowed(person, say, 5)
    await automatic(person, say)
    slug = await appear(control, unlock_points=3, verdict="alive")
    await control.fault("hdhive", "*/resources/unlock", "reset_after")
    await journal.forget()
    await later(bot, clock)
    doubtful = await told(person, step(say, "unlocking"))
    await in_time(bot, clock)
    receipt = await told(person, step(say, "unlocked", 3), say("receipt.spent", points=3))
    assert receipt.id == doubtful.id
    assert {call.json["slug"] for call in await journal.calls(*UNLOCKS)} == {slug}
    assert [charge.points for charge in box.world.hdhive.charges] == [3]


@pytest.mark.parametrize("why", ["full", "gone", "other"])
async def test_what_cannot_be_saved_keeps_its_link(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    control: Control,
    clock: Hurried,
    why: str,
) -> None:
    await linked(person, "hdhive", "disktop")
    await allowed(person, say, 5)
    await automatic(person, say)
    slug = await appear(control, drive="disktop", unlock_points=2, verdict="alive")
    url = box.world.catalogue.resources[slug].url
    if why == "full":
        await control.fill_disk(person.id)
    elif why == "gone":
        box.world.catalogue.shares[url.rpartition("/")[2]].deleted = True
    else:
        await control.fault("disktop", "*/transfer", "status", method="POST", status=500, times=0)
    await later(bot, clock)
    await in_time(bot, clock)
    receipt = await told(person, step(say, "unsaved", 2, why), say("receipt.spent", points=2))
    assert receipt.find(say("button.open_folder")) is None
    assert not in_drive(box, person)
    await person.press(receipt, numbered(receipt, 1))
    link = await person.until(with_label(say("button.save")))
    assert url in link.text


async def test_a_press_while_a_step_comes_keeps_both(
    bot: House,
    person: Person,
    say: Words,
    control: Control,
    clock: Hurried,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await linked(person, "hdhive")
    await automatic(person, say)
    await control.appear(*ways.DUNE, count=MOST_AT_ONCE + 2, drive="quark", unlock_points=0)
    await later(bot, clock)
    await in_time(bot, clock)
    card = await person.until(lambda m: m.text.count(step(say, "unlocked")) == MOST_AT_ONCE, timeout=30)
    scene = await cards.find(bot.application, str(card.buttons[0].data).partition(":")[0])
    assert scene is not None
    assert scene.card is not None
    before, changed = scene.state.receipt, bot.services.subscriptions.automatic.on_change
    after = before.at(before.resources[-1].slug, Step(state="unlocked"))
    details = bot.services.titles.details

    async def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(bot.services.titles, "details", details)
        await changed(scene.card.id, after)
        return await details(*args)

    monkeypatch.setattr(bot.services.titles, "details", meanwhile)
    await person.press(card, say("button.next"))
    both = [step(say, "left"), step(say, "unlocked")]
    await person.until(lambda m: all(m.text.count(line) == 1 for line in both))
    await changed(scene.card.id, before)
    await person.until(lambda m: m.text.count(both[0]) == 2 and m.find(say("button.prev")) is not None)
