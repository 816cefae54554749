"""What is chosen of `@bot TITLE` in the private chat opens there; its words are no title to search."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP
from tests.driver import Journal, Message, Person
from tests.e2e import ways
from tests.e2e.check.posts import forward
from tests.e2e.words import Words

DUNE = "t_movie_438631"


async def chosen(person: Person, say: Words, chat: int | None = None) -> Message:
    answer = await person.inline(ways.TITLE[say.language], chat=chat)
    return await person.choose(answer, DUNE, chat)


async def test_a_title_chosen_in_the_private_chat_is_opened(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await chosen(person, say)
    card = await person.until(say("resources.not_linked"))
    assert ways.TITLE[say.language] in card.text
    answers = [m for m in await person.settled() if m.author != person.id]
    assert [m.id for m in answers] == [card.id], "one answer, and nothing that was not found"
    assert len(await journal.calls("tmdb", "GET", "/3/search/multi")) == 1


async def test_a_title_that_is_forwarded_to_the_bot_is_opened(
    bot: House, person: Person, say: Words, laochen: Person, box: Sandbox
) -> None:
    sent = await chosen(laochen, Words("zh"), GROUP)
    names = ("text", "entities", "via_bot", "reply_markup", "link_preview_options")
    forward(box, person, {name: sent.data[name] for name in names if name in sent.data})
    card = await person.until(say("resources.not_linked"))
    assert ways.TITLE[say.language] in card.text, "in the language of who opens it"


async def test_in_a_group_it_is_only_a_message(bot: House, person: Person, say: Words) -> None:
    await chosen(person, say, GROUP)
    assert not [m for m in await person.settled(0.5, GROUP) if m.author != person.id]
    assert not [m for m in await person.messages() if m.author != person.id]
