"""Several pictures as one: in rows of one, two or three, as a page would show them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from PIL import Image, ImageOps

from services import stills
from services.stills import STUDIO, BadPicture

log = logging.getLogger(__name__)

WIDTH, GAP = 1280, 8
# A chat shows no more of it than this, and Telegram takes no picture that is much longer than wide.
TALLEST = 2400
# Rows as high as these parts of a cell's width, at the least and at the most.
FLATTEST, STEEPEST = 0.4, 1.5
PAPER = (24, 26, 30)
QUALITY = 85
# How many rows are shown of pictures that stand one, two or three in a row.
ROWS = {1: 2, 2: 3, 3: 3}


async def collage(pictures: Sequence[bytes], layout: int) -> bytes | None:
    """Return pictures in rows of `layout` as one JPEG; those that are none are left out. None without any."""
    return await asyncio.get_running_loop().run_in_executor(STUDIO, _collage, tuple(pictures), layout)


async def single(picture: bytes) -> bytes | None:
    """Return one picture as a JPEG that Telegram takes, None for what is no picture."""
    return await collage([picture], 1)


def shown(count: int, layout: int) -> int:
    """Return how many of so many pictures a collage shows."""
    return min(count, layout * ROWS[layout])


def _collage(pictures: Sequence[bytes], layout: int) -> bytes | None:
    read = [image for image in map(_read, pictures) if image is not None]
    if not read:
        return None
    across = min(layout, len(read))
    rows = [_row(read[at : at + across], across) for at in range(0, len(read), across)]
    return stills.written(_stacked(rows), QUALITY)


def _read(data: bytes) -> Image.Image | None:
    """Return a picture, small enough for its place; None for what cannot be read, or should not be."""
    try:
        return stills.flat(stills.read(data, (WIDTH, TALLEST)), PAPER)
    except BadPicture as error:
        log.info("a picture could not be read", extra={"fault": error.fault})
        return None


def _row(images: Sequence[Image.Image], across: int) -> Image.Image:
    """Return pictures side by side, equally wide and high; a last one alone stands in its column."""
    wide = (WIDTH - GAP * (across - 1)) // across
    shapes = sorted(image.height / image.width for image in images)
    high = round(wide * min(max(shapes[len(shapes) // 2], FLATTEST), STEEPEST))
    row = Image.new("RGB", (WIDTH, high), PAPER)
    for n, image in enumerate(images):
        row.paste(_fitted(image, (wide, high), whole=across == 1), (n * (wide + GAP), 0))
    return row


def _fitted(image: Image.Image, size: tuple[int, int], *, whole: bool) -> Image.Image:
    if whole:
        return ImageOps.pad(image, size, method=Image.Resampling.LANCZOS, color=PAPER)
    return ImageOps.fit(image, size, method=Image.Resampling.LANCZOS)


def _stacked(rows: Sequence[Image.Image]) -> Image.Image:
    high = sum(row.height for row in rows) + GAP * (len(rows) - 1)
    whole = Image.new("RGB", (WIDTH, high), PAPER)
    at = 0
    for row in rows:
        whole.paste(row, (0, at))
        at += row.height + GAP
    if high > TALLEST:
        whole = whole.resize((WIDTH * TALLEST // high, TALLEST), Image.Resampling.LANCZOS)
    return whole
