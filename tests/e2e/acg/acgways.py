"""Short ways to ACGBT's cards, and what was asked of ACGBT on the way."""

from bot.wiring import House
from sandbox.catalogue.torrents import Torrent
from sandbox.server import Sandbox
from tests.driver import Call, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

API = "/api/v1"


def newest(box: Sandbox, category: int | None = None) -> list[Torrent]:
    found = [one for one in box.world.acgbt.resources.values() if category in (None, one.category_id)]
    return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)


def pictured(box: Sandbox, count: int = 3, layout: int | None = None) -> Torrent:
    """A resource with a magnet, a torrent file, some pictures, and nothing else that is special."""
    made = next(one for one in box.world.acgbt.resources.values() if one.torrent_file and one.magnet_link)
    made.images = [f"/uploads/images/test{made.id}{n}.png" for n in range(count)]
    made.image_layout = layout or made.image_layout
    return made


async def opened(person: Person, resource: Torrent) -> Message:
    """The card of a resource, as after a deep link."""
    await person.start(f"acg_{resource.id}")
    return await person.until(lambda message: "💾" in message.text or "🌱" in message.text)


async def comments(person: Person, say: Words, resource: Torrent) -> Message:
    """The card of a resource's comments."""
    card = await opened(person, resource)
    await person.press(card, say("acg.button.comments"))
    return await person.until(lambda message: message.find(say("acg.button.write")) is not None)


async def made(journal: Journal, method: str, path: str) -> list[Call]:
    """What was asked of ACGBT."""
    return await journal.calls("acgbt", method, f"{API}{path}")


def signed(call: Call) -> bool:
    return "x-signature" in call.headers and "x-api-secret" not in call.headers


async def later(house: House, clock: Hurried, seconds: float) -> None:
    """Let time pass for the bot, and have it look at the clock."""
    clock.forward(seconds)
    house.db.wake("jobs")


async def at_rest(house: House) -> None:
    """Wait until rounds, looks and notices are done."""
    for runner in (house.follows, house.watch, house.jobs, house.follows, house.watch, house.jobs):
        await runner.idle()
