"""What matters is told though the bot is restarted in between; and what else its cards say."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services import zones
from services.watch.athdhive import week_end
from tests.conftest import Start, linked
from tests.driver import Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.settings.test_quiet import be_quiet
from tests.e2e.watch.test_watch import DAY, HOUR, Days, told
from tests.e2e.words import Words

GIB = 1024**3


@dataclass
class Story:
    """Somebody looked after, and the time that passes."""

    person: Person
    say: Words
    control: Control
    days: Days
    clock: Hurried
    box: Sandbox


async def free_unlocks_lapse(story: Story, house: House) -> str:
    story.box.world.people[story.person.id].forever_premium = True
    await story.days.until(house, week_end(story.clock.now()) + HOUR)
    await linked(story.person, "hdhive")
    end = week_end(story.clock.now())
    await story.days.until(house, end - 31 * HOUR)
    await be_quiet(house, story.person, 14)
    await story.days.hours(house, 11)
    return f"{zones.local(end, 'Asia/Shanghai'):%Y-%m-%d %H:%M}"


async def a_drive_is_full(story: Story, house: House) -> str:
    await story.control.person(story.person.id, disk_total=100 * GIB, disk_used=10 * GIB)
    await linked(story.person, "disktop")
    await story.days.hours(house, 20)
    await be_quiet(house, story.person, 14)
    await story.control.fill_disk(story.person.id, GIB // 8)
    await story.days.hours(house, 9)
    return story.say("watch.fully", free="128 MB", total="100 GB")


async def a_grant_ends(story: Story, house: House) -> str:
    await story.control.options(hdhive_refresh="keep", hdhive_refresh_seconds=4 * DAY)
    await linked(story.person, "hdhive")
    await story.days.hours(house, 20)
    await be_quiet(house, story.person, 20)
    await story.days.hours(house, 16)
    return story.say("watch.expiring_why")


@dataclass(frozen=True)
class Matter:
    """What is found in the quiet hours, how long they last on, the notice's sign and its next step."""

    found: Callable[[Story, House], Awaitable[str]]
    hours: float
    sign: str
    step: str


MATTERS = {
    "weekly": Matter(free_unlocks_lapse, 6, "🎁", "watch.usage"),
    "full": Matter(a_drive_is_full, 7, "💾", "watch.drive"),
    "expiring": Matter(a_grant_ends, 5, "⏳", "button.link"),
}


@pytest.mark.parametrize("matter", MATTERS)
async def test_restarted_between_finding_and_telling(
    start: Start,
    person: Person,
    say: Words,
    control: Control,
    clock: Hurried,
    box: Sandbox,
    matter: str,
) -> None:
    await control.telegram("options", limits=False)
    days = Days(clock, control)
    this, story = MATTERS[matter], Story(person, say, control, days, clock, box)
    async with start(clock=clock) as house:
        words = await this.found(story, house)
        assert not await told(person, this.sign), "quiet hours"
    async with start(clock=clock) as house:
        assert not await told(person, this.sign)
        await days.hours(house, this.hours)
        (notice,) = await told(person, this.sign)
        assert words in notice.text
        step = say(this.step, service="HDHive") if this.step == "button.link" else say(this.step)
        assert notice.find(step) is not None
        await days.hours(house, 24)
        assert len(await told(person, this.sign)) == 1


async def test_a_drive_is_nearly_full_then_full(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    days = Days(clock, control)
    await control.person(person.id, disk_total=100 * GIB, disk_used=10 * GIB)
    await linked(person, "disktop")
    await days.hours(bot, 20)
    await control.fill_disk(person.id, 5 * GIB)
    await days.hours(bot, 9)
    await person.until(say("watch.nearly", free="5.0 GB", total="100 GB"))
    await control.fill_disk(person.id, 0)
    await days.hours(bot, 9)
    notice = await person.until(say.starts("watch.fully"))
    assert len(await told(person, "💾")) == 2
    await control.fill_disk(person.id, 60 * GIB)
    await person.press(notice, say("button.refresh"))
    again = await person.until(say("watch.room", free="60.0 GB", total="100 GB"))
    assert again.id == notice.id


async def test_a_dead_share_that_was_deleted_meanwhile_leads_to_the_others(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried, box: Sandbox
) -> None:
    days = Days(clock, control)
    await linked(person, "hdhive")
    await days.hours(bot, 20)
    slug = await control.share_dies(person.id)
    await days.hours(bot, 40)
    notice = await person.until("💔")
    del box.world.catalogue.resources[slug]
    pressed = await person.press(notice, say("button.check"))
    assert pressed.text == say("watch.nothing_to_check")
    assert pressed.show_alert
    await person.press(notice, say("button.to_shares"))
    shares = await person.until(lambda m: m.id == notice.id and "💔" not in m.text)
    assert slug not in str(shares.data)
