"""Questions on a card: those of an older version, and answers that are none."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from storage import cards, dialogs
from tests.conftest import linked
from tests.driver import Message, Person
from tests.e2e import ways
from tests.e2e.acg.acgways import comments, pictured
from tests.e2e.drive.driveways import fill, opened
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.shares.sharecard import FOLDER, listed
from tests.e2e.words import Words


@pytest.fixture
async def asked(bot: House, person: Person, say: Words, box: Sandbox) -> Message:
    fill(box, person)
    await person.press(await opened(person), say("button.new_folder"))
    return await person.until(say.starts("folders.ask_name").splitlines()[0])


async def age(bot: House, card_id: str) -> None:
    """Make a question on a card one of a version whose kinds of cards and questions are gone."""
    db, now = bot.services.db, bot.services.clock.now()
    card = await db.read(lambda tx: cards.get(tx, card_id))
    assert card is not None
    user, chat, version = card.owner_id, card.chat_id, card.version
    await db.write(lambda tx: cards.update(tx, card_id, version, route="gone", state={"kind": "x"}, now=now))
    state = {"card_id": card_id}
    await db.write(lambda tx: dialogs.ask(tx, user, chat, "gone.words", state, expires_at=now + 600))


async def test_one_of_an_older_version_is_answered_kindly(
    bot: House, person: Person, say: Words, asked: Message
) -> None:
    await linked(person, "hdhive")
    await age(bot, str(asked.button(say("button.cancel")).data).partition(":")[0])
    assert (await person.press(asked, say("button.cancel"))).text == say("card.old")
    # What was asked is not known any more: the words are taken like any others, for a search.
    await person.send("沙丘")
    await person.until(ways.YEAR)


@pytest.mark.parametrize(
    ("name", "key"),
    [("字" * 90, "field.name_long"), ("a\\b", "field.name_slash"), (".", "field.name_odd")],
)
async def test_names_that_no_drive_takes(
    person: Person, say: Words, asked: Message, name: str, key: str
) -> None:
    await person.send(name)
    again = await person.until(say(key, most=200))
    assert say.starts("folders.ask_name").splitlines()[0] in again.text


async def left(person: Person, say: Words, card: Message, question: str, label: str) -> None:
    """Send /cancel, and find the card as it was before it asked."""
    await person.send("/cancel")
    await person.until(say("cancel.done"))
    shown = {message.id: message for message in await person.settled()}[card.id]
    assert shown.find(label) is not None
    assert question not in shown.text


async def test_a_question_that_is_left_gives_the_card_back(
    person: Person, say: Words, asked: Message
) -> None:
    question = say.starts("folders.ask_name").splitlines()[0]
    await left(person, say, asked, question, say("button.new_folder"))


async def test_a_setting_that_is_not_typed_after_all(bot: House, person: Person, say: Words) -> None:
    await person.send("/checkin auto")
    label, question = say("settings.checkin.time_button"), say("settings.checkin.time_ask")
    await person.press(await person.until(lambda message: message.find(label) is not None), label)
    await left(person, say, await person.until(question), question, label)


async def test_a_share_that_is_not_searched_after_all(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    label, question = say("button.pattern"), say("save.ask_pattern").splitlines()[0]
    await person.press(await listed(person, say, FOLDER), label)
    await left(person, say, await person.until(question), question, label)


async def test_a_comment_that_is_not_written_after_all(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await link_acgbt(person)
    card = await comments(person, say, pictured(box, count=0))
    label, question = say("acg.button.write"), say("acg.write_most", most=1000)
    await person.press(card, label)
    await left(person, say, await person.until(question), question, label)
