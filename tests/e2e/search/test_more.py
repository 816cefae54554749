"""/search: what further sources have under the same words."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.drive.driveways import put, rows_of, words_of
from tests.e2e.ways import TITLE, YEAR, number_of, title
from tests.e2e.words import Words

SEARCH = "/v1/files/search"


def shelf(say: Words, number: int) -> str:
    return say("button.source_hits", service=say("service.disktop"), n=number)


async def test_a_title_card_shows_what_lies_in_the_drive(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    film = TITLE[say.language]
    for ending in ("mkv", "srt"):
        put(box, person, f"Films/{film} 2021.{ending}")
    await linked(person, "disktop")
    card = await title(person, say)
    assert f"🎬 {film} 2021.mkv" in words_of(card)
    (asked,) = await journal.calls("disktop", "GET", SEARCH)
    assert asked.query["q"] == film
    await person.press(card, shelf(say, 2))
    found = await person.until(lambda m: len(rows_of(m)) == 2)
    await person.press(found, say("button.back"))
    again = await person.until(lambda m: m.find(shelf(say, 2)) is not None)
    assert again.id == card.id
    assert len(await journal.calls("disktop", "GET", SEARCH)) == 2, "the way back asks nobody"


async def test_words_no_title_has_may_be_in_the_drive(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    put(box, person, "zq holiday.mp4")
    await linked(person, "disktop")
    await person.send("/search zq holiday")
    card = await person.until(lambda m: "🎬 zq holiday.mp4" in words_of(m))
    await person.press(card, shelf(say, 1))
    await person.until(lambda m: len(rows_of(m)) == 1)


async def test_a_source_in_trouble_hides_nothing_else(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    await linked(person, "disktop")
    await control.fault("disktop", SEARCH, "status", status=500, times=0)
    card = await title(person, say)
    assert say("problem.broken", service=say("service.disktop")) in card.text
    assert card.find(say("button.subscribe")) is not None


async def test_who_has_no_account_there_and_a_group_see_nothing_of_it(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await title(person, say)
    assert card.find(say("service.disktop")) is None
    await linked(person, "disktop")
    put(box, person, f"{TITLE[say.language]}.mkv")
    await journal.forget()
    await person.send(f"/search {TITLE[say.language]}", chat=GROUP)
    listed: Message = await person.until(YEAR, chat=GROUP)
    await person.press(listed, number_of(listed, YEAR))
    await person.until(lambda m: m.find(say("button.private")) is not None, chat=GROUP)
    assert not await journal.calls("disktop", "GET", SEARCH)
