"""Work that nobody waits for gives way to people who are being answered, but not for ever."""

import asyncio

import pytest

from services.bustle import Bustle
from tests.conftest import Start
from tests.driver import Person

LONG = 60.0


async def waits(bustle: Bustle) -> "asyncio.Task[None]":
    """Begin to wait for calm, as far as that goes at once."""
    task = asyncio.create_task(bustle.calm(LONG))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_nobody_is_waited_for_in_calm() -> None:
    assert (await waits(Bustle())).done()


async def test_all_who_are_being_answered_come_first() -> None:
    bustle = Bustle()
    with bustle.answering():
        with bustle.answering():
            waiting = await waits(bustle)
        assert not (await waits(bustle)).done()
        assert not waiting.done()
    await asyncio.wait_for(waiting, 5)


async def test_a_failure_ends_it_as_well() -> None:
    bustle = Bustle()
    with pytest.raises(ValueError, match="whatever"), bustle.answering():
        raise ValueError("whatever")
    assert (await waits(bustle)).done()


async def test_patience_has_an_end() -> None:
    bustle = Bustle()
    with bustle.answering():
        await asyncio.wait_for(bustle.calm(0.01), 5)


async def test_an_update_in_work_counts(
    start: Start, xiaoyu: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    async with start() as house:
        bustle, process = house.services.bustle, house.application.process_update

        async def watched(update: object) -> None:
            seen.append((await waits(bustle)).done())
            await process(update)

        monkeypatch.setattr(house.application, "process_update", watched)
        await xiaoyu.send("/help")
        await xiaoyu.until("/search")
        await asyncio.wait_for(bustle.calm(LONG), 10)
        assert seen == [False]
        assert (await waits(bustle)).done()
