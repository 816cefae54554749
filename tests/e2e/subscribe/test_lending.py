"""A group's titles outlive who lent their account: the group is asked, an admin lends, it goes on."""

import pytest

from bot.wiring import House
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, Start, linked
from tests.driver import Control, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.settings.test_privacy import forgotten, nothing_left
from tests.e2e.subscribe.following import appear, group_messages, later, quiet_rounds
from tests.e2e.subscribe.test_groups import admin_of, group_follows, secret_free
from tests.e2e.words import Words


@pytest.fixture(autouse=True)
async def _open_roads(control: Control) -> None:
    await control.telegram("options", limits=False)


async def rounds_pass(house: House, clock: Hurried, number: int = 2) -> None:
    """Let titles be looked up a few times, and what comes of it be told."""
    for _ in range(number):
        await later(house, clock)
        await quiet_rounds(house)


async def unlinked(person: Person, say: Words) -> None:
    await person.send("/unlink hdhive")
    await person.press(await person.until(say.starts("unlink.ask")), say("button.confirm"))
    await person.until(say("unlink.done", service="HDHive"))


async def loses_its_lender(house: House, person: Person, people: dict[int, Person], say: Words) -> Message:
    """Have a group follow a title by somebody's account, who then unlinks it; return the title's card."""
    await linked(person, "hdhive")
    card = await group_follows(person, people, say)
    await quiet_rounds(house)
    await unlinked(person, say)
    return card


async def hears_of_news(house: House, clock: Hurried, control: Control, admin: Person) -> None:
    """Let something new appear, and see that the group is told."""
    await quiet_rounds(house)
    clock.forward(61)
    await appear(control)
    await rounds_pass(house, clock)
    secret_free(await admin.until("🆕", chat=GROUP))


def other_admin(person: Person, people: dict[int, Person]) -> Person:
    return people[BEN if person.id == XIAOYU else XIAOYU]


async def lends(admin: Person, say: Words, card: Message) -> Words:
    """Have an admin lend their account: first without one, then with one; return the admin's words."""
    theirs = Words("en" if admin.id == BEN else "zh")
    await admin.press(card, say("subscribe.button.lend"), chat=GROUP)
    refused = await admin.until(theirs("problem.not_linked", service="HDHive"), chat=GROUP)
    secret_free(refused)
    await linked(admin, "hdhive")
    await admin.press(refused, theirs("button.retry"), chat=GROUP)
    secret_free(await admin.until(theirs("grouplend.done"), chat=GROUP))
    return theirs


async def test_a_group_is_asked_when_its_lender_unlinks(
    start: Start, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await loses_its_lender(house, person, people, say)
        await later(house, clock)
        await house.follows.idle()
    async with start(clock=clock) as house:
        await rounds_pass(house, clock)
        asked = await person.until(say("grouplend.heading"), chat=GROUP, since=0)
        secret_free(asked)
        assert "沙丘" in asked.text or "Dune" in asked.text
        member = people[LAOCHEN]
        pressed = await member.press(asked, say("subscribe.button.lend"), chat=GROUP)
        assert pressed.text == Words("zh")("card.foreign")
        admin = other_admin(person, people)
        await admin_of(admin, people)
        theirs = await lends(admin, say, asked)
        await hears_of_news(house, clock, control, admin)
        await rounds_pass(house, clock)
        # The question became the word that it is done, and is not asked again.
        assert await group_messages(admin, say("grouplend.heading")) == []
        assert len(await group_messages(admin, theirs("grouplend.done"))) == 1


async def test_a_forgotten_admin_leaves_the_group_its_titles(
    start: Start, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await linked(person, "hdhive")
        await group_follows(person, people, say)
        await quiet_rounds(house)
        await forgotten(person, say)
        await house.jobs.idle()
        await nothing_left(house, person)
    async with start(clock=clock) as house:
        (kept,) = await house.services.subscriptions.follows.of_chat(GROUP)
        assert kept.user_id == 0
        await rounds_pass(house, clock)
        # In the language of the group, though nobody knows any more whose that was.
        asked = await people[XIAOYU].until(say("grouplend.heading"), chat=GROUP, since=0)
        admin = other_admin(person, people)
        await admin_of(admin, people)
        await lends(admin, say, asked)
        await hears_of_news(house, clock, control, admin)
        await nothing_left(house, person)


async def test_who_links_again_in_time_spares_the_group_the_question(
    start: Start, people: dict[int, Person], person: Person, say: Words, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await loses_its_lender(house, person, people, say)
        await later(house, clock)
        await house.follows.idle()
        await linked(person, "hdhive")
        await rounds_pass(house, clock, 3)
        assert await group_messages(person, say("grouplend.heading")) == []


async def test_a_group_that_was_left_meanwhile_is_asked_when_it_is_back(
    start: Start, people: dict[int, Person], person: Person, say: Words, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await loses_its_lender(house, person, people, say)
        await later(house, clock)
        await house.follows.idle()
        await people[XIAOYU].post("/app/member", GROUP, status="kicked")
        await rounds_pass(house, clock)
        assert await group_messages(person, say("grouplend.heading")) == []
        await people[XIAOYU].post("/app/member", GROUP, status="member")
        await people[XIAOYU].send("/help", chat=GROUP)
        await rounds_pass(house, clock, 4)
        assert len(await group_messages(person, say("grouplend.heading"))) == 1


async def test_a_muted_title_leaves_the_question(
    start: Start, people: dict[int, Person], person: Person, say: Words, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        card = await loses_its_lender(house, person, people, say)
        await rounds_pass(house, clock)
        asked = await person.until(say("grouplend.heading"), chat=GROUP, since=0)
        await person.press(card, say("button.mute"), chat=GROUP)
        await person.until(say("subscribe.muted"), chat=GROUP)
        theirs = Words("en" if person.id == BEN else "zh")
        await linked(person, "hdhive")
        await person.press(asked, say("subscribe.button.lend"), chat=GROUP)
        await person.until(theirs("subscribe.muted"), chat=GROUP)
        assert await group_messages(person, theirs("grouplend.heading")) == []
