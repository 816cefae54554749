"""Daily life in both languages, with the clock moved on and the bot restarted in the middle.

What single features show of this is beside them (check-ins, notices that matter, `/shares`, uploads,
broadcasts); here is what goes on from one day to the next.
"""

from datetime import timedelta

import pytest

from bot.wiring import House
from services import zones
from services.beijing import day_of
from tests.conftest import GROUP, XIAOYU, Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.driver.browser import payload_of
from tests.e2e import ways
from tests.e2e.conftest import PEOPLE
from tests.e2e.hurried import Hurried
from tests.e2e.settings.test_privacy import nothing_left
from tests.e2e.settings.test_quiet import be_quiet, tell_of_days
from tests.e2e.settings.test_settings import opened
from tests.e2e.subscribe.following import appear, begun, group_messages, later, quiet_rounds
from tests.e2e.subscribe.test_groups import group_follows
from tests.e2e.words import Words

DAY = 86_400.0


@pytest.fixture(autouse=True)
async def _open_roads(control: Control) -> None:
    await control.telegram("options", limits=False)


async def day_goes(clock: Hurried, control: Control, seconds: float = DAY) -> None:
    """Let time pass while nobody is there."""
    clock.forward(seconds)
    await control.advance(seconds)


async def told(person: Person) -> list[Message]:
    return [message for message in await person.messages() if message.text.startswith("🆕")]


async def rested(house: House) -> None:
    for runner in (house.follows, house.jobs, house.follows, house.jobs):
        await runner.idle()


async def test_a_daily_digest_waits_over_a_restart(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await linked(person, "hdhive")
        await begun(person, say)
        await house.services.people.change(person.id, timezone="UTC")
        following = await house.services.subscriptions.follows.find(person.id, *ways.DUNE)
        assert following is not None
        follows = house.services.subscriptions.follows
        await follows.wish(following.id, lambda wishes: wishes.model_copy(update={"when": "daily"}))
        await quiet_rounds(house)
        morning = zones.next_at(clock.now(), "UTC", "09:00")
        clock.forward(morning - clock.now() + 3600)
        await appear(control, unlock_points=2)
        await later(house, clock)
        await rested(house)
        assert not await told(person), "it waits for the morning"
    async with start(clock=clock) as house:
        await appear(control, unlock_points=5)
        await later(house, clock)
        await rested(house)
        assert not await told(person)
    await day_goes(clock, control)
    async with start(clock=clock) as house:
        digest = await person.until("🆕", timeout=20, since=0)
        await rested(house)
        assert say("resource.points", points=2) in str(digest)
        assert say("resource.points", points=5) in str(digest)
        await day_goes(clock, control)
        await later(house, clock)
        await rested(house)
        assert len(await told(person)) == 1


async def test_a_receipt_is_sent_after_the_night_and_goes_on(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried, journal: Journal
) -> None:
    async with start(clock=clock) as house:
        await linked(person, "hdhive")
        card = await begun(person, say)
        await person.press(card, say("subscribe.button.auto_on"))
        await person.until(say("subscribe.auto.free"))
        await house.services.people.change(person.id, unlock_limit=5, auto_unlock_budget=20)
        await be_quiet(house, person)
        await journal.forget()
        await appear(control, unlock_points=4)
        await later(house, clock)
        await rested(house)
        assert len(await journal.calls("hdhive", "POST", "/api/open/resources/unlock")) == 1
        assert not await told(person), "it is bought at once, and told in the morning"
    await day_goes(clock, control, 5 * 3600.0)
    async with start(clock=clock) as house:
        receipt = await person.until(say("receipt.spent", points=4), timeout=20, since=0)
        await rested(house)
        assert len(await told(person)) == 1
        assert len(await journal.calls("hdhive", "POST", "/api/open/resources/unlock")) == 1
        await person.press(receipt, say("subscribe.button.auto_off"))
        await person.until(say("receipt.auto_off"))


async def test_a_group_is_told_the_day_after(
    start: Start, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await linked(person, "hdhive")
        card = await group_follows(person, people, say)
        await quiet_rounds(house)
    await day_goes(clock, control)
    await appear(control, unlock_points=2)
    async with start(clock=clock) as house:
        await later(house, clock)
        notice = await person.until("🆕", chat=GROUP, since=0, timeout=20)
        await rested(house)
        assert say("resource.points", points=2) in str(notice.buttons)
        # The card of the day before still obeys its admins.
        await person.press(card, say("button.mute"), chat=GROUP)
        await person.until(say("subscribe.muted"), chat=GROUP)
        await day_goes(clock, control)
        await appear(control, unlock_points=2)
        await later(house, clock)
        await rested(house)
        assert len(await group_messages(people[XIAOYU], "🆕")) == 1


async def test_usage_is_of_the_day_it_is_looked_at(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried, journal: Journal
) -> None:
    async with start(clock=clock):
        await linked(person, "hdhive")
        await person.send("/usage")
        card = await person.until(lambda message: message.find(say("button.refresh")) is not None)
        first = day_of(clock.now())
    await day_goes(clock, control)
    await journal.forget()
    async with start(clock=clock):
        await person.press(card, say("button.refresh"))
        again = await person.until(lambda message: message.has_photo and message.id == card.id)
        (call,) = await journal.calls("hdhive", "GET", "/api/open/usage")
        assert call.query["end_date"] == (first + timedelta(days=1)).isoformat()
        assert say.starts("usage.month").partition("{")[0] in again.text


async def test_an_inline_message_leads_on_the_day_after(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock):
        await linked(person, "hdhive")
        answer = await person.inline(ways.TITLE[say.language], chat=GROUP)
        message = await person.choose(answer, "t_movie_438631", GROUP)
        (button,) = message.buttons
    await day_goes(clock, control)
    async with start(clock=clock):
        await person.start(payload_of(button.url or ""))
        card = await person.until(say("resource.points", points=3))
        assert ways.TITLE[say.language] in card.text
        assert (await person.inline(ways.TITLE[say.language], chat=GROUP)).results


async def test_settings_hold_and_their_card_goes_on(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    other = Words({"zh": "en", "en": "zh"}[say.language])
    async with start(clock=clock) as house:
        card = await opened(person, say, "language")
        await person.press(card, say(f"settings.language.{other.language}"))
        card = await person.until(other("settings.language.about"))
        await be_quiet(house, person)
        await tell_of_days(house, person, 2)
        await house.jobs.idle()
    async with start(clock=clock) as house:
        await house.jobs.idle()
        words = other.starts("checkins.told.gained").partition("\n")[0]
        assert not [m for m in await person.messages() if words in m.text], "still quiet"
        await person.press(card, other("settings.button.all"))
        whole = await person.until(other.starts("settings.title"))
        assert whole.id == card.id
    await day_goes(clock, control, 4 * 3600.0)
    async with start(clock=clock):
        notice = await person.until(words, timeout=20, since=0)
        assert notice.text.count("✅") == 2, "in the chosen language, and in one message"
        await person.press(whole, other("settings.button.language"))
        card = await person.until(other("settings.language.about"))
        await person.press(card, other("settings.language.auto"))
        await person.until(say("settings.language.about"))


async def test_what_was_asked_to_be_forgotten_is_forgotten_after_a_restart(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried, journal: Journal
) -> None:
    async with start(clock=clock):
        await linked(person, "hdhive")
        await begun(person, say)
        await person.send("/forget")
        question = await person.until(say("forget.title"))
    await day_goes(clock, control)
    # HDHive does not take the grant back just now: the rest goes, and that is asked for again.
    await control.fault("hdhive", "*/revoke", "status", status=502, times=0)
    async with start(clock=clock):
        await person.press(question, say("button.confirm"))
        await person.until(say("forget.done"), timeout=20, since=0)
    await control.mend()
    await day_goes(clock, control)
    async with start(clock=clock) as house:
        await house.jobs.idle()
        assert (await journal.calls("hdhive", "POST", "*/revoke"))[-1].status == 200
        await nothing_left(house, person)
        await appear(control)
        await later(house, clock)
        await rested(house)
        assert not await told(person)


async def test_operators_find_their_card_as_it_is_now(
    start: Start, person: Person, say: Words, control: Control, clock: Hurried, language: str
) -> None:
    admin = str(PEOPLE[language])
    async with start(clock=clock, admin_ids=admin):
        await person.send("/admin")
        card = await person.until(say.starts("admin.title"))
        await linked(person, "hdhive")
    await day_goes(clock, control)
    async with start(clock=clock, admin_ids=admin):
        await person.press(card, say("button.refresh"))
        now = await person.until(say("admin.linked", service="HDHive", n=1))
        assert now.id == card.id
