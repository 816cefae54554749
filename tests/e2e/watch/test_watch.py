"""What matters is told though nobody asked, once, after quiet hours, and each notice can be acted upon."""

from collections.abc import Callable

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services import zones
from services.watch.athdhive import week_end
from tests.conftest import Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e import ways
from tests.e2e.hurried import Hurried
from tests.e2e.settings.test_quiet import be_quiet
from tests.e2e.words import Words

HOUR, DAY = 3600.0, 86_400.0
# A turn that was due in the middle of a step is made up for in the next one.
STEP = 3.0


class Days:
    """Lets days pass for the bot and for everything it talks to, some hours at a time."""

    def __init__(self, clock: Hurried, control: Control) -> None:
        self._clock = clock
        self._control = control

    async def hours(self, house: House, hours: float, most: float = STEP) -> None:
        """Let some hours pass, doing all that falls due in them."""
        while hours > 0:
            step = min(hours, most)
            self._clock.forward(step * HOUR)
            await self._control.advance(step * HOUR)
            for runner in (house.watch, house.jobs):
                house.db.wake("jobs")
                await runner.idle()
            hours -= step

    async def until(self, house: House, moment: float) -> None:
        """Let the time pass up to a moment."""
        await self.hours(house, (moment - self._clock.now()) / HOUR)


@pytest.fixture
def days(clock: Hurried, control: Control) -> Days:
    return Days(clock, control)


@pytest.fixture
async def watched(bot: House, person: Person, control: Control, days: Days, clock: Hurried) -> House:
    """Somebody at HDHive and Disk.Top, with room left, looked after since the week began."""
    await days.until(bot, week_end(clock.now()) + HOUR)
    await control.person(person.id, disk_total=100 * 1024**3, disk_used=10 * 1024**3)
    await linked(person, "hdhive", "disktop")
    await days.hours(bot, 20)
    return bot


def has(label: str) -> Callable[[Message], bool]:
    return lambda message: message.find(label) is not None


async def told(person: Person, words: str) -> list[Message]:
    return [message for message in await person.messages() if words in message.text]


async def test_points_that_are_gone(
    watched: House, person: Person, say: Words, control: Control, days: Days, box: Sandbox
) -> None:
    before = box.world.people[person.id].points
    await control.person(person.id, points=before - 30)
    await days.hours(watched, 9)
    notice = await person.until("📉")
    assert "30" in notice.text
    assert str(before - 30) in notice.text
    assert say("watch.points_why") in notice.text
    assert notice.button(say("button.web")).url
    await days.hours(watched, 24)
    assert len(await told(person, "📉")) == 1
    await person.press(notice, say("watch.usage"))
    await person.until(say("usage.title"))


async def test_free_unlocks_before_they_lapse(
    watched: House, person: Person, say: Words, days: Days, clock: Hurried, box: Sandbox
) -> None:
    box.world.people[person.id].forever_premium = True
    end = week_end(clock.now())
    await days.until(watched, end - 31 * HOUR)
    assert not await told(person, "🎁")
    await days.until(watched, end - 20 * HOUR)
    notice = await person.until("🎁")
    when = f"{zones.local(end, 'Asia/Shanghai'):%Y-%m-%d %H:%M}"
    assert say("watch.weekly", n=3, date=when) in notice.text
    assert notice.button(say("button.search")).switches == ""
    await days.hours(watched, 30)
    assert len(await told(person, "🎁")) == 1


async def test_a_drive_that_fills_up(
    watched: House, person: Person, say: Words, control: Control, days: Days
) -> None:
    await control.fill_disk(person.id, 5 * 1024**3)
    await days.hours(watched, 9)
    notice = await person.until("💾")
    assert "5.0 GB" in notice.text
    await control.fill_disk(person.id, 60 * 1024**3)
    await person.press(notice, say("button.refresh"))
    again = await person.until("60.0 GB")
    assert again.id == notice.id
    await person.press(again, say("watch.drive"))
    await person.until("🗂")


async def test_an_authorization_that_ends(
    bot: House, person: Person, say: Words, control: Control, days: Days, journal: Journal
) -> None:
    await control.options(hdhive_refresh="keep", hdhive_refresh_seconds=4 * DAY)
    await linked(person, "hdhive")
    await days.hours(bot, 36)
    notice = await person.until("⏳")
    assert "HDHive" in notice.text
    await days.hours(bot, 24)
    assert len(await told(person, "⏳")) == 1
    await person.press(notice, say("button.link", service="HDHive"))
    await person.until(say.starts("link.ready"))
    # Linked anew it lasts again, and nothing more is told.
    await control.options(hdhive_refresh="rotate", hdhive_refresh_seconds=30 * DAY)
    await linked(person, "hdhive")
    await days.hours(bot, 72)
    assert len(await told(person, "⏳")) == 1
    assert not await told(person, say.starts("link.lost"))


async def test_a_lost_authorization_is_found_without_a_press(
    watched: House, person: Person, say: Words, control: Control, days: Days
) -> None:
    await control.expire("hdhive", person.id, "grant")
    await days.hours(watched, 9)
    notice = await person.until(say("link.lost", service="HDHive"))
    await days.hours(watched, 30)
    assert len(await told(person, say("link.lost", service="HDHive"))) == 1
    await person.press(notice, say("button.link", service="HDHive"))
    await person.until(say.starts("link.ready"))


async def test_an_own_share_whose_link_died(
    watched: House, person: Person, say: Words, control: Control, days: Days, journal: Journal, box: Sandbox
) -> None:
    slug = await control.share_dies(person.id)
    await journal.forget()
    await days.hours(watched, 40)
    notice = await person.until("💔")
    assert not notice.links
    assert box.world.catalogue.resources[slug].url not in notice.text
    assert await journal.calls("linkcheck", "POST", "/jobs")
    lists = [c for c in await journal.calls("hdhive", "GET", "*/shares") if c.query.get("page") == "1"]
    assert 2 <= len(lists) <= 4
    await person.press(notice, say("button.check"))
    checked = await person.until("❌", timeout=20)
    assert checked.id != notice.id
    await person.press(notice, "1")
    await person.until(say("share.head"))
    assert len(await told(person, "💔")) == 0, "the card went on to the share"
    await days.hours(watched, 48)
    assert not await told(person, "💔")


async def test_who_does_not_want_it_says_so_on_the_notice(
    watched: House, person: Person, say: Words, control: Control, days: Days, journal: Journal
) -> None:
    await control.fill_disk(person.id, 5 * 1024**3)
    await days.hours(watched, 9)
    notice = await person.until("💾")
    await person.press(notice, say("watch.mute"))
    muted = await person.until(say("watch.muted"))
    await journal.forget()
    await control.person(person.id, points=1)
    await days.hours(watched, 24)
    assert not await journal.calls("hdhive")
    assert not await journal.calls("disktop")
    await person.press(muted, say("watch.unmute"))
    await person.until(has(say("watch.mute")))
    await days.hours(watched, 18)
    assert await journal.calls("hdhive")
    assert not await told(person, "📉")


async def test_it_can_be_switched_under_settings(bot: House, person: Person, say: Words) -> None:
    await person.send("/settings")
    card = await person.until(say("settings.line.watch"))
    await person.press(card, say("settings.button.watch"))
    card = await person.until(say("settings.watch.about"))
    await person.press(card, say("settings.off"))
    card = await person.until(say("settings.line.watch_off"))
    assert not (await bot.services.people.known(person.id)).preferences.watch
    await person.press(card, say("settings.on"))
    await person.until(say("settings.line.watch"))
    assert (await bot.services.people.known(person.id)).preferences.watch


async def test_quiet_hours_and_a_restart_make_one_message_of_several(
    start: Start, person: Person, say: Words, control: Control, days: Days, clock: Hurried, box: Sandbox
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=clock) as house:
        await days.until(house, week_end(clock.now()) + HOUR)
        await linked(person, "hdhive")
        await days.hours(house, 13)
        await be_quiet(house, person, 22)
        for left in (100, 70):
            await control.person(person.id, points=left)
            await days.hours(house, 9, 1.0)
        assert not await told(person, "📉")
    # Stopped in the middle, with what was found and not told.
    async with start(clock=clock) as house:
        assert not await told(person, "📉")
        await days.hours(house, 4)
        (notice,) = await told(person, "📉")
        assert say("watch.mute") in str(notice)
        assert "50" in notice.text
        assert "70" in notice.text
        await days.hours(house, 24)
        assert len(await told(person, "📉")) == 1


async def test_a_doubtful_unlock_that_took_long_is_told_by_a_message_of_its_own(
    bot: House, person: Person, say: Words, control: Control, days: Days, box: Sandbox
) -> None:
    await linked(person, "hdhive")
    resource = ways.resource(box, "quark", 5)
    question = await ways.asked(person, say, resource.slug)
    # Paid, but neither the answer nor, later, the link comes through.
    await control.fault("hdhive", "*/resources/unlock", "reset_after", times=0)
    await person.press(question, say("button.confirm"))
    await person.until(say("unlock.doubtful"))
    await days.hours(bot, 1)
    await control.mend()
    await days.hours(bot, 1)
    settled = await person.until(lambda m: resource.url in m.text and m.id > question.id)
    assert say("unlock.spent", points=5) in settled.text
    card = next(m for m in await person.messages() if m.id == question.id)
    assert resource.url in card.text
    assert box.world.people[person.id].points == 115
