"""The real process, its clock moved on, stopped or killed in the middle: one look, one notice, none lost.

Only a message that was on its way to Telegram in the moment of kill -9 may come twice: whether Telegram took
it cannot be asked, and rather twice than never.
"""

import asyncio
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, environment, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e import ways
from tests.e2e.process import Bot, Shift, at_rest, later, until
from tests.e2e.subscribe.following import LOOKS, appear, begin_words, begun
from tests.e2e.words import Words

pytestmark = pytest.mark.slow

POLL = 60
A_ROUND = POLL + 2.0
MOST = {"looking": {1}, "telling": {1, 2}}
SAYS = {XIAOYU: Words("zh"), BEN: Words("en"), LAOCHEN: Words("zh")}


@pytest.fixture
async def shift(tmp_path: Path, control: Control) -> Shift:
    await control.telegram("options", limits=False)
    return Shift(tmp_path)


def made(box: Sandbox, folder: Path, shift: Shift) -> Bot:
    return Bot(environment(box, folder, SUBSCRIPTION_POLL_SECONDS=str(POLL)), folder, shift=shift)


async def everybody_follows(people: dict[int, Person], shift: Shift, control: Control) -> None:
    """All three follow one film; one of them is an admin, and the group follows it too."""
    for person in people.values():
        await linked(person, "hdhive")
        await begun(person, SAYS[person.id])
    admin = people[XIAOYU]
    await admin.send("/subscribe@linkhive_bot 沙丘", GROUP)
    listed = await admin.until(ways.YEAR, chat=GROUP)
    await admin.press(listed, f"🔔 {ways.number_of(listed, ways.YEAR)}", chat=GROUP)
    await admin.until(begin_words(SAYS[XIAOYU]), chat=GROUP)
    await later(shift, control, A_ROUND)


async def told(person: Person, chat: int | None = None) -> list[Message]:
    return [message for message in await person.messages(chat) if message.text.startswith("🆕")]


async def all_told(people: dict[int, Person], count: int) -> None:
    for person in people.values():
        for _ in range(600):
            if len(await told(person)) >= count:
                break
            await asyncio.sleep(0.05)
    for _ in range(600):
        if len(await told(people[XIAOYU], GROUP)) >= count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the group was not told")


def looked(box: Sandbox) -> int:
    return sum(e.service == "hdhive" and e.path.endswith(LOOKS) for e in box.world.journal.entries)


def sent(box: Sandbox) -> int:
    return sum(e.service == "telegram" and e.path.endswith("/sendMessage") for e in box.world.journal.entries)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("moment", ["looking", "telling"])
async def test_killed_in_the_middle_nothing_is_lost_or_doubled(
    moment: str,
    box: Sandbox,
    tmp_path: Path,
    people: dict[int, Person],
    control: Control,
    journal: Journal,
    shift: Shift,
) -> None:
    async with made(box, tmp_path, shift) as bot:
        await bot.ready()
        await everybody_follows(people, shift, control)
        await at_rest(tmp_path, shift)
        slow = {"looking": ("hdhive", f"*{LOOKS}"), "telling": ("telegram", "*/sendMessage")}[moment]
        await control.fault(slow[0], slow[1], "delay", seconds=3.0, times=1)
        before = {"looking": looked, "telling": sent}[moment]
        count = before(box)
        slug = await appear(control, unlock_points=2)
        await journal.forget()
        await later(shift, control, A_ROUND)
        await until(lambda: before(box) > count, f"it is {moment}")
        await asyncio.sleep(0.2)
        await bot.again()
        await later(shift, control, 35.0)
        await all_told(people, 1)
        await at_rest(tmp_path, shift)
        asked = await journal.calls("hdhive", "GET", LOOKS)
        assert len(asked) <= 4, "one look a round, whoever follows; the one that was killed is made again"
        for _ in range(3):
            await later(shift, control, A_ROUND)
            await at_rest(tmp_path, shift)
        for person in people.values():
            notices = await told(person)
            assert SAYS[person.id]("resource.points", points=2) in str(notices[0].buttons)
            assert len(notices) in MOST[moment]
        shared = await told(people[XIAOYU], GROUP)
        assert any(f"r_{slug}" in (button.url or "") for button in shared[0].buttons)
        assert len(shared) in MOST[moment]
        assert await bot.stop() == 0


@pytest.mark.timeout(240)
async def test_over_days_with_restarts_every_new_one_is_told_once(
    box: Sandbox, tmp_path: Path, people: dict[int, Person], control: Control, journal: Journal, shift: Shift
) -> None:
    appeared = 0
    async with made(box, tmp_path, shift) as bot:
        await bot.ready()
        await everybody_follows(people, shift, control)
        await journal.forget()
        for day in range(4):
            appeared += 1
            if day % 2:
                await bot.kill()
            await appear(control, title=f"No. {day}")
            await later(shift, control, 86_400.0)
            if not day % 2:
                # In the middle of looking or telling: what runs is let end.
                await asyncio.sleep(0.1 * day)
                assert await bot.stop() == 0
            await bot.start()
            await bot.ready()
            await all_told(people, appeared)
            await at_rest(tmp_path, shift)
        looks = await journal.calls("hdhive", "GET", LOOKS)
        lent = {call.headers["authorization"] for call in looks}
        assert len(lent) >= 2, "authorizations are used in turns"
        # A round a day and one at each start are due, whoever follows; never one for each of four followers.
        assert len(looks) <= 3 * 4
        for person in people.values():
            texts = "\n".join(message.text for message in await told(person))
            assert [texts.count(f"No. {day}") for day in range(4)] == [1] * 4
        assert len(await told(people[XIAOYU], GROUP)) == 4
        assert await bot.stop() == 0
