"""Check-ins that run themselves, seen by their people: the clock is moved, the bot is killed in between."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from services.beijing import day_of, start_of
from tests.conftest import BEN, XIAOYU, environment, linked
from tests.driver import Browser, Control, Journal, Message, Person
from tests.e2e.process import Bot, Shift, running
from tests.e2e.words import Words

SPREAD = 2


class Days:
    """A bot in a process of its own, whose days pass as the test says."""

    def __init__(self, bot: Bot, box: Sandbox, shift: Shift) -> None:
        self.bot, self.box, self.shift = bot, box, shift

    @property
    def now(self) -> float:
        return self.box.world.clock.now()

    def at(self, hour: float, days: int = 0) -> None:
        """Go to an hour of this Beijing day, or of one that comes."""
        moment = start_of(day_of(self.now) + timedelta(days=days)) + hour * 3600
        assert moment > self.now, "time goes forward only"
        self.shift.advance(moment - self.now)
        self.box.world.clock.advance(moment - self.now)


@asynccontextmanager
async def days(box: Sandbox, folder: Path) -> AsyncIterator[Days]:
    shift = Shift(folder)
    env = environment(box, folder, CHECKIN_SPREAD_SECONDS=str(SPREAD))
    async with running(env, folder, shift=shift) as bot:
        passing = Days(bot, box, shift)
        passing.at(1.0, days=1)
        yield passing


@pytest.fixture(params=["zh", "en"])
def say(request: pytest.FixtureRequest) -> Words:
    return Words(str(request.param))


@pytest.fixture
async def person(say: Words, people: dict[int, Person], control: Control) -> Person:
    somebody = people[XIAOYU if say.language == "zh" else BEN]
    await control.person(somebody.id, points=120, premium=True)
    return somebody


def told(say: Words, key: str = "checkins.told.gained") -> Callable[[Message], bool]:
    words = say.starts(key).partition("\n")[0]
    return lambda message: words in message.text and message.find(say("button.checkin_history")) is not None


async def test_every_day_by_itself_over_a_kill(
    box: Sandbox, tmp_path: Path, person: Person, say: Words, journal: Journal
) -> None:
    async with days(box, tmp_path) as passing:
        await linked(person, "hdhive")
        await person.send("/checkin auto 8:30")
        card = await person.until(say("settings.line.checkin", time="08:30"))
        assert card.find(say("settings.off"))
        await journal.forget()
        passing.at(8.54)
        notice = await person.until(told(say), timeout=20)
        assert re.search(r"\+\d+", notice.text)
        (call,) = await journal.calls("hdhive", "POST", "*/checkin")
        assert call.json == {"is_gambler": False}
        # Told once more after a kill before it was noted: better twice than never.
        await person.settled()
        # Down from before the next one's time until the evening: it runs on return.
        await passing.bot.kill()
        passing.at(19.0, days=1)
        mark = await person.revision()
        await passing.bot.start()
        await passing.bot.ready()
        await person.until(told(say), since=mark, timeout=20)
        assert len(await journal.calls("hdhive", "POST", "*/checkin")) == 2
        # Once a day, also after another start.
        await passing.bot.again()
        passing.at(23.0)
        await person.send("/checkin auto off")
        await person.until(say("settings.line.checkin_off"))
        passing.at(23.0, days=2)
        assert len(await journal.calls("hdhive", "POST", "*/checkin")) == 2
        await history(person, say)


async def history(person: Person, say: Words) -> None:
    """Both days are on the picture's card, with numbers below."""
    card = next(m for m in reversed(await person.messages()) if m.find(say("button.checkin_history")))
    await person.press(card, say("button.checkin_history"))
    shown = await person.until(say.starts("checkins.title"), timeout=20)
    assert shown.has_photo
    assert shown.text.count("✅") == 2
    assert say.starts("checkins.totals").split("{")[0] in shown.text
    await person.press(shown, say("settings.button.checkin"))
    await person.until(say("settings.line.checkin_off"))


async def test_a_fault_is_waited_out_over_a_kill(
    box: Sandbox, tmp_path: Path, person: Person, say: Words, journal: Journal, control: Control
) -> None:
    async with days(box, tmp_path) as passing:
        await linked(person, "hdhive")
        await person.send("/checkin auto 8:30")
        await person.until(say("settings.line.checkin", time="08:30"))
        await control.fault("hdhive", "*/checkin", "status", status=502, times=0)
        passing.at(8.54)
        await asked(journal, 1)
        await person.send("/settings")
        card = await person.until(say.starts("settings.title"))
        await person.press(card, say("settings.button.checkin"))
        card = await person.until(say.starts("settings.checkin.next"))
        await person.press(card, say("button.checkin_history"))
        await person.until(lambda m: say.starts("checkins.today_later") in m.text, timeout=20)
        await control.mend()
        await passing.bot.again()
        passing.at(9.0)
        await person.until(told(say, "checkins.told.gained"), timeout=20)


async def asked(journal: Journal, times: int) -> None:
    """Wait until check-ins were asked for so often."""
    for _ in range(200):
        if len(await journal.calls("hdhive", "POST", "*/checkin")) >= times:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not asked for {times} times")


async def test_what_went_wrong_comes_with_the_next_step(
    box: Sandbox, tmp_path: Path, person: Person, say: Words, control: Control
) -> None:
    async with days(box, tmp_path) as passing:
        await linked(person, "hdhive")
        await control.person(person.id, premium=False)
        await person.send("/checkin auto 8:30")
        await person.until(say("settings.line.checkin", time="08:30"))
        passing.at(8.54)
        notice = await person.until(told(say, "checkins.told.premium"), timeout=20)
        assert notice.button(say("button.web")).url
        await control.person(person.id, premium=True)
        passing.at(8.54, days=1)
        await person.until(told(say), timeout=20)
        await control.expire("hdhive", person.id, "grant")
        passing.at(8.54, days=1)
        lost = await person.until(
            lambda m: m.find(say("button.link", service="HDHive")) is not None, timeout=20
        )
        await link_again(person, lost, say)
        passing.at(8.54, days=1)
        await person.until(told(say), timeout=20)


async def link_again(person: Person, lost: Message, say: Words) -> None:
    await person.press(lost, say("button.link", service="HDHive"))
    card = await person.until(lambda message: any("/link/" in (b.url or "") for b in message.buttons))
    async with Browser(person.id) as browser:
        payload = await browser.link(next(b.url for b in card.buttons if b.url) or "")
    await person.start(payload)
    await person.until(lambda message: "✅" in message.text)


async def test_quiet_hours_fold_notices_and_the_week_is_told(
    box: Sandbox, tmp_path: Path, person: Person, say: Words
) -> None:
    async with days(box, tmp_path) as passing:
        await linked(person, "hdhive")
        await person.send("/settings")
        card = await person.until(say.starts("settings.title"))
        await person.press(card, say("settings.button.quiet"))
        card = await person.until(say("settings.quiet.about"))
        await person.press(card, "00:00–09:00")
        await person.until(say("settings.line.quiet", first="00:00", last="09:00"))
        await person.send("/checkin auto 0:30")
        await person.until(say("settings.line.checkin", time="00:30"))
        mark = await person.revision()
        passing.at(0.54, days=1)
        # Not before nine, although it has long been done.
        assert not [m for m in await person.settled() if m.revision > mark]
        passing.at(9.1)
        await person.until(told(say), timeout=20)
        await person.send("/settings")
        card = await person.until(say.starts("settings.title"))
        await person.press(card, say("settings.button.notices"))
        card = await person.until(say("settings.notices.about"))
        await person.press(card, say("settings.notices.weekly"))
        await person.until(say("settings.line.notices", which=say("settings.notices.weekly")))
        mark = await person.revision()
        for _ in range(7):
            passing.at(0.54, days=1)
            await person.settled()
        assert not told_since(await person.messages(), mark, say)
        monday = (7 - datetime.fromtimestamp(passing.now + 8 * 3600, UTC).weekday()) % 7
        passing.at(9.6, days=monday or 7)
        digest = await person.until(say("checkins.week"), timeout=20)
        assert digest.has_photo


def told_since(messages: list[Message], mark: int, say: Words) -> list[Message]:
    return [message for message in messages if message.revision > mark and told(say)(message)]
