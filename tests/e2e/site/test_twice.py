"""Running the site with a finger that slips, over a line that loses answers: nothing is done twice."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account, Category
from tests.driver import Control, Journal, Message, Person
from tests.e2e.accounts.test_accounts import details
from tests.e2e.linking.keyed import link_mika
from tests.e2e.site.test_site import CATEGORIES, SETTINGS, into, named, one, tree
from tests.e2e.videos.mikaways import chosen, joined, words_of
from tests.e2e.words import Words

PROFILE = "/api/user/profile"
OUTER, INNER = "外层", "里层"


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person) -> Account:
    return await joined(bot, box, person, "key")


async def pressed_twice(person: Person, card: Message, label: str) -> None:
    data = str(card.button(label).data)
    await person.press_data(card, data)
    await person.press_data(card, data)


async def test_a_second_press_on_delete_does_not_reach_the_category_above(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    categories = box.world.mika.categories
    categories[900], categories[901] = Category(900, OUTER, 0, 90), Category(901, INNER, 900, 1)
    card = await into(person, say, await tree(person, say), OUTER)
    card = await into(person, say, card, INNER)
    await person.press(card, say("button.delete"))
    asked = await person.until(lambda m: m.find(say("button.delete_it")) is not None)
    since = asked.revision
    await pressed_twice(person, asked, say("button.delete_it"))
    await person.until(lambda m: say("category.deleted", name=INNER) in words_of(m), since=since)
    await person.settled()
    assert [call.path for call in await journal.calls("mika", "DELETE", f"{CATEGORIES}/*")] == [
        f"{CATEGORIES}/901"
    ]
    assert named(box, OUTER).id == 900


async def test_a_category_whose_answer_was_lost_is_not_made_again(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control, journal: Journal
) -> None:
    await person.press(await tree(person, say), say("button.new_category"))
    await person.until(say("category.ask_new"))
    await control.fault("mika", CATEGORIES, "reset_after", method="POST")
    await person.send("短片")
    failed = await person.until(lambda m: m.find(say("button.retry")) is not None)
    since = failed.revision
    await pressed_twice(person, failed, say("button.retry"))
    card = await person.until(lambda m: say("category.there", name="短片") in words_of(m), since=since)
    await person.settled()
    assert len(await journal.calls("mika", "POST", CATEGORIES)) == 1
    assert [c.name for c in box.world.mika.categories.values()].count("短片") == 1
    assert chosen(card, "短片")


async def test_what_did_not_arrive_is_made_by_the_next_press_and_by_no_third(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control, journal: Journal
) -> None:
    await person.press(await tree(person, say), say("button.new_category"))
    await person.until(say("category.ask_new"))
    await control.fault("mika", CATEGORIES, "reset", method="POST")
    await person.send("短片")
    failed = await person.until(lambda m: m.find(say("button.retry")) is not None)
    since = failed.revision
    await pressed_twice(person, failed, say("button.retry"))
    await person.until(lambda m: say("category.created", name="短片") in words_of(m), since=since)
    await person.settled()
    assert [call.json["name"] for call in await journal.calls("mika", "POST", CATEGORIES)] == ["短片", "短片"]


@pytest.mark.parametrize("field", ["nickname", "avatar"])
async def test_a_second_press_does_not_take_the_name_away_again(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, field: str
) -> None:
    await link_mika(person, by_key=True)
    words = {"nickname": "小蜜蜂", "avatar": "/avatars/new.png"}[field]
    await person.press(await details(person, say, "mika"), say(f"button.{field}"))
    await person.until(say(f"mika.ask_{field}"))
    await control.fault("mika", PROFILE, "status", method="PUT", status=500, times=3)
    await person.send(words)
    failed = await person.until(lambda m: m.find(say("button.retry")) is not None, 30)
    since = failed.revision
    await pressed_twice(person, failed, say("button.retry"))
    await person.until(say("mika.changed"), since=since)
    await person.settled()
    assert getattr(box.world.mika.account_of(person.id), field) == words
    assert [call.json for call in await journal.calls("mika", "PUT", PROFILE)] == [{field: words}] * 4


async def test_a_setting_that_was_saved_without_an_answer_is_not_asked_about_again(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control
) -> None:
    card = await one(person, say, "watermark_text")
    await person.press(card, say("button.change"))
    await person.until(lambda m: m.find(say("button.cancel")) is not None)
    await person.send("mine")
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    await control.fault("mika", SETTINGS, "html", method="PUT", after=True, times=3)
    await person.press(asked, say("button.confirm"))
    failed = await person.until(lambda m: m.find(say("button.retry")) is not None, 30)
    await person.press(failed, say("button.retry"))
    told = await person.until(say("site.unchanged"))
    assert say("site.changed_meanwhile") not in told.text
    assert "mine" in told.text
    assert box.world.mika.settings["watermark_text"] == "mine"


async def test_a_category_that_went_without_an_answer_is_gone_and_not_missing(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control
) -> None:
    categories = box.world.mika.categories
    categories[900] = Category(900, OUTER, 0, 90)
    card = await into(person, say, await tree(person, say), OUTER)
    await person.press(card, say("button.delete"))
    asked = await person.until(lambda m: m.find(say("button.delete_it")) is not None)
    await control.fault("mika", f"{CATEGORIES}/900", "html", method="DELETE", after=True)
    await person.press(asked, say("button.delete_it"))
    failed = await person.until(lambda m: m.find(say("button.retry")) is not None, 30)
    assert 900 not in categories
    await person.press(failed, say("button.retry"))
    await person.until(lambda m: say("category.deleted", name=OUTER) in words_of(m))
