"""Saves of one person take turns, whoever asked for them and wherever they run: nothing is copied twice."""

import asyncio

import pytest

from services.jobs import RetryLater
from services.saving import locks as module
from services.saving.locks import LOCK_SECONDS
from services.saving.saves import RUN
from storage import savelocks
from tests.services.conftest import Crash, House
from tests.services.saving.test_saves import Shown, begin, home, many

__all__ = ["home"]


async def copied(house: House) -> int:
    calls = await house.calls("disktop", "POST", "/transfer")
    return sum(call["body"].count("file_ids") for call in calls)


async def sent(house: House, number: int = 1) -> None:
    while len(await house.calls("disktop", "POST", "/transfer")) < number:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def at_it(house: House) -> asyncio.Task[list[str]]:
    return asyncio.create_task(house.work(kinds=[RUN], until=1))


async def test_one_that_is_stopped_and_begun_again_at_once(home):
    """The first is in the middle of a copy yet: the second neither copies that too, nor stops itself."""
    shown, picks = Shown(home), many(home, 100)
    home.fault("disktop", "*/transfer", "delay", seconds=0.4, times=0)
    await begin(home, picks)
    first = at_it(home)
    await sent(home)
    await home.services.saves.stop("card1")
    assert await begin(home, picks), "the card's button offers it again"
    await asyncio.gather(first, at_it(home))
    assert await home.jobs(RUN) == [], "the second came to its end"
    assert await copied(home) == 100
    ((card, moment, final),) = shown.told
    assert (card, final) == ("card1", True)
    assert moment.result is not None
    assert (moment.result.saved, moment.result.already) == (0, 100)


async def test_one_that_is_stopped_and_begun_again_elsewhere(home, build):
    other, picks = build(), many(home, 100)
    Shown(home)
    shown = Shown(other)
    home.fault("disktop", "*/transfer", "delay", seconds=0.4, times=0)
    await begin(home, picks)
    first = at_it(home)
    await sent(home)
    await other.services.saves.stop("card1")
    assert await begin(other, picks)
    await asyncio.gather(first, at_it(other))
    assert await copied(home) == 100
    assert shown.last.result.already == 100


async def test_what_was_stopped_stays_stopped_while_the_next_one_runs(home):
    Shown(home)
    picks = many(home, 300)
    home.fault("disktop", "*/transfer", "delay", seconds=0.2, times=0)
    await begin(home, picks)
    first = at_it(home)
    await sent(home)
    await home.services.saves.stop("card1")
    await begin(home, picks, dest="/Elsewhere")
    await asyncio.gather(first, at_it(home))
    calls = await home.calls("disktop", "POST", "/transfer")
    assert len([call for call in calls if "Saved" in str(call["body"])]) == 1
    assert len(calls) == 4


async def test_one_that_stood_still_copies_nothing_that_another_copied(home, build):
    other = build()
    lost, shown = Shown(home), Shown(other)

    async def stands_still() -> None:
        home.clock.advance(LOCK_SECONDS + 1)
        await other.work(kinds=[RUN])

    home.steps.at["save.copied"] = stands_still
    await begin(home, many(home, 300))
    await home.work(kinds=[RUN])
    assert await copied(home) == 300
    assert not [final for _, _, final in lost.told if final], "only one tells the end"
    assert shown.last.result.saved == 300


async def test_a_copy_that_was_held_up_before_it_left_asks_for_its_turn_again(home):
    """Another save took the turn while this one waited for its token: it looks again before it copies."""
    Shown(home)
    picks = many(home, 3)
    hold = module.SaveLock._renew
    stood = []

    async def held_up(turn: module.SaveLock) -> float:
        began = await hold(turn)
        if not stood:
            stood.append(began)
            home.clock.advance(LOCK_SECONDS + 1)
            await home.services.transfers.save(1001, "b16b16", picks, "/Saved")
        return began

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.SaveLock, "_renew", held_up)
        await begin(home, picks)
        await home.work(kinds=[RUN])
    assert stood
    assert await copied(home) == 3


async def test_two_ways_of_saving_one_share_copy_it_once(home):
    """What a receipt saves by itself, and what is pressed meanwhile, are different kinds of jobs."""
    picks = many(home, 3)
    home.fault("disktop", "*/transfer", "delay", seconds=0.2, times=0)
    save = home.services.transfers.save
    results = await asyncio.gather(*(save(1001, "b16b16", picks, "/Saved") for _ in range(2)))
    assert await copied(home) == 3
    assert sorted((one.saved, one.already) for one in results) == [(0, 3), (3, 0)]


async def test_one_that_waits_for_long_makes_room_for_other_jobs(home, monkeypatch):
    monkeypatch.setattr(module, "POLLS", 2)
    db, now = home.services.db, home.clock.now()
    assert await db.write(lambda tx: savelocks.acquire(tx, 1001, "another", now, LOCK_SECONDS))
    with pytest.raises(RetryLater):
        await home.services.transfers.save(1001, "b16b16", many(home, 3), "/Saved")
    shown = Shown(home)
    await begin(home, many(home, 3))
    await home.work(kinds=[RUN])
    assert shown.last.result.saved == 3, "the other one died, and its turn ran out"
    assert home.clock.now() >= now + LOCK_SECONDS


async def test_a_copy_that_was_cut_off_may_land_yet_so_nobody_else_looks(home):
    """The process is killed while its request is under way; the next save begins when that is over."""
    picks = many(home, 3)
    home.fault("disktop", "*/transfer", "delay", seconds=0.3, times=1)
    cut = asyncio.create_task(home.services.transfers.save(1001, "b16b16", picks, "/Saved"))
    await sent(home)
    cut.cancel()
    await asyncio.wait([cut])
    began, shown = home.clock.now(), Shown(home)
    await begin(home, picks)
    await home.work(kinds=[RUN])
    assert home.clock.now() > began + LOCK_SECONDS - 5
    assert shown.last.result.saved + shown.last.result.already == 3


async def test_a_crash_between_two_copies_holds_nobody_up(home):
    async def crash() -> None:
        raise Crash

    home.steps.at["save.copied"] = crash
    await begin(home, many(home, 150))
    with pytest.raises(Crash):
        await home.work(kinds=[RUN])
    assert (await home.services.transfers.save(1001, "b16b16", many(home, 150), "/Other")).saved == 150


async def test_a_turn_of_a_clock_that_was_set_back_holds_nobody_up(home):
    db, later = home.services.db, home.clock.now() + 3600
    assert await db.write(lambda tx: savelocks.acquire(tx, 1001, "another", later, LOCK_SECONDS))
    assert (await home.services.transfers.save(1001, "b16b16", many(home, 3), "/Saved")).saved == 3


async def test_turns_that_were_never_given_back_are_forgotten(home):
    db, now = home.services.db, home.clock.now()
    await db.write(lambda tx: savelocks.acquire(tx, 1001, "dead", now, LOCK_SECONDS))
    await db.write(lambda tx: savelocks.purge(tx, now + LOCK_SECONDS + 1))
    assert await db.write(lambda tx: savelocks.acquire(tx, 1001, "next", now, LOCK_SECONDS))
