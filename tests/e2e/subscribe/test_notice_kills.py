"""kill -9 at each step of a notice: told once; only one that was on its way to Telegram may come again.

Whether Telegram took a message cannot be asked, and rather twice than never. All else is known after a kill:
the card's id was kept before the message was sent, and its number as soon as it was told.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import BEN, GROUP, XIAOYU, linked
from tests.driver import Control, Message, Person
from tests.e2e import ways
from tests.e2e.process import Shift, at_rest, later
from tests.e2e.subscribe.following import appear, begin_words, begun
from tests.e2e.subscribe.test_restarts import A_ROUND, SAYS, made, told

pytestmark = pytest.mark.slow

ON_ITS_WAY = "send.sent"
STEPS = ("notice.kept", "send.turn", ON_ITS_WAY, "notice.placed")


@pytest.fixture
async def shift(tmp_path: Path, control: Control) -> Shift:
    await control.telegram("options", limits=False)
    return Shift(tmp_path)


@dataclass(frozen=True)
class Follower:
    """Somebody who follows a film somewhere."""

    person: Person
    chat: int | None

    async def begin(self) -> None:
        """Link and follow."""
        say, person = SAYS[self.person.id], self.person
        await linked(person, "hdhive")
        if self.chat is None:
            await begun(person, say)
            return
        await person.send(f"/subscribe@linkhive_bot {ways.TITLE[say.language]}", self.chat)
        listed = await person.until(ways.YEAR, chat=self.chat)
        await person.press(listed, f"🔔 {ways.number_of(listed, ways.YEAR)}", chat=self.chat)
        await person.until(begin_words(say), chat=self.chat)

    async def told(self) -> list[Message]:
        """The notices that came, once there is one."""
        for _ in range(600):
            if found := await told(self.person, self.chat):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("nothing was told")


@pytest.fixture(params=["private", "group"])
async def follower(request: pytest.FixtureRequest, people: dict[int, Person]) -> Follower:
    """Ben in his private chat, or Xiaoyu for the group; nobody else, so that nothing else is on its way."""
    return Follower(people[BEN], None) if request.param == "private" else Follower(people[XIAOYU], GROUP)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_a_step(
    step: str, box: Sandbox, tmp_path: Path, follower: Follower, control: Control, shift: Shift
) -> None:
    async with made(box, tmp_path, shift) as bot:
        await bot.ready()
        await follower.begin()
        await later(shift, control, A_ROUND)
        await at_rest(tmp_path, shift)
        await appear(control, unlock_points=2)
        shift.kill_at(step)
        await later(shift, control, A_ROUND)
        await bot.comes_back()
        await later(shift, control, 35.0)
        await follower.told()
        await at_rest(tmp_path, shift)
        messages = await follower.told()
        assert len(messages) == (2 if step == ON_ITS_WAY else 1)
        cards = {button.data.partition(":")[0] for m in messages for button in m.buttons if button.data}
        assert len(cards) == 1, "whichever is there, its buttons lead to the one card"
        assert await bot.stop() == 0
