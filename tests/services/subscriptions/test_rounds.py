"""Followed titles: one look however many follow, one notice of all that is new, none twice, none lost."""

from itertools import pairwise

import pytest

from services.errors import ServiceOff
from services.subscriptions import TooManyTitles, following
from services.subscriptions.rounds import ROUND
from tests.services.conftest import Builder, House
from tests.services.subscriptions.following import *  # noqa: F403
from tests.services.subscriptions.following import (
    BEN,
    DARK,
    INTERVAL,
    LAOCHEN,
    PATH,
    THE_GROUP,
    XIAOYU,
    follow,
    live,
    looks,
    new,
    notices,
    rounds,
    settle,
    title,
    told,
)


async def test_what_is_new_is_told_once(home: House) -> None:
    await follow(home)
    assert await told(home) == [], "what was there from the beginning is no news"
    (fresh,) = new(home, unlock_points=7, title="沙丘 2160p", drive="quark")
    await live(home)
    (news,) = await told(home)
    assert (news.title, news.name, news.count) == ("movie_438631", "沙丘", 1)
    (resource,) = news.resources
    assert (resource.slug, resource.unlock_points, resource.title) == (fresh.slug, 7, "沙丘 2160p")
    assert resource.pan_type == "quark"
    await live(home, 5 * INTERVAL)
    assert len(await told(home)) == 1
    assert 6 <= (await looks(home))[PATH] <= 8


async def test_many_new_ones_make_one_notice(home: House) -> None:
    await follow(home)
    prices = [9, 0, 4]
    for points in prices:
        new(home, unlock_points=points)
    new(home, count=40, unlock_points=20)
    await live(home)
    (news,) = await told(home)
    assert news.count == 43
    assert len(news.items) == 30
    assert [one.unlock_points for one in news.resources[:4]] == [0, 4, 9, 20]


async def test_one_look_however_many_follow(house: House) -> None:
    for user in (XIAOYU, BEN, LAOCHEN):
        await house.link(user)
        await house.services.subscriptions.follows.follow(user, user, None, title())
    await house.services.subscriptions.follows.follow(BEN, THE_GROUP, 7, title())
    await settle(house)
    before = (await looks(house))[PATH]
    assert before <= 2
    house.clock.advance(61.0)
    new(house)
    await live(house)
    assert (await looks(house))[PATH] == before + 1
    assert {news.count for news in await told(house)} == {1}
    assert len(await told(house)) == 4


async def test_authorizations_are_used_in_turns(house: House) -> None:
    lent: dict[str, str] = {}
    for user in (XIAOYU, BEN, LAOCHEN):
        link = await house.link(user)
        lent[f"Bearer {link.access_token}"] = str(user)
        await follow(house, user)
    calls = len(await house.calls("hdhive", "GET", PATH))
    await live(house, 6 * INTERVAL)
    used = [call["headers"]["authorization"] for call in await house.calls("hdhive", "GET", PATH)][calls:]
    assert len(used) >= 5
    who = [lent[one] for one in used]
    assert all(a != b for a, b in pairwise(who)), who
    assert set(who) == {str(XIAOYU), str(BEN), str(LAOCHEN)}


async def test_the_next_follower_serves_when_one_is_lost(house: House) -> None:
    for user in (XIAOYU, BEN):
        await house.link(user)
        await follow(house, user)
    house.box.world.expire("hdhive", BEN, "grant")
    new(house)
    await live(house, 2 * INTERVAL + 1)
    assert {news.subscription for news in await told(house)} == {
        sub.id for user in (XIAOYU, BEN) for sub in await house.services.subscriptions.follows.of_chat(user)
    }
    assert len(await notices(house, "link_lost")) == 1
    house.box.world.expire("hdhive", XIAOYU, "grant")
    new(house)
    before = (await looks(house))[PATH]
    await live(house, 3 * INTERVAL)
    assert (await looks(house))[PATH] <= before + 1, "nobody is left to ask with"
    assert len(await told(house)) == 2
    await house.link(BEN)
    await live(house, 2 * INTERVAL)
    assert len(await told(house)) == 4, "nothing was lost meanwhile"


async def test_what_was_shown_is_known(home: House) -> None:
    follows, titles = home.services.subscriptions.follows, home.services.titles
    await titles.resources(XIAOYU, title().media_type, title().id)
    (between,) = new(home)
    made = await follows.follow(XIAOYU, XIAOYU, None, title())
    await settle(home)
    assert (await looks(home))[PATH] == 1, "the list that was shown is the beginning"
    await live(home)
    (news,) = await told(home)
    assert [one.slug for one in news.resources] == [between.slug]
    assert (await follows.get(made.subscription.id)) is not None


async def test_who_comes_later_hears_only_of_later_ones(house: House) -> None:
    for user in (XIAOYU, BEN, LAOCHEN):
        await house.link(user)
    await follow(house, XIAOYU)
    (old,) = new(house)
    await house.services.titles.resources(BEN, title().media_type, title().id)
    await house.services.subscriptions.follows.follow(BEN, BEN, None, title())
    await house.services.subscriptions.follows.follow(LAOCHEN, LAOCHEN, None, title())
    await settle(house)
    house.clock.advance(61.0)
    (fresh,) = new(house)
    await live(house)
    heard: dict[int, list[str]] = {}
    for job in await notices(house):
        heard.setdefault(job.payload["user_id"], []).extend(i["slug"] for i in job.payload["items"])
    assert heard == {XIAOYU: [old.slug, fresh.slug], BEN: [fresh.slug], LAOCHEN: [fresh.slug]}


async def test_a_title_is_followed_once_in_a_chat_and_tells_the_latest_topic(home: House) -> None:
    follows = home.services.subscriptions.follows
    first = await follows.follow(XIAOYU, THE_GROUP, None, title())
    again = await follows.follow(BEN, THE_GROUP, 12, title())
    assert again.subscription.id == first.subscription.id
    assert (again.subscription.topic, again.subscription.user_id) == (12, XIAOYU)
    assert first.lenders == (XIAOYU,)
    lent = await follows.lend(first.subscription.id, BEN)
    assert lent is not None
    assert (lent.subscription.user_id, lent.lenders) == (BEN, ())


async def test_silence_and_the_end_of_it(home: House) -> None:
    follows = home.services.subscriptions.follows
    made = (await follow(home)).subscription
    assert (await follows.mute(made.id, muted=True)).subscription.muted  # type: ignore[union-attr]
    new(home)
    before = (await looks(home))[PATH]
    await live(home, 3 * INTERVAL)
    assert (await looks(home))[PATH] == before, "what nobody wants to hear of is not looked up"
    await follows.mute(made.id, muted=False)
    await settle(home)
    assert await told(home) == [], "what came meanwhile is no news"
    new(home)
    await live(home)
    assert len(await told(home)) == 1
    assert await follows.remove(made.id)
    assert not await follows.remove(made.id)
    assert await follows.get(made.id) is None
    assert await follows.mute(made.id, muted=True) is None
    assert await follows.wish(made.id, lambda wishes: wishes) is None
    await live(home, 2 * INTERVAL)
    assert await rounds(home) == [], "with nothing followed there is nothing to do"


async def test_there_is_a_limit(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_TITLES", 1)
    await follow(home)
    await follow(home)
    with pytest.raises(TooManyTitles):
        await follow(home, key=DARK)


async def test_without_hdhive_nothing_is_followed(build: Builder) -> None:
    house = build(off=("hdhive",))
    assert ROUND not in house.services.subscriptions.jobs()
    await house.services.subscriptions.resume()
    with pytest.raises(ServiceOff):
        await house.services.subscriptions.follows.follow(XIAOYU, XIAOYU, None, title())
    await house.services.close()
