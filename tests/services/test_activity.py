"""Work that nobody waits for gives way to people who are being answered, but not for ever."""

import asyncio

import pytest

from services.activity import Activity
from tests.conftest import Start
from tests.driver import Person

LONG = 60.0


async def waits(activity: Activity) -> "asyncio.Task[None]":
    """Begin to wait for calm, as far as that goes at once."""
    task = asyncio.create_task(activity.idle(LONG))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_nobody_is_waited_for_in_calm() -> None:
    assert (await waits(Activity())).done()


async def test_all_who_are_being_answered_come_first() -> None:
    activity = Activity()
    with activity.answering():
        with activity.answering():
            waiting = await waits(activity)
        assert not (await waits(activity)).done()
        assert not waiting.done()
    await asyncio.wait_for(waiting, 5)


async def test_a_failure_ends_it_as_well() -> None:
    activity = Activity()
    with pytest.raises(ValueError, match="whatever"), activity.answering():
        raise ValueError("whatever")
    assert (await waits(activity)).done()


async def test_patience_has_an_end() -> None:
    activity = Activity()
    with activity.answering():
        await asyncio.wait_for(activity.idle(0.01), 5)


async def test_an_update_in_work_counts(
    start: Start, xiaoyu: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    async with start() as house:
        activity, process = house.services.activity, house.application.process_update

        async def watched(update: object) -> None:
            seen.append((await waits(activity)).done())
            await process(update)

        monkeypatch.setattr(house.application, "process_update", watched)
        await xiaoyu.send("/help")
        await xiaoyu.until("/search")
        await asyncio.wait_for(activity.idle(LONG), 10)
        assert seen == [False]
        assert (await waits(activity)).done()
