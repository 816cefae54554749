"""Short ways through the card of a share."""

from sandbox.catalogue.shares import MIB, Node, Share
from sandbox.server import Sandbox
from tests.driver import Message, Person
from tests.e2e.words import Words

FOLDER, LOCKED, SINGLE = "8d2f3a", "c0de12", "51f11e"
CODE = "1234"


def with_label(label: str):  # type: ignore[no-untyped-def]
    return lambda message: message.find(label) is not None


async def listed(person: Person, say: Words, words: str) -> Message:
    """Open a share of several files."""
    await person.send(f"/save https://disk.top/s/{words}")
    return await person.until(with_label(say("button.save_all")))


async def pressed(person: Person, card: Message, label: str, then: str) -> Message:
    """Press a button, and return the card that has another one then."""
    await person.press(card, label)
    return await person.until(with_label(then))


def share_of(box: Sandbox, surl: str, count: int, size: int = MIB) -> Share:
    """Put a share of many files into the stock."""
    nodes = [Node(880_000 + n, f"Film {n:03d}.mkv", size) for n in range(1, count + 1)]
    share = Share(surl, "Many", nodes)
    box.world.catalogue.shares[surl] = share
    return share


def in_drive(box: Sandbox, person: Person) -> set[str]:
    """Return the paths of all files in somebody's drive that are not there from the start."""
    drive = box.world.disktop.drive(person.id, 0.0)
    return {drive.path(item) for item in drive.below(drive.app_root) if not item.is_dir}
