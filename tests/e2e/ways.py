"""Short ways to where a test begins."""

from sandbox.catalogue.resources import Resource
from sandbox.server import Sandbox
from tests.driver import Message, Person
from tests.e2e.words import Words

DUNE = ("movie", 438631)
TITLE = {"zh": "沙丘", "en": "Dune"}
YEAR = "2021"


def number_of(card: Message, words: str) -> str:
    """The number of the row that has the words."""
    row = next(line for line in card.text.splitlines() if words in line)
    return row.partition(".")[0]


async def titles(person: Person, say: Words) -> Message:
    """Search, and return the list of titles."""
    await person.send(TITLE[say.language])
    return await person.until(YEAR)


async def title(person: Person, say: Words) -> Message:
    """Return the card of one title."""
    listed = await titles(person, say)
    await person.press(listed, number_of(listed, YEAR))
    return await person.until(lambda message: message.find(say("button.back")) is not None)


def resource(box: Sandbox, pan_type: str, points: int) -> Resource:
    """A resource of Dune, which has a bit of everything and belongs to nobody."""
    found = box.world.catalogue.of_title(*DUNE)
    return next(r for r in found if (r.pan_type, r.unlock_points) == (pan_type, points))


async def asked(person: Person, say: Words, slug: str) -> Message:
    """Go to the question whether to pay for a resource."""
    await person.send(f"/unlock {slug}")
    facts = await person.until(lambda message: message.find(say("button.unlock")) is not None)
    await person.press(facts, say("button.unlock"))
    return await person.until(lambda message: message.find(say("button.confirm")) is not None)
