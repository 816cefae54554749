"""Link checks that are stopped, hurried or replaced while they run."""

import asyncio
from typing import Any

from services.linkchecks.run import FOLLOW
from services.names import Service
from tests.services.conftest import House
from tests.services.linkchecks.linkchecking import Shown, V, items, quark, verdicts


async def test_a_stopped_run_of_shares_only_has_nothing_to_cancel(house):
    await house.link(1001, Service.DISKTOP)
    shown = Shown(house)
    house.fault("disktop", "*/info", "delay", seconds=0.5)
    await house.services.linkchecks.start(1001, "card1", items("https://disk.top/s/8d2f3a"))
    task = asyncio.create_task(house.work(kinds=[FOLLOW]))
    while "card1" not in house.services.linkchecks._runs:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    await house.services.linkchecks.stop("card1")
    await task
    assert (shown.last.stopped, shown.last.done) == (True, 0)
    assert await house.calls("linkcheck") == []


async def running(house: House, names: list[str]) -> asyncio.Task[Any]:
    house.box.world.options.change({"linkcheck_seconds": 0.05})
    await house.services.linkchecks.start(1001, "card1", quark(*names))
    task = asyncio.create_task(house.work(kinds=[FOLLOW]))
    while not house.box.world.linkcheck.checked:  # noqa: ASYNC110 - the sandbox tells nobody
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.03)
    return task


async def test_stop_ends_a_run_and_keeps_what_is_known(house):
    shown = Shown(house)
    task = await running(house, [f"alive{i}" for i in range(40)])
    await house.services.linkchecks.stop("card1")
    await task
    assert (shown.last.finished, shown.last.stopped) == (True, True)
    assert 0 < shown.last.done < 40
    assert set(verdicts(shown.last)) == {V.ALIVE, None}
    assert len(await house.calls("linkcheck", "DELETE")) == 1
    assert await house.jobs(FOLLOW) == []
    await house.services.linkchecks.stop("nothing")


async def test_stop_in_another_process_ends_the_run_quietly(house, build):
    shown = Shown(house)
    task = await running(house, [f"alive{i}" for i in range(40)])
    await build().services.linkchecks.stop("card1")
    await task
    assert not any(final for _, _, final in shown.told)


async def test_urgent_puts_what_waits_first(house):
    task = await running(house, [f"alive{i}" for i in range(15)])
    assert await house.services.linkchecks.urgent("card1") is True
    await task
    (call,) = await house.calls("linkcheck", "POST", "/urgent")
    assert call["status"] == 200
    assert await house.services.linkchecks.urgent("card1") is False


async def test_urgent_that_fails_is_only_not_urgent(house):
    task = await running(house, [f"alive{i}" for i in range(10)])
    house.fault("linkcheck", "*/urgent", "status", status=500, times=0)
    assert await house.services.linkchecks.urgent("card1") is False
    await task


async def test_urgent_before_the_job_is_made_counts_too(house):
    shown = Shown(house)
    house.fault("linkcheck", "/jobs", "delay", seconds=0.3)
    await house.services.linkchecks.start(1001, "card1", quark("alive1", "alive2"))
    task = asyncio.create_task(house.work(kinds=[FOLLOW]))
    while "card1" not in house.services.linkchecks._runs:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert await house.services.linkchecks.urgent("card1") is True
    await task
    assert len(await house.calls("linkcheck", "POST", "/urgent")) == 1
    assert shown.last.done == 2


async def test_starting_again_on_a_card_replaces_the_run(house):
    shown = Shown(house)
    task = await running(house, [f"alive{i}" for i in range(40)])
    await house.services.linkchecks.start(1001, "card1", quark("dead7"))
    await task
    await house.work(kinds=[FOLLOW])
    # The old run says nothing more: the card belongs to the new one.
    assert [verdicts(snapshot) for _, snapshot, final in shown.told if final] == [[V.DEAD]]
