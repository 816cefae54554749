"""Own shares whose link died: told once, after a second look."""

from typing import Any

import pytest

from sandbox.catalogue import Verdict
from sandbox.catalogue.resources import Sharer
from services.beijing import DAY_SECONDS
from services.watch.turns import PERIOD_SECONDS
from tests.services.conftest import House
from tests.services.watch.watching import *  # noqa: F403
from tests.services.watch.watching import XIAOYU, calls, live, told


@pytest.fixture
def share(linked: House) -> Any:
    """A share of 小雨's."""
    for one in linked.box.world.catalogue.resources.values():
        if one.owner.person is None and one.url.startswith("https://pan.quark.cn"):
            one.owner, one.verdict = Sharer(48213, "雨夜放映员", XIAOYU), Verdict.ALIVE
            linked.box.world.catalogue.add(one)
            return one
    raise AssertionError


async def test_a_share_that_died_is_told_after_a_second_look(linked: House, share: Any) -> None:
    await live(linked, 1.2 * DAY_SECONDS)
    share.verdict = Verdict.DEAD
    linked.box.world.catalogue.add(share)
    await live(linked, 3 * DAY_SECONDS)
    (notice,) = await told(linked, "watch_dead")
    assert [one["slug"] for one in notice["shares"]] == [share.slug]
    assert "url" not in str(notice)
    assert share.url not in str(notice)
    # Alive for a day, it may die once more.
    share.verdict = Verdict.ALIVE
    linked.box.world.catalogue.add(share)
    await live(linked, 2 * DAY_SECONDS)
    assert len(await told(linked, "watch_dead")) == 1
    share.verdict = Verdict.DEAD
    linked.box.world.catalogue.add(share)
    await live(linked, 3 * DAY_SECONDS)
    assert len(await told(linked, "watch_dead")) == 2


async def test_one_bad_moment_of_a_drive_is_not_told(linked: House, share: Any) -> None:
    await live(linked, 0.9 * DAY_SECONDS)
    share.verdict = Verdict.DEAD
    linked.box.world.catalogue.add(share)
    while len(calls(linked, "/jobs")) < 2:
        await live(linked, PERIOD_SECONDS)
    share.verdict = Verdict.ALIVE
    linked.box.world.catalogue.add(share)
    await live(linked, 3 * DAY_SECONDS)
    assert await told(linked, "watch_dead") == []


async def test_a_link_check_that_is_down_kills_nobody(linked: House, share: Any) -> None:
    linked.fault("linkcheck", "/*", "status", status=503, times=0)
    share.verdict = Verdict.DEAD
    linked.box.world.catalogue.add(share)
    await live(linked, 3 * DAY_SECONDS)
    assert await told(linked, "watch_dead") == []
    linked.box.world.faults.clear()
    await live(linked, 3 * DAY_SECONDS)
    assert len(await told(linked, "watch_dead")) == 1
