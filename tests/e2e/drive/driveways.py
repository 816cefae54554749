"""Short ways into the drive for tests."""

import re

from sandbox.server import Sandbox
from sandbox.states.drive import Drive, Item
from tests.conftest import linked
from tests.driver import Call, Journal, Message, Person
from tests.e2e.words import Words

LIST = "/v1/files"
MANAGE = "/v1/files/manage"
ROW = re.compile(r"\d+\. ")


def words_of(card: Message) -> str:
    """The text without the joiners that keep names from becoming links."""
    return card.text.replace("\u2060", "")


def rows_of(card: Message) -> list[str]:
    return [line for line in words_of(card).splitlines() if ROW.match(line)]


def drive_of(box: Sandbox, person: Person) -> Drive:
    return box.world.disktop.drive(person.id, box.world.now())


def put(box: Sandbox, person: Person, path: str, size: int = 1000, *, whole: bool = False) -> Item:
    """Put a file (or, with a closing slash, a folder) into the application's folder, or the whole drive."""
    drive, now = drive_of(box, person), box.world.now()
    root = 0 if whole else drive.app_root
    if path.endswith("/"):
        return drive.make_path(root, path, now)
    folder, _, name = path.rpartition("/")
    return drive.add(drive.make_path(root, folder, now).id, name, now, size=size)


def fill(box: Sandbox, person: Person) -> None:
    """A small drive: two folders, films in natural order, a note and a picture."""
    for number in (10, 2, 1):
        put(box, person, f"Films/E{number}.mkv", number * 1024 * 1024)
    put(box, person, "Films/Extras/making of.mp4", 5_000_000)
    put(box, person, "Music/")
    put(box, person, "note.md", 2048)
    put(box, person, "cat.jpg", 300_000)


def names(box: Sandbox, person: Person, path: str = "/") -> list[str]:
    drive = drive_of(box, person)
    folder = drive.at(drive.app_root, path)
    assert folder is not None, path
    return sorted(item.name for item in drive.children(folder.id))


async def opened(person: Person, path: str = "", *, link: bool = True) -> Message:
    if link:
        await linked(person, "disktop")
    await person.send(f"/drive {path}".strip())
    return await person.until(lambda message: "🗂" in message.text)


def numbered(card: Message, words: str) -> str:
    """The label of the button of the row that has the words."""
    row = next(line for line in rows_of(card) if words in line)
    number = row.partition(".")[0]
    return next(b.text for b in card.buttons if b.data and b.text.split()[-1] == number)


async def into(person: Person, card: Message, words: str, expect: str | None = None) -> Message:
    """Press the row's button, and return the card that comes of it."""
    await person.press(card, numbered(card, words))
    return await person.until(lambda message: (expect or words) in words_of(message))


async def marked(person: Person, say: Words, card: Message, *words: str) -> Message:
    await person.press(card, say("button.mark"))
    card = await person.until(say("drive.mark_hint"))
    for word in words:
        await person.press(card, numbered(card, word))
        card = await person.until(lambda m, w=word: any("☑️" in x and w in x for x in rows_of(m)))  # type: ignore[misc]
    return card


async def manage(journal: Journal) -> list[dict[str, str]]:
    return [call.form for call in await managed(journal)]


async def managed(journal: Journal) -> list[Call]:
    return await journal.calls("disktop", "POST", MANAGE)


async def picked(person: Person, say: Words, card: Message, *folders: str) -> Message:
    """Choose a folder in the picker."""
    for folder in folders:
        await person.press(card, numbered(card, folder))
        card = await person.until(lambda m, f=folder: f in m.text and "📂" in m.text)  # type: ignore[misc]
    await person.press(card, say("button.choose_folder"))
    return card
