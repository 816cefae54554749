"""Pictures of strangers made plain: upright, small, and with nothing in them that tells of anybody."""

import io
import random
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw

from services import stills
from services.stills import BadPicture

CANARY = b"canary-of-the-camera"
RED, BLUE = (220, 20, 20), (20, 20, 220)


def halves(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that is red on its left and blue on its right."""
    image = Image.new("RGB", (width, height), BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height), RED)
    return image.convert(mode)


def saved(image: Image.Image, kind: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    image.load()
    return image


def segments(data: bytes) -> Iterator[int]:
    """The markers of a JPEG up to its picture."""
    at = 2
    while data[at + 1] != 0xDA:
        yield data[at + 1]
        at += 2 + int.from_bytes(data[at + 2 : at + 4])


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(pixel, colour, strict=True))


async def fault(data: bytes) -> str:
    with pytest.raises(BadPicture) as caught:
        await stills.jpeg(data)
    return caught.value.fault


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ((4000, 3000), (1600, 1200)),
        ((900, 3600), (400, 1600)),
        ((1600, 1600), (1600, 1600)),
        ((40, 20), (40, 20)),
    ],
)
async def test_no_side_is_longer_than_it_may_be(size: tuple[int, int], made: tuple[int, int]) -> None:
    for kind in ("JPEG", "PNG"):
        assert opened(await stills.jpeg(saved(halves(*size), kind))).size == made


async def test_it_is_turned_upright_and_tells_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 49.0)
    more: dict[str, Any] = {"comment": CANARY, "xmp": b"<x:xmpmeta>" + CANARY, "icc_profile": CANARY * 10}
    before = saved(halves(800, 400), exif=exif, **more)
    assert before.count(CANARY) >= 4
    after = await stills.jpeg(before)
    image = opened(after)
    assert image.size == (400, 800)
    assert near(image.getpixel((200, 100)), RED)
    assert near(image.getpixel((200, 700)), BLUE)
    assert CANARY not in after
    assert not image.getexif()
    # Its kind, its tables and its size: no notes of cameras (APP1 and others), no words (COM).
    assert set(segments(after)) <= {0xE0, 0xDB, 0xC0, 0xC2, 0xC4}


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "1", "RGBA", "LA", "I;16"])
async def test_every_way_colours_are_written(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("I;16", (64, 32), 40_000) if mode == "I;16" else halves(64, 32, mode)
    assert opened(await stills.jpeg(saved(image, kind))).mode == "RGB"


async def test_what_is_clear_is_white() -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    for kind in ("PNG", "WEBP"):
        assert near(opened(await stills.jpeg(saved(clear, kind))).getpixel((9, 9)), (255, 255, 255))


async def test_the_same_picture_is_the_same_bytes() -> None:
    data = saved(halves(300, 200), "PNG")
    assert await stills.jpeg(data) == await stills.jpeg(data)


async def test_noise_is_made_small_enough() -> None:
    noise = Image.frombytes("RGB", (1600, 1600), random.Random(1).randbytes(1600 * 1600 * 3))
    assert len(await stills.jpeg(saved(noise, "PNG"))) < 2 * stills.FEW_BYTES
    photo = Image.effect_mandelbrot((1600, 1600), (-2, -1.5, 1, 1.5), 50)
    assert len(await stills.jpeg(saved(photo, "PNG"))) < stills.FEW_BYTES


async def test_what_cannot_be_taken_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    good = saved(halves(640, 480), "PNG")
    frames = [halves(64, 64), halves(64, 64).rotate(90)]
    for kind in ("GIF", "WEBP", "PNG"):
        moving = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        assert await fault(moving) == "moving", kind
        assert opened(await stills.jpeg(saved(frames[0], kind)))
    assert await fault(b"") == "kind"
    assert await fault(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == "kind"
    for other in ("BMP", "TIFF", "ICO"):
        assert await fault(saved(halves(64, 64), other)) == "kind"
    assert await fault(good[: len(good) // 2]) == "broken"
    assert await fault(saved(halves(640, 480))[:2000]) == "broken"
    assert await fault(saved(Image.new("RGB", (1, 900)))) == "broken"
    monkeypatch.setattr(stills, "MOST_PIXELS", 640 * 480 - 1)
    assert await fault(good) == "pixels"


async def test_a_bomb_is_not_unpacked() -> None:
    for size in ((30_000, 30_000), (12_000, 10_000), (7_000, 7_000)):
        bomb = saved(Image.new("1", size), "PNG")
        assert len(bomb) < 200_000
        assert await fault(bomb) == "pixels"


async def test_of_a_photo_of_several_the_first_is_taken() -> None:
    both = saved(halves(64, 48), "MPO", save_all=True, append_images=[halves(32, 24)])
    assert opened(await stills.jpeg(both)).size == (64, 48)


def with_scans(count: int) -> bytes:
    """A picture whose last pass stands in it once more, that often."""
    data = saved(Image.new("L", (64, 64), 128), progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * count + data[-2:]


async def test_a_picture_of_very_many_passes_is_not_unpacked() -> None:
    """Each costs as much as the whole, in a few bytes, and everybody else's pictures would wait for it."""
    assert await fault(with_scans(20_000)) == "broken"
    assert opened(await stills.jpeg(with_scans(20))).size == (64, 64)


async def test_what_a_camera_keeps_beside_its_picture_is_no_pass() -> None:
    other = b"\xff\xda" * 30_000
    beside = b"\xff\xe5" + (len(other) + 2).to_bytes(2) + other
    good = saved(halves(64, 64), progressive=True)
    assert opened(await stills.jpeg(good[:2] + beside + good[2:] + other)).size == (64, 64)
