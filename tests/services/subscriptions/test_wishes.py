"""What somebody wants to hear of, and when they are told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from clients.hdhive.models import Resource
from services import zones
from services.subscriptions.telling import MOST_ITEMS, News
from services.subscriptions.wishes import Wishes, drive_of, facts_of, qualities_of, words_of
from storage import preferences
from tests.services.checkins.checkindays import at_beijing
from tests.services.conftest import House
from tests.services.subscriptions.following import BEN, XIAOYU, follow, live, new, notices, told


def resource(**facts: Any) -> Resource:
    return Resource.model_validate({"slug": "a" * 32, "pan_type": "quark", "unlock_points": 5, **facts})


@pytest.mark.parametrize(
    ("wishes", "fits"),
    [
        ({}, True),
        ({"drives": ("quark",)}, True),
        ({"drives": ("115", "ali")}, False),
        ({"most_points": 5}, True),
        ({"most_points": 4}, False),
        ({"most_points": 0}, False),
        ({"qualities": ("4K",)}, True),
        ({"qualities": ("1080P", "720P")}, False),
        ({"include": ("Dolby", "国语")}, True),
        ({"include": ("dolby", "atmos")}, False),
        ({"exclude": ("cam",)}, True),
        ({"exclude": ("ｄｏｌｂｙ",)}, False),
        ({"include": ("yify",)}, True),
        ({"include": ("gb",), "drives": ("quark",), "most_points": 9, "qualities": ("4K", "other")}, True),
    ],
)
def test_filters(wishes: dict[str, Any], fits: bool) -> None:
    one = resource(
        title="沙丘 Dolby Vision",
        video_resolution=["4K"],
        share_size="58 GB",
        remark="国语中字",
        user={"id": 1, "nickname": "YIFY"},
    )
    assert Wishes(**wishes).fits(one) is fits
    assert Wishes(**wishes).filters == len(wishes)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"video_resolution": ["4K"]}, {"4K"}),
        ({"video_resolution": ["2160p", "1080P"]}, {"4K", "1080P"}),
        ({"title": "Dune.2021.1080p.x265"}, {"1080P"}),
        ({"title": "Dune 720P 国语"}, {"720P"}),
        ({"video_resolution": ["480P"], "title": "4K"}, {"other"}),
        ({"title": "沙丘4K收藏"}, {"4K"}),
        ({}, {"other"}),
    ],
)
def test_how_fine_a_picture_is(facts: dict[str, Any], expected: set[str]) -> None:
    assert qualities_of(resource(**facts)) == expected


@pytest.mark.parametrize(
    ("raw", "drive"),
    [
        ("xunLei", "xunlei"),
        ("aliPan", "ali"),
        ("disktop", "disktop"),
        (115, "115"),
        ("newdrive", "other"),
        (None, "other"),
    ],
)
def test_drives_have_one_name(raw: object, drive: str) -> None:
    assert drive_of(resource(pan_type=raw)) == drive


def test_words_as_people_type_them() -> None:
    assert words_of(" 国语, Dolby，DV、DV  x265;") == ("国语", "Dolby", "DV", "x265")
    assert words_of("  ") == ()
    assert len(words_of(" ".join(map(str, range(50))))) == 10
    assert len(words_of("x" * 500)[0]) == 40


def test_a_choice_goes_in_and_out() -> None:
    one = Wishes().toggled("drives", "quark").toggled("drives", "115").toggled("qualities", "4K")
    assert (one.drives, one.qualities) == (("quark", "115"), ("4K",))
    assert one.toggled("drives", "quark").drives == ("115",)


def test_news_that_waited_become_one() -> None:
    def part(subscription: int, *slugs: str) -> dict[str, Any]:
        items = [facts_of(resource(slug=slug)) for slug in slugs]
        return News(
            subscription=subscription, title="movie_1", items=tuple(items), count=len(items)
        ).model_dump()

    one, other = News.joined([part(1, "a", "b"), part(2, "c"), part(1, "b", "d")])
    assert [item["slug"] for item in one.items] == ["a", "b", "d"]
    assert (one.count, other.count) == (3, 1)
    (many,) = News.joined([part(1, *(f"x{n}" for n in range(25))), part(1, *(f"y{n}" for n in range(25)))])
    assert (len(many.items), many.count) == (MOST_ITEMS, 50)


def test_a_resource_survives_being_kept() -> None:
    one = resource(
        title="T", share_size="9 GB", video_resolution=["4K"], pan_type="newdrive", is_unlocked=True
    )
    again = Resource.model_validate(facts_of(one))
    assert (again.title, again.pan_type_raw, again.unlock_points) == ("T", "newdrive", 5)
    assert not again.is_unlocked, "whose it is, is not the same for everybody"


async def test_filters_choose_the_news(house: House) -> None:
    for user in (XIAOYU, BEN):
        await house.link(user)
        await follow(house, user)
    follows = house.services.subscriptions.follows
    (mine,) = await follows.of_chat(BEN)
    await follows.wish(mine.id, lambda w: w.model_copy(update={"most_points": 2}))
    changed = await follows.wish(mine.id, lambda w: w.toggled("drives", "quark"))
    assert changed is not None
    assert (changed.wishes.most_points, changed.wishes.drives) == (2, ("quark",))
    new(house, drive="quark", unlock_points=9)
    new(house, drive="115", unlock_points=0)
    await live(house)
    assert [job.payload["user_id"] for job in await notices(house)] == [XIAOYU]
    new(house, drive="quark", unlock_points=2)
    new(house, drive="quark", unlock_points=3)
    await live(house)
    counts = {(job.payload["user_id"], job.payload["count"]) for job in await notices(house)}
    assert counts == {(XIAOYU, 2), (BEN, 1)}


async def test_a_digest_comes_at_its_time(house: House) -> None:
    # Far from nine in Tokyo, which would come while the time goes on.
    await at_beijing(house, 12.0)
    follows = house.services.subscriptions.follows
    for user, when in ((XIAOYU, "daily"), (BEN, "weekly")):
        await house.link(user)
        made = await follow(house, user)
        await follows.wish(made.subscription.id, lambda w, when=when: w.model_copy(update={"when": when}))  # type: ignore[misc]
    await house.services.people.change(XIAOYU, timezone="Asia/Tokyo")
    await house.services.people.change(BEN, timezone="Asia/Shanghai")
    new(house)
    await live(house)
    assert len(await told(house)) == 2
    times = {job.payload["user_id"]: job.run_at for job in await notices(house)}
    here = zones.local(times[XIAOYU], "Asia/Tokyo")
    assert (here.hour, here.minute) == (9, 0)
    assert 0 < times[XIAOYU] - house.clock.now() <= 86_400
    week = datetime.fromtimestamp(times[BEN], UTC).astimezone(zones.of("Asia/Shanghai"))
    assert (week.weekday(), week.hour) == (0, 9)
    await house.services.people.change(XIAOYU, quiet_from="22:00", quiet_to="07:30")
    chosen = await house.services.db.read(lambda tx: preferences.get(tx, XIAOYU))
    assert chosen.quiet_to == "07:30"
    new(house)
    await live(house)
    later = [job for job in await notices(house) if job.payload["user_id"] == XIAOYU][-1:]
    clocks = {f"{zones.local(job.run_at, 'Asia/Tokyo'):%H:%M}" for job in await notices(house)}
    assert later
    assert "07:30" in clocks
