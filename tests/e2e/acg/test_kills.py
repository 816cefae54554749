"""kill -9 around ACGBT's calls: a comment is written once, new resources and messages are told once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from services.inboxes import EVERY_SECONDS, SWEEP_SECONDS
from tests.driver import Control, Message, Person
from tests.e2e.acg.acgways import comments, pictured
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.process import Shift, at_rest, later
from tests.e2e.subscribe.test_restarts import made
from tests.e2e.words import Words

pytestmark = pytest.mark.slow

SAY = Words("en")


@pytest.fixture
async def shift(tmp_path: Path, control: Control) -> Shift:
    await control.telegram("options", limits=False)
    return Shift(tmp_path)


async def arrived(person: Person, words: str) -> list[Message]:
    """The messages that have the words, once there is one."""
    for _ in range(600):
        if found := [m for m in await person.messages() if words in m.text]:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{words!r} was not told")


async def follow(person: Person) -> None:
    await person.send("/acg Killed")
    await person.press(await person.until(SAY("acg.none")), SAY("button.subscribe"))
    await person.until(SAY("acg.begun", icon="", name="").splitlines()[-1])


async def appear(control: Control) -> None:
    await control.acgbt_appear("Killed - 01")


async def write(control: Control) -> None:
    await control.acgbt_message("Killed - 01")


Begin = Callable[[Person], Awaitable[object]]
Happen = Callable[[Control], Awaitable[None]]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("step", "begin", "happen", "seconds"),
    [
        ("acg.looked", follow, appear, 62.0),
        ("acg.told", follow, appear, 62.0),
        ("inbox.looked", link_acgbt, write, EVERY_SECONDS + 5),
        ("inbox.told", link_acgbt, write, EVERY_SECONDS + 5),
    ],
)
async def test_what_is_new_is_told_once(
    step: str,
    begin: Begin,
    happen: Happen,
    seconds: float,
    box: Sandbox,
    tmp_path: Path,
    ben: Person,
    control: Control,
    shift: Shift,
) -> None:
    async with made(box, tmp_path, shift) as bot:
        await bot.ready()
        await begin(ben)
        # The first look only notes what is there.
        await later(shift, control, SWEEP_SECONDS + 5)
        await at_rest(tmp_path, shift)
        await happen(control)
        shift.kill_at(step)
        await later(shift, control, seconds)
        await bot.comes_back()
        # What the killed process held is free again after a while.
        await later(shift, control, 35.0)
        await arrived(ben, "Killed - 01")
        await at_rest(tmp_path, shift)
        await later(shift, control, seconds)
        await at_rest(tmp_path, shift)
        assert len(await arrived(ben, "Killed - 01")) == 1


@pytest.mark.timeout(240)
async def test_a_comment_is_written_once(
    box: Sandbox, tmp_path: Path, ben: Person, control: Control, shift: Shift
) -> None:
    async with made(box, tmp_path, shift) as bot:
        await bot.ready()
        await link_acgbt(ben)
        card = await comments(ben, SAY, pictured(box, count=0))
        await ben.press(card, SAY("acg.button.write"))
        await ben.until(SAY("acg.write_most", most=1000))
        shift.kill_at("comment.written")
        await ben.send("written once")
        await bot.comes_back()
        await later(shift, control, 35.0)
        told = await arrived(ben, SAY("acg.note.written"))
        assert len(told) == 1
        standing = [one for one in box.world.acgbt.remarks.values() if one.content == "written once"]
        assert len(standing) == 1
