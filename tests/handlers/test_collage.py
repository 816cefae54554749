"""Several pictures as one: rows, formats, and pictures that are none."""

import io

import pytest
from PIL import Image

from handlers import collage
from services import stills


def picture(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 255 if mode == "L" else None).save(out, kind)
    return out.getvalue()


async def size(pictures: list[bytes], layout: int) -> tuple[int, int]:
    made = await collage.collage(pictures, layout)
    assert made is not None
    read = Image.open(io.BytesIO(made))
    assert read.format == "JPEG"
    return read.size


async def test_rows_of_one_two_and_three() -> None:
    wide = [picture(1600, 900)] * 4
    assert await size(wide[:1], 1) == (1280, 720)
    assert await size(wide, 2) == (1280, 2 * 358 + 8)
    assert await size(wide, 3) == (1280, 2 * 237 + 8)
    assert await size(wide[:2], 3) == (1280, 358), "two are no three: they share the row"


async def test_the_tallest_still_fits_a_message() -> None:
    width, height = await size([picture(100, 5000)] * 2, 1)
    assert height <= collage.TALLEST
    assert width > 100


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_every_common_format(kind: str) -> None:
    assert await size([picture(64, 64, kind)], 1) == (1280, 1280)


async def test_what_is_no_picture_is_left_out() -> None:
    good = picture(320, 180)
    bad = [b"", b"<html>", good[:100], picture(1, 1), picture(64, 64, "BMP")]
    assert await size([*bad, good], 2) == (1280, 720)
    assert await collage.collage(bad, 2) is None


async def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "MOST_PIXELS", 10_000)
    assert await collage.collage([picture(200, 200, mode="L")], 1) is None


async def test_what_is_clear_stands_on_paper() -> None:
    made = await collage.single(picture(64, 64, mode="RGBA"))
    assert made is not None
    corner = Image.open(io.BytesIO(made)).getpixel((5, 5))
    assert isinstance(corner, tuple)
    assert all(abs(a - b) < 6 for a, b in zip(corner, collage.PAPER, strict=True))


def test_how_many_are_shown() -> None:
    assert [collage.shown(20, layout) for layout in (1, 2, 3)] == [2, 6, 9]
    assert collage.shown(1, 3) == 1
