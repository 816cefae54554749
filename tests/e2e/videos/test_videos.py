"""/videos: lists by words, categories and order, and one video with its cover and play list."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from tests.conftest import GROUP
from tests.driver import Control, Journal, Message, Person
from tests.e2e.videos.mikaways import chosen, joined, queued, signed_in, words_of
from tests.e2e.ways import TITLE, title
from tests.e2e.words import Words

API = "/api/videos"
WAYS = {"zh": "login", "en": "key"}


@pytest.fixture
def way(language: str) -> str:
    return WAYS[language]


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person, way: str) -> Account:
    return await joined(bot, box, person, way)


async def opened(person: Person, say: Words, words: str = "") -> Message:
    await person.send(f"/videos {words}".strip())
    return await person.until(lambda m: m.find(say("videos.order.views")) is not None)


async def first(person: Person, say: Words) -> Message:
    listed = await opened(person, say)
    await person.press(listed, "1")
    return await person.until(lambda m: m.find(say("button.edit")) is not None)


async def test_the_list_in_pages_and_by_views(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, journal: Journal
) -> None:
    listed = await opened(person, say)
    total = len(box.world.mika.videos)
    assert say("videos.count", n=total) in words_of(listed)
    (asked,) = await journal.calls("mika", "GET", API)
    assert asked.query == {"page": "1", "size": "6", "order": "created_at"}
    assert signed_in(asked, account) == way
    await person.press(listed, say("button.next"))
    second = await person.until("7.")
    await person.press(second, say("videos.order.views"))
    ranked = await person.until(lambda m: f"● {say('videos.order.views')}" in [b.text for b in m.buttons])
    best = max(box.world.mika.videos.values(), key=lambda video: video.views)
    assert best.title in words_of(ranked)
    assert (await journal.calls("mika", "GET", API))[-1].query == {"page": "1", "size": "6", "order": "views"}


async def test_words_behind_the_command_and_asked_for(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    one, other = box.world.mika.videos[1], box.world.mika.videos[2]
    found = await opened(person, say, one.title)
    assert say("videos.heading_words", words=one.title) in words_of(found)
    await person.press(found, say("button.search_videos"))
    await person.until(say("videos.ask_words"))
    await person.send(other.title)
    await person.until(lambda m: say("videos.heading_words", words=other.title) in words_of(m))
    assert [c.query["keyword"] for c in await journal.calls("mika", "GET", API)] == [one.title, other.title]
    last = await person.last()
    await person.press(last, say("button.all_videos"))
    await person.until(lambda m: say("videos.count", n=len(box.world.mika.videos)) in words_of(m))


async def test_words_that_nothing_has(person: Person, say: Words, account: Account) -> None:
    await person.send("/videos zqzqzq")
    none = await person.until(say("videos.none"))
    assert none.find(say("button.search_videos")) is not None


async def test_categories_are_a_tree(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    listed = await opened(person, say)
    await person.press(listed, say("button.categories"))
    tree = await person.until(say("categories.top"))
    assert await journal.calls("mika", "GET", "/api/categories")
    await person.press(tree, "电影")
    below = await person.until(lambda m: m.find(say("button.this_category", name="电影")) is not None)
    await person.press(below, "科幻片")
    narrowed = await person.until("电影 › 科幻片")
    child = next(c for c in box.world.mika.categories.values() if c.name == "科幻片")
    assert (await journal.calls("mika", "GET", API))[-1].query["category_id"] == str(child.id)
    await person.press(narrowed, say("button.categories"))
    again = await person.until(lambda m: m.find(say("button.up")) is not None)
    await person.press(again, say("button.this_category", name="电影"))
    whole = await person.until(lambda m: "🗂 电影" in m.text)
    parent = next(c for c in box.world.mika.categories.values() if c.name == "电影")
    assert (await journal.calls("mika", "GET", API))[-1].query["category_id"] == str(parent.id)
    assert whole.id == listed.id, "one card"


async def test_a_video_with_cover_facts_and_play_list(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, journal: Journal
) -> None:
    card = await first(person, say)
    video = box.world.mika.videos[1]
    (asked,) = await journal.calls("mika", "GET", f"{API}/{video.id}")
    assert signed_in(asked, account) == way
    words = words_of(card)
    for fact in (video.title, video.resolution, *video.tags):
        assert fact in words
    assert card.data["link_preview_options"]["url"] == f"{box.url}/mika/covers/{video.id}.png"
    assert card.button(say("button.watch")).url == f"{box.url}/mika/videos/{video.id}/index.m3u8"
    await person.press(card, say("button.back"))
    await person.until(lambda m: m.find(say("videos.order.views")) is not None)


async def test_a_video_that_is_not_transcoded_yet(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    box.world.mika.videos[1].status = "pending"
    queued(box, 1)
    card = await first(person, say)
    assert say("video.not_yet") in card.text
    assert card.find(say("button.watch")) is None


async def test_a_video_that_went_meanwhile(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    listed = await opened(person, say)
    del box.world.mika.videos[int(chosen(listed, box.world.mika.videos[1].title))]
    await person.press(listed, "1")
    gone = await person.until(say("video.gone"))
    await person.press(gone, say("button.back"))
    await person.until(lambda m: m.find(say("videos.order.views")) is not None)


async def test_a_search_shows_what_mika_has(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    box.world.mika.videos[1].title = f"{TITLE[say.language]} 4K"
    card = await title(person, say)
    assert f"🎬 {TITLE[say.language]} 4K" in words_of(card)
    label = say("button.source_hits", service=say("service.mika"), n=1)
    if card.find(label) is None:
        label = f"{say('service.mika')} · "
    await person.press(card, label)
    found = await person.until(lambda m: m.find(say("videos.order.views")) is not None)
    await person.press(found, say("button.back"))
    back = await person.until(lambda m: m.find(label) is not None)
    assert back.id == card.id
    assert {c.query["keyword"] for c in await journal.calls("mika", "GET", API)} == {TITLE[say.language]}


async def test_in_a_group_there_is_only_the_way_to_the_private_chat(
    person: Person, say: Words, account: Account, journal: Journal
) -> None:
    await person.send("/videos", chat=GROUP)
    told = await person.until(say("private.only"), chat=GROUP)
    assert told.button(say("button.private")).url is not None
    assert not await journal.calls("mika", "GET", API)


async def test_without_an_account_the_way_to_link_is_offered(bot: House, person: Person, say: Words) -> None:
    await person.send("/videos")
    told = await person.until(say("problem.not_linked", service=say("service.mika")))
    assert told.find(say("button.link", service=say("service.mika"))) is not None


async def test_a_site_in_trouble_is_said_to_be(
    person: Person, say: Words, account: Account, control: Control
) -> None:
    await control.fault("mika", API, "status", status=500, times=0)
    await person.send("/videos")
    told = await person.until(say("problem.broken", service=say("service.mika")))
    await control.mend()
    await person.press(told, say("button.retry"))
    await person.until(lambda m: m.find(say("videos.order.views")) is not None)
