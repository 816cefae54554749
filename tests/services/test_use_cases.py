"""The smaller use cases: people, titles, check-ins, and the door itself."""

import pytest

from clients.errors import BadResponse, Forbidden, ForbiddenReason, NotFound, RateLimited, UpstreamBroken
from clients.tmdb.models import MediaType
from services import Services
from services.clock import SystemClock
from services.errors import LinkLost, NotLinked, ServiceOff
from services.names import Service
from services.people import KEEP_SECONDS, SEEN_EVERY, People, language_of
from services.recent import Recent
from storage import users
from tests.services.conftest import House


@pytest.mark.parametrize(
    ("preference", "code", "language"),
    [
        (None, "zh-hans", "zh"),
        (None, "zh", "zh"),
        (None, "ZH-TW", "zh"),
        (None, "en", "en"),
        (None, "de", "en"),
        (None, None, "en"),
        ("en", "zh-hans", "en"),
        ("zh", "de", "zh"),
    ],
)
def test_languages(preference, code, language):
    assert language_of(preference, code) == language


async def seen(house: House, user_id: int = 7) -> float | None:
    user = await house.services.db.read(lambda tx: users.get(tx, user_id))
    return user and user.seen_at


async def test_people_are_written_only_when_something_is_new(house):
    people = house.services.people
    person = await people.arrive(7, "zh-hans", "小雨")
    assert (person.language, person.user.first_name, person.preferences.unlock_limit) == ("zh", "小雨", 0)
    first = await seen(house)
    house.clock.advance(KEEP_SECONDS + 1)
    assert await people.arrive(7, "zh-hans", "小雨") == await people.arrive(7, "zh-hans", "小雨")
    assert await seen(house) == first
    assert (await people.arrive(7, "en", "Rain")).language == "en"
    second = await seen(house)
    assert second > first
    house.clock.advance(SEEN_EVERY + 1)
    await people.arrive(7, "en", "Rain")
    assert await seen(house) > second


async def test_choices_show_at_once(house):
    people = house.services.people
    await people.arrive(7, "en", "Rain")
    changed = await people.change(7, language="zh", unlock_limit=5)
    assert (changed.language, changed.preferences.unlock_limit) == ("zh", 5)
    assert (await people.arrive(7, "en", "Rain")).language == "zh"
    assert (await people.known(7)).preferences.unlock_limit == 5


async def test_strangers_have_the_defaults(house):
    person = await house.services.people.known(99)
    assert (person.user.id, person.language, person.preferences.timezone) == (99, "en", "Asia/Shanghai")
    assert await seen(house, 99) is None


async def test_people_change_elsewhere_shows_within_a_minute(house):
    here, there = house.services.people, People(house.services.db, house.clock)
    await here.arrive(7, "en", "Rain")
    await there.change(7, language="zh")
    assert (await here.known(7)).language == "en"
    house.clock.advance(KEEP_SECONDS + 1)
    assert (await here.known(7)).language == "zh"


def test_the_least_used_is_forgotten_first():
    recent = Recent[str, int](2)
    recent.put("a", 1, 10)
    recent.put("b", 2, 10)
    assert recent.get("a", 0) == 1
    recent.put("c", 3, 10)
    assert (recent.get("b", 0), recent.get("a", 0), recent.get("c", 0), len(recent)) == (None, 1, 3, 2)
    assert recent.get("a", 10) is None
    recent.drop("c")
    recent.drop("c")
    assert len(recent) == 0


async def test_titles_in_both_languages_are_asked_for_once(house):
    titles = house.services.titles
    chinese = await titles.search(" 沙丘 ", "zh")
    assert chinese.titles
    await titles.search("沙丘", "zh")
    (call,) = await house.calls("tmdb", "GET", "/3/search/multi")
    assert "language=zh-CN" in call["query"]
    english = await titles.search("沙丘", "en")
    assert english.titles[0].title != chinese.titles[0].title
    house.clock.advance(901)
    await titles.search("沙丘", "zh")
    assert len(await house.calls("tmdb", "GET", "/3/search/multi")) == 3


async def test_pages_of_titles_add_up(house):
    titles = house.services.titles
    first = await titles.search("the", "en", 0, 3)
    shown = [t.id for p in range(first.pages) for t in (await titles.search("the", "en", p, 3)).titles]
    assert len(shown) == len(set(shown)) == first.total > 3
    beyond = await titles.search("the", "en", first.pages, 3)
    assert (beyond.titles, beyond.total) == ((), first.total)


async def test_no_title_and_no_words(house):
    titles = house.services.titles
    assert (await titles.search("qqqqzzzz", "en")).titles == ()
    assert (await titles.search("  ", "en")).pages == 0


async def test_details_and_posters(house, build):
    titles = house.services.titles
    found = await titles.details(MediaType.MOVIE, 438631, "zh")
    assert await titles.details(MediaType.MOVIE, 438631, "zh") is found
    assert len(await house.calls("tmdb", "GET", "/3/movie/438631")) == 1
    poster = titles.poster(found)
    assert poster is not None
    assert poster.startswith(f"{house.box.url}/tmdb/t/p/w500/")
    with pytest.raises(NotFound):
        await titles.details(MediaType.MOVIE, 1, "zh")
    off = build(off=["tmdb", "hdhive"]).services.titles
    assert off.poster(found) is None
    with pytest.raises(ServiceOff):
        await off.search("x", "en")
    with pytest.raises(ServiceOff):
        await off.details(MediaType.MOVIE, 1, "en")
    with pytest.raises(ServiceOff):
        await off.resources(1001, MediaType.MOVIE, 1)


async def test_resources_come_in_the_order_people_want(house):
    await house.link()
    known = house.box.world.catalogue.of_title("movie", 438631)
    known[2].unlocked_by.add(1001)
    found = await house.services.titles.resources(1001, MediaType.MOVIE, 438631)
    assert found[0].is_unlocked
    prices = [r.unlock_points for r in found if not r.is_unlocked and r.validate_status != "invalid"]
    assert prices == sorted(prices)
    assert len(found) == len(known)


async def test_a_check_in_tells_points_before_and_after(house):
    await house.link()
    checkins = house.services.checkins
    outcome = await checkins.check_in(1001)
    assert outcome.checked_in
    assert (outcome.before, outcome.points - outcome.before) == (120, outcome.gained)
    again = await checkins.check_in(1001, gambler=True)
    assert (again.checked_in, again.points, again.gained) == (False, outcome.points, None)
    assert again.message
    house.clock.advance(86_400)
    await checkins.check_in(1001, gambler=True)
    bodies = [call["body"] for call in await house.calls("hdhive", "POST", "/checkin")]
    assert ["true" in body for body in bodies] == [False, True, True]


async def test_a_check_in_without_a_known_balance_tells_what_it_gained(house):
    await house.link()
    house.fault("hdhive", "*/me", "status", status=500, times=0)
    outcome = await house.services.checkins.check_in(1001)
    assert (outcome.checked_in, outcome.before, outcome.points) == (True, None, None)
    assert outcome.gained


@pytest.mark.parametrize(
    ("kind", "more", "error"),
    [
        ("status", {"status": 500, "after": True}, UpstreamBroken),
        ("bad_json", {"after": True}, BadResponse),
        ("retry_after", {"status": 429, "retry_after": 60}, RateLimited),
    ],
)
async def test_a_check_in_is_never_repeated_by_itself(house, kind, more, error):
    await house.link()
    house.fault("hdhive", "*/checkin", kind, **more)
    with pytest.raises(error):
        await house.services.checkins.check_in(1001)
    assert len(await house.calls("hdhive", "POST", "/checkin")) == 1


async def test_check_ins_that_cannot_be(house, build):
    with pytest.raises(NotLinked):
        await house.services.checkins.check_in(1001)
    with pytest.raises(ServiceOff):
        await build(off=["hdhive"]).services.checkins.check_in(1001)
    await house.link(1002)
    with pytest.raises(Forbidden) as caught:
        await house.services.checkins.check_in(1002)
    assert caught.value.reason is ForbiddenReason.PREMIUM
    await house.link()
    await house.web.post(
        "/control/tokens/expire", json={"service": "hdhive", "person": 1001, "which": "grant"}
    )
    with pytest.raises(LinkLost):
        await house.services.checkins.check_in(1001)


async def test_the_door_knows_what_is_on(house, build):
    services: Services = house.services
    names = [Service.HDHIVE, Service.DISKTOP, Service.LINKCHECK, Service.TMDB]
    assert [services.offers(name) for name in [*names, Service.ACGBT, "nothing"]] == [True] * 5 + [False]
    required = services.require_hdhive(), services.require_disktop(), services.require_linkcheck()
    assert required == (services.hdhive, services.disktop, services.linkcheck)
    off = build(off=names).services
    assert [off.offers(name) for name in names] == [False] * 4
    for require in (off.require_hdhive, off.require_disktop, off.require_linkcheck):
        with pytest.raises(ServiceOff):
            require()
    kinds = {"unlock.settle", "linkcheck.follow", "link.revoke", "link.resume", "device.poll", "save.run"}
    assert set(services.jobs()) >= kinds | {"forget.run"}


async def test_the_system_clock_waits():
    clock = SystemClock()
    began = clock.now()
    await clock.sleep(0.01)
    assert clock.now() > began
