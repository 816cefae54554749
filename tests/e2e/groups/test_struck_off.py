"""What a group is told: it is listed, or who began it there may use the bot; else it waits."""

import pytest

from sandbox.server import Sandbox
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, Start, linked
from tests.driver import Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.members import EN
from tests.e2e.subscribe.following import appear, begun, group_messages, later, quiet_rounds
from tests.e2e.subscribe.test_groups import group_follows
from tests.e2e.transcode.test_groups import ends, switched_on, told_of
from tests.e2e.videos.mikaways import queued
from tests.e2e.words import Words

ZH = Words("zh")
# What was put off is looked at again by then.
AGAIN_SECONDS = 3600.0


@pytest.mark.parametrize(("allowed", "told"), [((XIAOYU,), 0), ((XIAOYU, BEN), 1), ((XIAOYU, GROUP), 1)])
async def test_a_group_hears_of_titles_as_long_as_it_may(
    start: Start, people: dict[int, Person], control: Control, allowed: tuple[int, ...], told: int
) -> None:
    """XIAOYU follows it as well, so it is looked up in any case."""
    clock, ben, other = Hurried(), people[BEN], people[XIAOYU]
    await control.telegram("options", limits=False)
    async with start(clock=clock) as bot:
        await linked(ben, "hdhive")
        await linked(other, "hdhive")
        await group_follows(ben, people, EN)
        await quiet_rounds(bot)
        await begun(other, ZH)
        await quiet_rounds(bot)
    async with start(clock=clock, allowed_ids=",".join(map(str, allowed))) as bot:
        clock.forward(61)
        await appear(control, unlock_points=4)
        await later(bot, clock)
        await other.until("🆕", timeout=20, since=0)
        await quiet_rounds(bot)
        assert len(await group_messages(ben, "🆕")) == told
    if not told:
        # Listed again, it hears of what came meanwhile.
        async with start(clock=clock, allowed_ids=str(GROUP)) as bot:
            await later(bot, clock, AGAIN_SECONDS)
            await ben.until("🆕", chat=GROUP, timeout=20, since=0)


@pytest.mark.parametrize("listed", [False, True])
async def test_a_group_hears_of_transcoding_as_long_as_it_may(
    start: Start, people: dict[int, Person], box: Sandbox, control: Control, listed: bool
) -> None:
    clock, admin = Hurried(), people[XIAOYU]
    await control.telegram("options", limits=False)
    async with start(clock=clock) as bot:
        await switched_on(bot, box, admin)
        task = queued(box, 1, takes=1.0)
        await control.advance(10)
        # Found while it may be told, and told by the next process.
        await control.fault("telegram", "*/sendMessage", "status", status=502, times=0)
        await later(bot, clock, 60)
        await bot.transcoding.idle()
    await control.mend()
    allowed = GROUP if listed else LAOCHEN
    async with start(clock=clock, allowed_ids=str(allowed)) as bot:
        for _ in range(3):
            await told_of(bot, clock)
        said = await ends(people[BEN])
        assert [str(task.id) in message.text for message in said] == [True] * listed
