"""Ways of following titles: time that passes, new resources, and the messages they bring."""

from bot.wiring import House
from tests.conftest import GROUP
from tests.driver import Control, Journal, Message, Person
from tests.e2e import ways
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

LOOKS = "/api/open/resources/movie/438631"
INTERVAL = 900.0


async def later(house: House, clock: Hurried, seconds: float = INTERVAL + 5) -> None:
    """Let time pass for the bot, and have it look at the clock."""
    clock.forward(seconds)
    house.db.wake("jobs")


async def quiet_rounds(house: House) -> None:
    """Wait until the rounds and what they ask for are done."""
    for runner in (house.follows, house.jobs, house.follows):
        await runner.idle()


async def begun(person: Person, say: Words) -> Message:
    """Follow a film from its title card."""
    card = await ways.title(person, say)
    await person.press(card, say("button.subscribe"))
    return await person.until(begin_words(say))


def begin_words(say: Words) -> str:
    """The words that say that something is followed from now on."""
    return say("subscribe.begun", icon="", title="").splitlines()[-1]


async def appear(control: Control, **facts: object) -> str:
    wanted: dict[str, object] = {"drive": "quark", "unlock_points": 3, **facts}
    (slug,) = await control.appear(*ways.DUNE, **wanted)  # type: ignore[arg-type]
    return slug


async def looks(journal: Journal) -> int:
    return len(await journal.calls("hdhive", "GET", LOOKS))


async def group_messages(person: Person, words: str) -> list[Message]:
    return [message for message in await person.messages(GROUP) if words in message.text]


async def choose_drives(person: Person, say: Words, card: Message) -> Message:
    await person.press(card, say("subscribe.button.drives"))
    choices = await person.until(say("subscribe.ask.drives"))
    await person.press(choices, say("drive.115"))
    marked = await person.until(lambda m: m.find("✓ 115") is not None)
    await person.press(marked, say("drive.115"))
    await person.until(lambda m: m.find("✓ 115") is None)
    await person.press(None, say("drive.quark"))
    await person.until(lambda m: m.find(f"✓ {say('drive.quark')}") is not None)
    await person.press(None, say("subscribe.button.done"))
    return await person.until(say("subscribe.filter.drives", values=say("drive.quark")))


async def choose_price(person: Person, say: Words, card: Message) -> Message:
    await person.press(card, say("subscribe.button.price"))
    await person.press(await person.until(say("subscribe.ask.price")), say("subscribe.at_most", points=5))
    await person.press(None, say("subscribe.button.type"))
    await person.until(say("subscribe.type.price"))
    await person.send("?")
    await person.until(say("subscribe.odd_price"))
    await person.press(None, say("subscribe.button.type"))
    await person.until(say("subscribe.type.price"))
    await person.send("4")
    await person.press(await person.until(say("subscribe.ask.price")), say("subscribe.button.done"))
    return await person.until(say("subscribe.filter.price", points=4))


def said_words(say: Words, which: str, typed: str) -> str:
    """The line of a filter of words that were typed with commas between."""
    return say(f"subscribe.filter.{which}", values=say("list.and").join(typed.split(", ")))


async def choose_quality_and_words(person: Person, say: Words, card: Message) -> None:
    await person.press(card, say("subscribe.button.quality"))
    await person.press(await person.until(say("subscribe.ask.quality")), "4K")
    await person.press(await person.until(lambda m: m.find("✓ 4K") is not None), say("subscribe.button.done"))
    await person.press(None, say("subscribe.button.words"))
    await person.until(say("subscribe.ask.words"))
    for button, question, words in (
        ("include", "subscribe.type.include", "remux, 国语"),
        ("exclude", "subscribe.type.exclude", "CAM"),
    ):
        await person.press(None, say(f"subscribe.button.{button}"))
        await person.until(say(question))
        await person.send(words)
        await person.until(said_words(say, button, words))
