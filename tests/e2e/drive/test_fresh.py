"""What an upload or a save brought lies in the drive's card at once, however lately its folder was read."""

import pytest

from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Message, Person
from tests.e2e.drive import driveways
from tests.e2e.shares.sharecard import SINGLE, with_label
from tests.e2e.upload import uploading
from tests.e2e.words import Words

pytestmark = pytest.mark.usefixtures("bot")


async def looked(person: Person, say: Words, card: Message) -> str:
    """What an open card of the drive says after a look into a folder and back."""
    inside = await driveways.into(person, card, "Music")
    await person.press(inside, say("button.up"))
    back = await person.until(lambda message: any("Music" in row for row in driveways.rows_of(message)))
    return driveways.words_of(back)


async def opened(person: Person, box: Sandbox) -> Message:
    driveways.put(box, person, "Music/")
    return await driveways.opened(person, link=False)


async def test_an_upload_is_there_at_once(person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "disktop")
    card = await opened(person, box)
    await person.send(f"/upload {uploading.source(box, size=1000, seed='fresh')}")
    await uploading.done(person, say, "film.mkv")
    assert "film.mkv" in await looked(person, say, card)


async def test_an_instant_upload_is_there_at_once(person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "disktop")
    await person.send(f"/upload {uploading.source(box, 'one.mkv', size=1000, seed='same')}")
    await uploading.done(person, say, "one.mkv")
    card = await opened(person, box)
    await person.send(f"/upload {uploading.source(box, 'two.mkv', size=1000, seed='same')}")
    await uploading.done(person, say, "two.mkv")
    assert "two.mkv" in await looked(person, say, card)


async def test_a_save_is_there_at_once(person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "disktop")
    card = await opened(person, box)
    (film,) = box.world.catalogue.shares[SINGLE].nodes
    await person.send(f"/save https://disk.top/s/{SINGLE}")
    share = await person.until(with_label(say("button.play_shared")))
    await person.press(share, say("button.save"))
    await person.until(say.starts("save.done"))
    assert film.name in await looked(person, say, card)
