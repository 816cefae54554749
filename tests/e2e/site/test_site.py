"""The site for whoever runs it: its categories and its settings, and nothing of it for anybody else."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account, Category
from tests.driver import Call, Control, Journal, Message, Person
from tests.e2e.videos.mikaways import chosen, joined, signed_in, words_of
from tests.e2e.words import Words

CATEGORIES, SETTINGS = "/api/admin/categories", "/api/admin/settings"
WAYS = {"zh": "login", "en": "key"}


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person, language: str) -> Account:
    return await joined(bot, box, person, WAYS[language])


async def site(person: Person, say: Words) -> Message:
    await person.send("/videos")
    listed = await person.until(lambda m: m.find(say("button.run_site")) is not None)
    await person.press(listed, say("button.run_site"))
    return await person.until(lambda m: m.find(say("button.site_settings")) is not None)


async def tree(person: Person, say: Words) -> Message:
    await person.press(await site(person, say), say("button.categories"))
    return await person.until(lambda m: m.find(say("button.new_category")) is not None)


async def into(person: Person, say: Words, card: Message, name: str) -> Message:
    await person.press(card, chosen(card, name))
    return await person.until(lambda m: m.find(say("button.earlier")) is not None and name in m.text)


async def one(person: Person, say: Words, name: str) -> Message:
    """Return the card of one setting."""
    await person.press(await site(person, say), say("button.site_settings"))
    listed = await person.until(lambda m: name in words_of(m))
    await person.press(listed, chosen(listed, name))
    return await person.until(lambda m: say("site.setting", name=name) in words_of(m))


def named(box: Sandbox, name: str) -> Category:
    return next(c for c in box.world.mika.categories.values() if c.name == name)


def by(account: Account, language: str, *calls: Call) -> bool:
    return bool(calls) and all(signed_in(call, account) == WAYS[language] for call in calls)


async def test_a_new_category_at_the_top_and_below_another(
    person: Person, say: Words, box: Sandbox, account: Account, language: str, journal: Journal
) -> None:
    card = await tree(person, say)
    await person.press(card, say("button.new_category"))
    await person.until(say("category.ask_new"))
    await person.send("短片")
    card = await person.until(lambda m: say("category.created", name="短片") in words_of(m))
    (first,) = await journal.calls("mika", "POST", CATEGORIES)
    assert first.json == {"name": "短片", "parent_id": 0, "sort": 6}
    card = await into(person, say, card, "短片")
    await person.press(card, say("button.new_category"))
    await person.until(say("category.ask_new"))
    await person.send("广告")
    card = await person.until(lambda m: say("category.created", name="广告") in words_of(m))
    second = (await journal.calls("mika", "POST", CATEGORIES))[-1]
    assert second.json == {"name": "广告", "parent_id": named(box, "短片").id, "sort": 1}
    assert by(account, language, first, second)
    assert "1. 广告" in words_of(card)


async def test_what_the_site_says_against_a_name(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    await person.press(await tree(person, say), say("button.new_category"))
    await person.until(say("category.ask_new"))
    await person.send("长" * 40)
    await person.until("⚠️ 分类名称长度为 1 到 30 个字")
    assert not any(c.name.startswith("长长") for c in box.world.mika.categories.values())


async def test_another_name(
    person: Person, say: Words, box: Sandbox, account: Account, language: str, journal: Journal
) -> None:
    category = named(box, "纪录片")
    card = await into(person, say, await tree(person, say), "纪录片")
    await person.press(card, say("button.rename"))
    await person.until(say("category.ask_name", name="纪录片"))
    await person.send("纪实")
    await person.until(lambda m: say("category.renamed", old="纪录片", name="纪实") in words_of(m))
    (sent,) = await journal.calls("mika", "PUT", f"{CATEGORIES}/{category.id}")
    assert sent.json == {"name": "纪实", "sort": category.sort}
    assert by(account, language, sent)


async def test_one_place_earlier_and_later(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    card = await into(person, say, await tree(person, say), "电视剧")
    await person.press(card, say("button.earlier"))
    card = await person.until(lambda m: say("category.moved_up", name="电视剧") in words_of(m))
    assert (named(box, "电视剧").sort, named(box, "电影").sort) == (1, 2)
    assert len(await journal.calls("mika", "PUT", f"{CATEGORIES}/*")) == 2
    await person.press(card, say("button.later"))
    await person.until(lambda m: say("category.moved_down", name="电视剧") in words_of(m))
    assert (named(box, "电视剧").sort, named(box, "电影").sort) == (2, 1)


async def test_neighbours_with_the_same_number_get_numbers_of_their_own(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    for category in box.world.mika.categories.values():
        category.sort = 0
    card = await into(person, say, await tree(person, say), "动漫")
    await person.press(card, say("button.earlier"))
    await person.until(lambda m: say("category.moved_up", name="动漫") in words_of(m))
    top = sorted((c for c in box.world.mika.categories.values() if not c.parent), key=lambda c: c.sort)
    assert [c.name for c in top] == ["电影", "动漫", "电视剧", "纪录片", "家庭录像"]


async def test_deleting_a_category_asks_and_may_be_refused(
    person: Person, say: Words, box: Sandbox, account: Account, language: str, journal: Journal
) -> None:
    parent = named(box, "电影")
    card = await into(person, say, await tree(person, say), "电影")
    await person.press(card, say("button.delete"))
    asked = await person.until(lambda m: say("category.delete_ask", name="电影") in words_of(m))
    assert say("category.delete_below", n=3) in asked.text
    await person.press(asked, say("button.delete_it"))
    await person.until("⚠️ 请先删除下级分类")
    (sent,) = await journal.calls("mika", "DELETE", f"{CATEGORIES}/{parent.id}")
    assert by(account, language, sent)
    assert named(box, "电影") is parent


async def test_deleting_an_empty_category(person: Person, say: Words, box: Sandbox, account: Account) -> None:
    home = named(box, "家庭录像")
    for video in box.world.mika.videos.values():
        if video.category == home.id:
            video.category = named(box, "动漫").id
    card = await into(person, say, await tree(person, say), "家庭录像")
    await person.press(card, say("button.delete"))
    asked = await person.until(lambda m: m.find(say("button.delete_it")) is not None)
    await person.press(asked, say("button.cancel"))
    card = await person.until(lambda m: m.find(say("button.earlier")) is not None)
    await person.press(card, say("button.delete"))
    asked = await person.until(lambda m: m.find(say("button.delete_it")) is not None)
    await person.press(asked, say("button.delete_it"))
    await person.until(lambda m: say("category.deleted", name="家庭录像") in words_of(m))
    assert home.id not in box.world.mika.categories


async def test_a_setting_is_shown_asked_for_and_confirmed(
    person: Person, say: Words, box: Sandbox, account: Account, language: str, journal: Journal
) -> None:
    card = await one(person, say, "site_name")
    assert "米卡云转码" in card.text
    await person.press(card, say("button.change"))
    await person.until(lambda m: m.find(say("button.copy_old")) is not None)
    await person.send("新站点 & <b>x</b>")
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    assert "米卡云转码" in asked.text
    assert "新站点 & <b>x</b>" in words_of(asked)
    assert not await journal.calls("mika", "PUT", SETTINGS)
    await person.press(asked, say("button.confirm"))
    await person.until(lambda m: say("site.setting_saved", name="site_name") in words_of(m))
    (sent,) = await journal.calls("mika", "PUT", SETTINGS)
    assert sent.json == {"site_name": "新站点 & <b>x</b>"}
    assert by(account, language, sent, *await journal.calls("mika", "GET", SETTINGS))


async def test_a_setting_keeps_its_kind(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    card = await one(person, say, "transcode_concurrency")
    await person.press(card, say("button.change"))
    await person.until(lambda m: m.find(say("button.copy_old")) is not None)
    await person.send("many")
    wrong = await person.until(say("site.unfit.int"))
    await person.press(wrong, say("button.change"))
    await person.until(lambda m: m.find(say("button.copy_old")) is not None)
    await person.send("4")
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    await person.press(asked, say("button.confirm"))
    await person.until(lambda m: say("site.setting_saved", name="transcode_concurrency") in words_of(m))
    assert (await journal.calls("mika", "PUT", SETTINGS))[-1].json == {"transcode_concurrency": 4}


async def test_a_switch_is_turned_by_a_button(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    card = await one(person, say, "allow_register")
    await person.press(card, say("button.switch_off"))
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    await person.press(asked, say("button.cancel"))
    card = await person.until(lambda m: m.find(say("button.switch_off")) is not None)
    await person.press(card, say("button.switch_off"))
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    await person.press(asked, say("button.confirm"))
    await person.until(lambda m: say("site.setting_saved", name="allow_register") in words_of(m))
    assert (await journal.calls("mika", "PUT", SETTINGS))[-1].json == {"allow_register": False}


async def test_what_the_site_says_against_a_value(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    card = await one(person, say, "site_url")
    await person.press(card, say("button.change"))
    await person.until(lambda m: m.find(say("button.copy_old")) is not None)
    await person.send("nowhere")
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    await person.press(asked, say("button.confirm"))
    await person.until("⚠️ 站点地址必须以")
    assert box.world.mika.settings["site_url"] == "https://mika.example.com"


async def test_a_setting_that_changed_meanwhile_is_asked_about_again(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    card = await one(person, say, "watermark_text")
    await person.press(card, say("button.change"))
    await person.until(
        lambda m: say.starts("site.ask_value") in m.text and m.find(say("button.cancel")) is not None
    )
    await person.send("mine")
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    box.world.mika.settings["watermark_text"] = "theirs"
    await person.press(asked, say("button.confirm"))
    again = await person.until(say("site.changed_meanwhile"))
    assert "theirs" in again.text
    assert not await journal.calls("mika", "PUT", SETTINGS)
    await person.press(again, say("button.confirm"))
    await person.until(lambda m: say("site.setting_saved", name="watermark_text") in words_of(m))
    assert box.world.mika.settings["watermark_text"] == "mine"


async def test_secrets_stay_at_the_site(person: Person, say: Words, box: Sandbox, account: Account) -> None:
    box.world.mika.settings["smtp_password"] = "hunter2-secret"
    await person.press(await site(person, say), say("button.site_settings"))
    await person.press(await person.until(lambda m: "site_name" in words_of(m)), say("button.next"))
    listed = await person.until(lambda m: "smtp_password" in words_of(m))
    await person.press(listed, "9")
    card = await person.until(lambda m: say("site.setting", name="smtp_password") in words_of(m))
    assert say("site.secret") in card.text
    assert card.find(say("button.change")) is None
    assert not any("hunter2" in m.text for m in await person.messages())


async def test_who_may_not_run_the_site_does_not_see_it(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    account.rights = "member"
    await person.send("/videos")
    listed = await person.until(lambda m: m.find(say("videos.order.views")) is not None)
    assert listed.find(say("button.run_site")) is None
    await person.press(listed, say("videos.order.views"))
    await person.until(lambda m: f"● {say('videos.order.views')}" in [b.text for b in m.buttons])
    asked = await journal.calls("mika", "GET", "/api/admin/*")
    assert len(asked) == 1, "what an answer said of somebody's rights is remembered"


async def test_rights_that_were_taken_are_told_of_and_hide_it(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    card = await site(person, say)
    account.rights = "member"
    await person.press(card, say("button.site_settings"))
    await person.until(say("video.no_rights"))
    await person.send("/videos")
    listed = await person.until(lambda m: m.find(say("videos.order.views")) is not None)
    assert listed.find(say("button.run_site")) is None


async def test_a_site_in_trouble_says_so_on_the_card(
    person: Person, say: Words, account: Account, control: Control
) -> None:
    card = await site(person, say)
    await control.fault("mika", SETTINGS, "status", status=500, times=0)
    await person.press(card, say("button.site_settings"))
    told = await person.until(say("problem.broken", service=say("service.mika")))
    await control.mend()
    await person.press(told, say("button.retry"))
    await person.until(lambda m: "site_name" in words_of(m))


async def test_from_the_site_to_its_numbers_and_tasks(person: Person, say: Words, account: Account) -> None:
    await person.press(await site(person, say), say("button.site_stats"))
    await person.until(lambda m: m.has_photo, 60)
    await person.press(await site(person, say), say("button.site_tasks"))
    await person.until(lambda m: m.find(say("transcode.kind.failed")) is not None)
