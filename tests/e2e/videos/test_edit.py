"""/videos: changing a video field by field, what the site says against a field, and deleting."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from tests.driver import Control, Journal, Message, Person
from tests.e2e.videos.mikaways import joined, words_of
from tests.e2e.words import Words

PUT = "/api/videos/1"


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person, language: str) -> Account:
    box.world.mika.videos[1].tags = ["经典"]
    return await joined(bot, box, person, {"zh": "login", "en": "key"}[language])


async def card(person: Person, say: Words) -> Message:
    await person.send("/videos")
    listed = await person.until(lambda m: m.find("1") is not None)
    await person.press(listed, "1")
    return await person.until(lambda m: m.find(say("button.edit")) is not None)


async def form(person: Person, say: Words) -> Message:
    await person.press(await card(person, say), say("button.edit"))
    return await person.until(say.starts("video.edit_heading"))


async def filled(person: Person, say: Words, before: Message, field: str, words: str) -> Message:
    """Ask for a field and send words; return the form below them."""
    await person.press(before, say(f"button.edit_{field}"))
    await person.until(say(f"video.ask_{field}"))
    await person.send(words)
    return await person.until(lambda m: m.id != before.id and say("button.save_changes") in str(m))


async def test_every_field_is_asked_only_when_wanted_and_all_are_sent_at_once(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    shown = await form(person, say)
    assert shown.find(say("button.save_changes")) is None, "nothing is new yet"
    shown = await filled(person, say, shown, "title", "New & <b>title</b>")
    shown = await filled(person, say, shown, "tags", "one, 二，three #four, one")
    await person.press(shown, say("button.edit_category"))
    tree = await person.until(say.starts("categories.pick"))
    if tree.find(say("button.up")) is not None:
        await person.press(tree, say("button.up"))
        tree = await person.until(say("categories.top"))
    await person.press(tree, "家庭录像")
    shown = await person.until(lambda m: "家庭录像" in m.text and say("button.save_changes") in str(m))
    assert not await journal.calls("mika", "PUT", PUT)
    await person.press(shown, say("button.save_changes"))
    saved = await person.until(say("video.saved"))
    (sent,) = await journal.calls("mika", "PUT", PUT)
    category = next(c.id for c in box.world.mika.categories.values() if c.name == "家庭录像")
    assert sent.json == {
        "title": "New & <b>title</b>",
        "category_id": category,
        "tags": ["one", "二", "three", "four"],
    }
    assert "New & <b>title</b>" in words_of(saved)
    assert box.world.mika.videos[1].tags == ["one", "二", "three", "four"]


async def test_a_description_can_be_changed_and_emptied(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    shown = await filled(person, say, await form(person, say), "description", "Two\nlines")
    await person.press(shown, say("button.save_changes"))
    saved = await person.until(say("video.saved"))
    assert box.world.mika.videos[1].description == "Two\nlines"
    await person.press(saved, say("button.edit"))
    shown = await person.until(say.starts("video.edit_heading"))
    await person.press(shown, say("button.edit_description"))
    asked = await person.until(say("video.ask_description"))
    await person.press(asked, say("button.leave_empty"))
    shown = await person.until(lambda m: m.find(say("button.save_changes")) is not None)
    await person.press(shown, say("button.save_changes"))
    await person.until(say("video.saved"))
    assert (await journal.calls("mika", "PUT", PUT))[-1].json == {"description": ""}


async def test_what_the_site_says_against_fields_stands_beside_them(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control, journal: Journal
) -> None:
    shown = await filled(person, say, await form(person, say), "tags", ",".join("abcdefghijkl"))
    shown = await filled(person, say, shown, "title", "Better")
    errors = {"title": "标题已被占用", "tags": ["标签最多 10 个"], "quota": "额度不足"}
    body = {"code": 400, "message": "参数错误", "errors": errors}
    await control.fault("mika", PUT, "status", status=400, body=body)
    await person.press(shown, say("button.save_changes"))
    refused = await person.until("⚠️")
    lines = words_of(refused).splitlines()
    title, tags = (
        next(n for n, line in enumerate(lines) if say(f"video.field.{field}") in line)
        for field in ("title", "tags")
    )
    assert lines[title + 1] == "⚠️ 标题已被占用"
    assert lines[tags + 1] == "⚠️ 标签最多 10 个"
    assert any("quota: 额度不足" in line for line in lines)
    # What was typed is not lost, and the next try is judged by the site itself.
    shown = await filled(person, say, refused, "tags", "one")
    assert "标签最多" not in shown.text
    assert "标题已被占用" in shown.text
    await person.press(shown, say("button.save_changes"))
    await person.until(say("video.saved"))
    assert (await journal.calls("mika", "PUT", PUT))[-1].json == {"title": "Better", "tags": ["one"]}


async def test_a_real_refusal_of_a_field(person: Person, say: Words, box: Sandbox, account: Account) -> None:
    shown = await filled(person, say, await form(person, say), "tags", ",".join("abcdefghijkl"))
    await person.press(shown, say("button.save_changes"))
    await person.until("⚠️ 标签最多 10 个")
    assert box.world.mika.videos[1].tags == ["经典"]


async def test_words_that_are_too_long_are_asked_for_again_and_can_be_left(
    person: Person, say: Words, account: Account, journal: Journal
) -> None:
    shown = await form(person, say)
    await person.press(shown, say("button.edit_title"))
    await person.until(say("video.ask_title"))
    await person.send("x" * 300)
    asked = await person.until(say("field.long", most=200))
    await person.press(asked, say("button.cancel"))
    left = await person.until(say.starts("video.edit_heading"))
    assert left.find(say("button.save_changes")) is None
    await person.press(left, say("button.back"))
    await person.until(lambda m: m.find(say("button.watch")) is not None)
    assert not await journal.calls("mika", "PUT", PUT)


async def test_somebody_elses_video_may_not_be_changed(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    account.rights = "reader"
    shown = await filled(person, say, await form(person, say), "title", "Mine")
    await person.press(shown, say("button.save_changes"))
    refused = await person.until(say("video.no_rights"))
    await person.press(refused, say("button.back"))
    kept = await person.until(say.starts("video.edit_heading"))
    assert "Mine" in kept.text


async def test_deleting_asks_first(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    title = box.world.mika.videos[1].title
    shown = await card(person, say)
    await person.press(shown, say("button.delete"))
    asked = await person.until(say("video.delete_final"))
    assert title in words_of(asked)
    await person.press(asked, say("button.cancel"))
    shown = await person.until(lambda m: m.find(say("button.edit")) is not None)
    assert not await journal.calls("mika", "DELETE", PUT)
    await person.press(shown, say("button.delete"))
    asked = await person.until(say("video.delete_final"))
    await person.press(asked, say("button.delete_it"))
    listed = await person.until(lambda m: say("video.deleted", title=title) in words_of(m))
    assert len(await journal.calls("mika", "DELETE", PUT)) == 1
    assert 1 not in box.world.mika.videos
    assert listed.find(say("videos.order.views")) is not None


async def test_one_that_was_deleted_elsewhere(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    title = box.world.mika.videos[1].title
    await person.press(await card(person, say), say("button.delete"))
    asked = await person.until(say("video.delete_final"))
    del box.world.mika.videos[1]
    await person.press(asked, say("button.delete_it"))
    await person.until(lambda m: say("video.was_gone", title=title) in words_of(m))
