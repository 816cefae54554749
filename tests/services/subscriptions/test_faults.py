"""Followed titles through kills, faults and moves: nothing that is new is lost, nothing is told twice."""

import asyncio
from dataclasses import replace

import pytest

from services.subscriptions.rounds import ROUND
from storage import chats, followed, jobs, subscriptions
from tests.services.conftest import Builder, House
from tests.services.subscriptions.following import *  # noqa: F403
from tests.services.subscriptions.following import (
    DARK,
    INTERVAL,
    PATH,
    XIAOYU,
    follow,
    live,
    looks,
    new,
    rounds,
    running,
    settle,
    told,
)

STEPS = ("poll.looked", "poll.written")


@pytest.mark.parametrize("step", STEPS)
async def test_a_killed_process_loses_and_doubles_nothing(home: House, build: Builder, step: str) -> None:
    await follow(home)
    new(home)
    home.clock.advance(INTERVAL)
    home.steps.crash_at = step
    async with running(home):
        while step not in home.steps.seen:  # noqa: ASYNC110 - it dies in the runner's own task
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
    successor = build()
    await successor.services.resume()
    successor.clock.advance(31.0)
    await live(successor)
    assert len(await told(successor)) == 1
    await successor.services.close()


async def test_whoever_lost_the_job_writes_nothing(home: House) -> None:
    await follow(home)
    new(home)
    home.clock.advance(INTERVAL)

    async def rob() -> None:
        await home.services.db.write(lambda tx: jobs.cancel(tx, ROUND, "round"))

    home.steps.at["poll.looked"] = rob
    await settle(home)
    assert await told(home) == []
    await home.services.subscriptions.resume()
    await settle(home)
    assert len(await told(home)) == 1


async def test_two_processes_look_once(home: House, build: Builder) -> None:
    other = build()
    await follow(home)
    before = (await looks(home))[PATH]
    new(home)
    home.clock.advance(INTERVAL)
    async with running(home, "a") as one, running(other, "b") as two:
        await asyncio.gather(one.idle(), two.idle())
    assert (await looks(home))[PATH] == before + 1
    assert len(await told(home)) == 1
    await other.services.close()


async def test_a_missing_job_is_made_again_at_the_start(home: House) -> None:
    await follow(home)
    await home.services.db.write(lambda tx: jobs.cancel(tx, ROUND, "round"))
    assert await rounds(home) == []
    await home.services.resume()
    await home.services.resume()
    (job,) = await rounds(home)
    assert job.run_at > home.clock.now()


async def test_faults_wait_longer_and_lose_nothing(home: House) -> None:
    await follow(home)
    new(home)
    home.fault("hdhive", f"*/{PATH}", "status", status=500, times=0)
    await live(home, 3 * INTERVAL)
    held = await home.services.db.read(lambda tx: followed.get(tx, "movie_438631"))
    assert held is not None
    assert held.failures >= 4
    assert held.next_at - home.clock.now() <= INTERVAL
    home.box.world.faults.clear()
    await live(home, 2 * INTERVAL)
    assert len(await told(home)) == 1
    again = await home.services.db.read(lambda tx: followed.get(tx, "movie_438631"))
    assert again is not None
    assert again.failures == 0


async def test_one_broken_title_does_not_stop_the_others(home: House) -> None:
    await follow(home)
    await follow(home, key=DARK)
    home.fault("hdhive", f"*/{PATH}", "bad_json", times=0)
    new(home, DARK)
    await live(home, 2 * INTERVAL)
    (news,) = await told(home)
    assert news.title == "tv_108545"


async def test_chats_that_cannot_be_told_are_not_looked_up_for(home: House) -> None:
    await follow(home)
    await home.services.db.write(lambda tx: chats.pause(tx, XIAOYU, "blocked", home.clock.now()))
    new(home)
    before = (await looks(home))[PATH]
    await live(home, 2 * INTERVAL)
    assert (await looks(home))[PATH] == before
    await home.services.db.write(lambda tx: chats.resume(tx, XIAOYU, home.clock.now()))
    await live(home, 2 * INTERVAL)
    assert len(await told(home)) == 1, "what came while they were away is still news"


async def test_too_much_to_remember_is_shortened(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.subscriptions.rounds.MOST_SEEN", 12)
    await follow(home)
    gone = new(home, count=6)
    await live(home)
    for resource in gone:
        del home.box.world.catalogue.resources[resource.slug]
    new(home, count=6)
    await live(home)
    held = await home.services.db.read(lambda tx: followed.get(tx, "movie_438631"))
    assert held is not None
    assert held.seen is not None
    assert not {one.slug for one in gone} & held.seen
    assert len(await told(home)) == 2


async def test_a_group_that_moved_is_still_told(home: House) -> None:
    await follow(home, chat=-5)
    await home.services.db.write(lambda tx: chats.migrate(tx, -5, -1002, home.clock.now()))
    new(home)
    await live(home)
    (news,) = await told(home)
    found = await home.services.db.read(lambda tx: subscriptions.get(tx, news.subscription))
    assert found is not None
    assert found.chat_id == -1002


async def test_an_error_of_ours_does_not_end_the_rounds(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await follow(home)
    new(home)

    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(home.services.subscriptions._rounds, "_look", broken)
        await live(home)
    assert len(await rounds(home)) == 1
    await live(home)
    assert len(await told(home)) == 1


async def test_the_wishes_of_a_gone_subscription_change_nothing(home: House) -> None:
    made = (await follow(home)).subscription
    await home.services.subscriptions.follows.remove(made.id)
    changed = await home.services.db.write(
        lambda tx: subscriptions.change(tx, replace(made, muted=True), 1.0)
    )
    assert changed is None
