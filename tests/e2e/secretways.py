"""The ways through the drive, uploads and the code for another device, with a canary at each step."""

import re

from sandbox.server import Sandbox
from tests.conftest import GROUP
from tests.driver import Control, Message, Person
from tests.e2e.drive.driveways import into, opened, put
from tests.e2e.linking.test_device import code_card, decide
from tests.e2e.upload import uploading
from tests.e2e.words import Words

ZH = Words("zh")
# What lies in the drive, what is sent as a file, and what opens the address that is given.
FILM, SENT, KEYED, ADDRESS_KEY = (
    "canary own 4Kd.mkv",
    "canary sent 9Qx.bin",
    "canary-by-address.bin",
    "cAnaryAddr355",
)
SIGNATURE = re.compile(r"sig=([0-9a-f]{32})")


def address(box: Sandbox) -> str:
    """An address that opens by a key in it, as clouds give them."""
    return uploading.source(box, KEYED, size=150_000, seed="c", access_key=ADDRESS_KEY)


def signatures(message: Message) -> list[str]:
    """What signed addresses on a card's buttons open with."""
    return SIGNATURE.findall(str(message.data))


async def through_the_drive(person: Person, box: Sandbox) -> set[str]:
    """Look at a film in the drive, get it and play it; return the signatures of what was given."""
    put(box, person, FILM, 9_000_000)
    card = await into(person, await opened(person, link=False), FILM, FILM)
    await person.press(card, ZH("button.download"))
    having = await person.until(lambda m: m.id == card.id and bool(signatures(m)))
    await person.press(having, ZH("button.play"))
    playing = await person.until(lambda m: m.id == card.id and len(set(signatures(m))) > 1)
    found = {*signatures(having), *signatures(playing)}
    assert len(found) >= 2, playing.buttons
    return found


async def up_it_goes(person: Person, box: Sandbox, control: Control) -> None:
    """Upload a file and an address with a key in it; the service is out of order between two parts."""
    await control.options(disktop_chunk_bytes=64 * uploading.KIB)
    await control.fault("disktop-upload", "*/u", "html", times=1)
    await person.send_file(SENT, bytes(range(256)) * 600)
    await uploading.done(person, ZH, SENT, timeout=40)
    await person.send(f"/upload {address(box)}")
    await uploading.done(person, ZH, KEYED, timeout=90)
    sent = await person.send(f"/upload {address(box)}", GROUP)
    await person.until(lambda m: m.id > sent.id, chat=GROUP)


async def by_device(person: Person, control: Control) -> None:
    """Link Disk.Top anew with a code; the first one is refused."""
    await control.options(disktop_device_interval=0.2)
    for allow in (False, True):
        card = await code_card(person, ZH)
        await decide(person, str(card.button(ZH("button.device_page")).url), allow=allow)
        end = "✅" if allow else ZH("problem.attempt.denied")
        await person.until(lambda m, card=card, end=end: m.id >= card.id and end in m.text, timeout=30)  # type: ignore[misc]
