"""Transcoding over restarts: wishes and live cards go on, and each end is told once."""

import pytest

from sandbox.server import Sandbox
from tests.conftest import XIAOYU, Start
from tests.driver import Control, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import later
from tests.e2e.videos.mikaways import joined, queued, words_of
from tests.e2e.words import Words

SAY = Words("zh")


@pytest.fixture
async def admin(people: dict[int, Person], control: Control) -> Person:
    await control.telegram("options", limits=False)
    return people[XIAOYU]


async def told(person: Person) -> list[Message]:
    return [m for m in await person.messages() if SAY("transcode.ended.completed") in m.text]


async def test_an_end_while_the_bot_is_away_is_told_once_when_it_is_back(
    start: Start, admin: Person, box: Sandbox, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await joined(house, box, admin, "key")
        await admin.send("/transcode")
        await admin.press(await admin.until(lambda m: m.find(SAY("button.tell_all")) is not None), "🔔")
        await admin.until(SAY("transcode.bell_all_on"))
        await house.transcoding.idle()
        queued(box, 1, takes=100.0)
        await later(house, clock, 60)
        await house.transcoding.idle()
    await control.advance(500)
    for _ in range(3):
        async with start(clock=clock) as house:
            for _ in range(2):
                await later(house, clock, 90)
                await house.transcoding.idle()
                await house.jobs.idle()
    (one,) = await told(admin)
    assert box.world.mika.videos[1].title in words_of(one)


async def test_a_live_card_goes_on_after_a_restart(
    start: Start, admin: Person, box: Sandbox, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock) as house:
        await joined(house, box, admin, "login")
        queued(box, 1)
        await admin.send("/transcode")
        listed = await admin.until(lambda m: m.find(SAY("button.tell_all")) is not None)
        await admin.press(listed, "1")
        card = await admin.until(lambda m: m.find(SAY("button.cancel_task")) is not None)
    await control.advance(1200)
    async with start(clock=clock):
        ended = await admin.until(SAY("transcode.state.completed"), 30)
        assert ended.id == card.id
