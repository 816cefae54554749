"""kill -9 while a share is being published: it is looked for afterwards, never sent a second time."""

from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import environment
from tests.driver import Control, Journal, Person
from tests.e2e.faults.midway import kill_midway
from tests.e2e.process import running
from tests.e2e.shares.sharing import SHARES, mine, nothing_shared, to_preview
from tests.e2e.words import Words

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_kill_in_the_middle_publishes_nothing_twice(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, control: Control, journal: Journal, arrives: bool
) -> None:
    say = Words("zh")
    await control.telegram("options", limits=False)
    nothing_shared(box, xiaoyu)
    async with running(environment(box, tmp_path), tmp_path) as bot:
        preview = await to_preview(xiaoyu, say)
        press = xiaoyu.press(preview, say("button.publish"), timeout=60)
        done = (lambda: mine(box, xiaoyu)) if arrives else None
        await kill_midway(bot, box, control, press, post=("hdhive", SHARES), made=done)
        # The press is done once more, and looks this time.
        wanted = say("share.published") if arrives else say("share.not_yet")
        card = await xiaoyu.until(lambda m: m.id == preview.id and wanted in m.text, timeout=30)
        assert len(await journal.calls("hdhive", "POST", SHARES)) == 1
        assert len(mine(box, xiaoyu)) == int(arrives)
        assert card.find(say("button.delete_share" if arrives else "button.look"))
