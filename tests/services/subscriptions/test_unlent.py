"""A group whose lender is gone is asked for another authorization: once, for all its titles together."""

from services.names import Service
from services.subscriptions import UNLENT, unlent
from storage import jobs
from storage.tx import Tx
from tests.services.conftest import House
from tests.services.jobs.living import open_jobs
from tests.services.subscriptions.following import *  # noqa: F403
from tests.services.subscriptions.following import (
    BEN,
    DARK,
    DUNE,
    INTERVAL,
    LAOCHEN,
    THE_GROUP,
    XIAOYU,
    follow,
    live,
    new,
    settle,
    told,
)


async def asked(house: House) -> list[int]:
    """Which subscriptions their groups are asked about, in the order of being asked."""
    return [int(job.payload["subscription"]) for job in await open_jobs(house, UNLENT)]


async def answered(house: House) -> None:
    """Have the groups told, as the bot notes it."""
    waiting = await open_jobs(house, UNLENT)

    async def work(tx: Tx) -> None:
        await unlent.note(tx, [int(job.payload["subscription"]) for job in waiting], house.clock.now())
        for job in waiting:
            await jobs.cancel(tx, UNLENT, str(job.payload["subscription"]))

    await house.services.db.write(work)


async def unlink(house: House, user: int = XIAOYU) -> None:
    await house.services.linking.unlink(user, Service.HDHIVE)


async def test_all_titles_are_asked_about_at_one_time(home: House) -> None:
    first = await follow(home, chat=THE_GROUP)
    home.clock.advance(INTERVAL / 2)
    second = await follow(home, chat=THE_GROUP, key=DARK)
    await follow(home)
    await unlink(home)
    await live(home, INTERVAL)
    waiting = await open_jobs(home, UNLENT)
    wanted = {first.subscription.id, second.subscription.id}
    assert {job.payload["subscription"] for job in waiting} == wanted
    assert len({job.run_at for job in waiting}) == 1
    assert {job.owner_id for job in waiting} == {None}
    await live(home, 10 * INTERVAL)
    assert len(await asked(home)) == 2, "once"
    await answered(home)
    await live(home, 10 * INTERVAL)
    assert await asked(home) == [], "and not again"


async def test_who_is_told_by_another_way_is_not_asked(home: House) -> None:
    """Nobody lent when it was followed: its card said so. Nor who does not want to hear of it."""
    await follow(home, BEN, chat=THE_GROUP)
    muted = await follow(home, chat=THE_GROUP - 1, key=DARK)
    await home.services.subscriptions.follows.mute(muted.subscription.id, muted=True)
    await unlink(home)
    await live(home, 5 * INTERVAL)
    assert await asked(home) == []


async def test_another_followers_authorization_serves_a_group_too(home: House) -> None:
    made = await follow(home, chat=THE_GROUP)
    await home.link(LAOCHEN)
    await follow(home, LAOCHEN)
    await unlink(home)
    await live(home, 3 * INTERVAL)
    assert await asked(home) == []
    await unlink(home, LAOCHEN)
    await live(home, 2 * INTERVAL)
    assert await asked(home) == [made.subscription.id]


async def test_a_grant_that_is_lost_in_a_look_is_noticed_there(home: House) -> None:
    made = await follow(home, chat=THE_GROUP)
    home.box.world.expire("hdhive", XIAOYU, "grant")
    await live(home, 3 * INTERVAL)
    assert await asked(home) == [made.subscription.id]


async def test_after_another_look_it_is_asked_again(home: House) -> None:
    made = await follow(home, chat=THE_GROUP)
    await unlink(home)
    await live(home, 2 * INTERVAL)
    await answered(home)
    await home.link(BEN)
    lent = await home.services.subscriptions.follows.lend(made.subscription.id, BEN)
    assert lent is not None
    assert lent.lenders == (BEN,)
    await settle(home)
    (fresh,) = new(home, DUNE)
    await live(home)
    (news,) = await told(home)
    assert [one.slug for one in news.resources] == [fresh.slug]
    await unlink(home, BEN)
    await live(home, 2 * INTERVAL)
    assert await asked(home) == [made.subscription.id]


async def test_one_that_was_never_looked_up_is_asked_about_too(home: House) -> None:
    """Its card named a lender; HDHive was down until that one left."""
    home.fault("hdhive", "*/resources/*", "status", status=503, times=0)
    made = await follow(home, chat=THE_GROUP)
    assert made.lenders == (XIAOYU,)
    await live(home, 3 * INTERVAL)
    await unlink(home)
    home.box.world.faults.clear()
    await live(home, 3 * INTERVAL)
    assert await asked(home) == [made.subscription.id]


async def test_who_wants_to_hear_again_is_asked_again(home: House) -> None:
    follows = home.services.subscriptions.follows
    made = await follow(home, chat=THE_GROUP)
    await unlink(home)
    await live(home, 2 * INTERVAL)
    await answered(home)
    for muted in (True, False):
        await follows.mute(made.subscription.id, muted=muted)
        await live(home, 2 * INTERVAL)
    assert await asked(home) == [made.subscription.id]


async def test_news_that_wait_are_the_groups(home: House) -> None:
    """Who followed the title is forgotten before the group's hour comes: it is told all the same."""
    follows = home.services.subscriptions.follows
    made = await follow(home, chat=THE_GROUP)
    await follows.wish(made.subscription.id, lambda wishes: wishes.model_copy(update={"when": "daily"}))
    (fresh,) = new(home)
    await live(home)
    await home.services.people.arrive(XIAOYU, "zh-hans", "小雨")
    await home.services.forgetting.forget(XIAOYU, XIAOYU, None, "zh")
    assert "forget.run" in await home.work(until=60.0, kinds=["forget.run"])
    (news,) = await told(home)
    assert [one.slug for one in news.resources] == [fresh.slug]
    kept = await follows.get(made.subscription.id)
    assert kept is not None
    assert (kept.subscription.user_id, kept.lenders) == (0, ())
    await live(home, 2 * INTERVAL)
    assert await asked(home) == [made.subscription.id]
