"""Sending pictures to a draft, and looking at them where everybody sees them."""

import asyncio
import io
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from PIL import Image

from tests.driver import Journal, Message, Person
from tests.e2e.words import Words

SITE = "https://bot.example.org"
PLACE = b"canary-of-the-camera"
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
