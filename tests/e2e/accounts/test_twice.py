"""ACGBT's keys by somebody who presses twice, or whose link is gone: no second key, and no lost secret."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Person
from tests.e2e.accounts.test_accounts import keys_card, stored
from tests.e2e.linking.keyed import acgbt_of, link_acgbt
from tests.e2e.publish.publishing import with_key
from tests.e2e.site.test_twice import pressed_twice
from tests.e2e.words import Words

KEYS = "*/user/keys"


async def test_a_second_press_makes_no_second_key_over_the_first_ones_secret(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    await person.press(await keys_card(person, say), say("button.new_key"))
    draft = await person.until(say("acgbt.new_key"))
    since = draft.revision
    await pressed_twice(person, draft, say("button.make_key"))
    await person.until(lambda m: m.find(say("button.copy_secret")) is not None, since=since)
    await person.settled()
    assert len(await journal.calls("acgbt", "POST", KEYS)) == 1
    made = list(box.world.acgbt.keys.values())[-1]
    assert (await person.last()).button(say("button.copy_secret")).copies == made.secret


async def test_a_second_press_replaces_no_key_that_was_just_made(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    first = acgbt_of(box, person.id)
    card = await keys_card(person, say)
    since = card.revision
    await pressed_twice(person, card, say("button.rotate"))
    told = await person.until(say.starts("acgbt.rotated"), since=since)
    await person.settled()
    assert len(await journal.calls("acgbt", "POST", KEYS)) == 1
    assert first.key[-4:] in told.text, "the one that still has to be deleted"
    assert told.find(say("button.rotate")) is None
    assert (await stored(bot, person, "acgbt")).access_token == list(box.world.acgbt.keys)[-1]


async def test_a_new_key_that_could_not_be_tried_is_told_of_and_not_made_again(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await link_acgbt(person)
    old = await stored(bot, person, "acgbt")
    card = await keys_card(person, say)
    await control.fault("acgbt", "*/user/profile", "retry_after", retry_after=60)
    await person.press(card, say("button.rotate"))
    told = await person.until(say("acgbt.doubt"), timeout=30)
    assert told.find(say("button.retry")) is None
    assert len(await journal.calls("acgbt", "POST", KEYS)) == 1
    assert (await stored(bot, person, "acgbt")).access_token == old.access_token


async def test_a_draft_goes_on_after_the_account_was_linked_again(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    await person.press(await keys_card(person, say), say("button.new_key"))
    draft = await person.until(say("acgbt.new_key"))
    await bot.services.linking.unlink(person.id, "acgbt")
    await person.press(draft, say("button.make_key"))
    told = await person.until(lambda m: m.find(say("button.retry")) is not None)
    assert told.find(say("button.link", service="ACGBT")) is not None
    await with_key(bot, box, person)
    await person.press(told, say("button.retry"))
    await person.until(lambda m: m.find(say("button.copy_secret")) is not None)
    assert len(await journal.calls("acgbt", "POST", KEYS)) == 1
