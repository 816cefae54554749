"""Sending pictures to a draft, and looking at them where everybody sees them."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from PIL import Image

from bot.wiring import House
from sandbox.server import Sandbox
from storage import pictures as table
from tests.conftest import Start
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.publish.publishing import MAGNET, asks, to_pictures, with_key
from tests.e2e.words import Words

SITE = "https://bot.example.org"
PLACE = b"canary-of-the-camera"
# Many pictures take a busy machine a while.
WAIT = 60.0
COLOURS = tuple((20 + 24 * n, 230 - 20 * n, 60 + 13 * (n * 7 % 11)) for n in range(10))


def photo(number: int = 0, size: tuple[int, int] = (480, 320), kind: str = "JPEG", **more: Any) -> bytes:
    """A picture in a colour of its own; a JPEG tells of its camera, and lies on its side."""
    out = io.BytesIO()
    if kind == "JPEG":
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, PLACE.decode()
        more = {"exif": exif, "comment": PLACE, **more}
    Image.new("RGB", size, COLOURS[number]).save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """A picture as a browser would open it."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def number_of(data: bytes) -> int:
    """Which of the pictures it is, by its colour."""
    image = opened(data)
    seen: Any = image.getpixel((image.width // 2, image.height // 2))
    return min(range(10), key=lambda n: sum(abs(a - b) for a, b in zip(COLOURS[n], seen, strict=True)))


async def look(
    port: int, address: str, method: str = "GET", **headers: str
) -> tuple[aiohttp.ClientResponse, bytes]:
    """Open an address of the public site at the web server that stands behind it."""
    url = f"http://127.0.0.1:{port}{urlsplit(address).path}"
    async with aiohttp.ClientSession() as http, http.request(method, url, headers=headers) as answer:
        return answer, await answer.read()


async def goes(port: int, *addresses: str) -> None:
    """Wait until there is nothing at some addresses any more."""
    deadline = time.monotonic() + 10
    while left := [one for one in addresses if (await look(port, one))[0].status != 404]:
        assert time.monotonic() < deadline, left
        await asyncio.sleep(0.02)


def links_of(card: Message) -> list[str]:
    """The addresses of the sent pictures that a card shows."""
    return [link for link in card.links if link.startswith(f"{SITE}/pictures/")]


def counts(say: Words, number: int) -> Any:
    """Whether a card tells so many pictures."""
    words = {"zh": f"{number} 张图片", "en": f"{number} picture{'s' if number > 1 else ''}"}[say.language]
    return lambda message: f"🖼 {words}" in message.text


async def send_album(person: Person, pictures: Sequence[bytes], name: str, **more: Any) -> None:
    for data in pictures:
        await person.send_photo(data, album=name, **more)


async def the_card(person: Person, words: str) -> Message:
    """The one card that says something, once those before it are gone."""
    deadline = time.monotonic() + 10
    while len(found := [one for one in await person.messages() if words in one.text]) != 1:
        assert time.monotonic() < deadline, f"{len(found)} cards say {words!r}"
        await asyncio.sleep(0.02)
    return found[0]


async def sent_images(journal: Journal) -> list[str]:
    """The picture links of what was published, as they went over the wire."""
    (call,) = await journal.calls("acgbt", "POST", "/api/v1/publish")
    assert isinstance(call.json, dict)
    return [str(one) for one in call.json.get("images", [])]


@pytest.fixture
async def bot(
    start: Start, control: Control, clock: Hurried, box: Sandbox, person: Person
) -> AsyncIterator[House]:
    await control.telegram("options", limits=False)
    async with start(clock=clock, public_url=SITE) as house:
        await with_key(house, box, person)
        yield house


async def kept(house: House, person: Person) -> int:
    return (await house.db.read(lambda tx: table.kept(tx, person.id))).number


async def on_to_preview(person: Person, say: Words) -> None:
    """From the question for pictures on to the whole draft."""
    await person.press(None, say("button.done"))
    if (await person.last()).find(say("publish.button.layout.2")):
        await person.press(None, say("publish.button.layout.2"))
    await person.until(asks(say, "link"))
    await person.send(MAGNET)
    await person.until(lambda m: m.find(say("button.publish")) is not None)


async def publish(person: Person, say: Words) -> None:
    await person.press(None, say("button.publish"))
    await person.until(say.starts("publish.done_number"))


async def with_one(person: Person, say: Words, number: int = 0) -> str:
    """Send a draft its first picture; returns the address it lies at."""
    await to_pictures(person, say)
    await person.send_photo(photo(number))
    (address,) = links_of(await person.until(counts(say, 1)))
    return address
