"""Short ways for tests of uploads: sources, the card of an upload, and what arrived."""

from hashlib import md5
from urllib.parse import urlencode

from sandbox.server import Sandbox
from sandbox.source import content
from sandbox.states.drive import Item
from tests.driver import Message, Person
from tests.e2e.words import Words

KIB, MIB = 1024, 1024 * 1024
WIDE = 60


def source(box: Sandbox, name: str = "film.mkv", **how: object) -> str:
    """The address of a file on the sandbox's source server."""
    return f"{box.url}/files/{name}?{urlencode(how)}"


def hash_of(size: int, seed: str) -> str:
    """The md5 of a file of the source server."""
    return content(size, seed).md5


def digest(data: bytes) -> str:
    return md5(data).hexdigest()


def stored(box: Sandbox, person: Person, name: str) -> Item | None:
    """The file of this name in somebody's drive."""
    drive = box.world.disktop.drive(person.id, 0.0)
    return next((item for item in drive.below(drive.app_root) if item.name == name), None)


async def started(person: Person, say: Words, words: str) -> Message:
    """Send a command and return the card of the upload it begins."""
    await person.send(words)
    return await person.until(lambda message: message.find(say("button.cancel")) is not None)


async def done(person: Person, say: Words, name: str, timeout: float = 20) -> Message:
    """Wait for an upload's good end."""
    return await tells(person, say("upload.done", name=name), timeout)


async def failed(person: Person, say: Words, name: str, timeout: float = 20) -> Message:
    """Wait for an upload's bad end."""
    return await tells(person, say("upload.failed", name=name), timeout)


async def tells(person: Person, words: str, timeout: float = 20) -> Message:
    """Wait for a message with the words, at any time; names are kept from becoming links by joiners."""
    return await person.until(lambda message: words in plain(message), timeout, since=0)


def plain(message: Message) -> str:
    """A message's words without the joiners in them."""
    return message.text.replace("\u2060", "")
