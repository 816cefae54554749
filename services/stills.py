"""One picture of a stranger: unpacked with care, and written again as a plain JPEG."""

import asyncio
import io
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
# A JPEG may hold several pictures as well, but its first one is what everybody sees.
_MOVING = ("PNG", "GIF", "WEBP")
# A small file can unpack to a very large picture: more than this is not unpacked at all.
MOST_PIXELS = 40_000_000
# Each pass over a JPEG costs as much as the whole, in as few bytes as one likes; cameras make some ten.
MOST_SCANS = 64
_MARKER = re.compile(rb"\xff([^\x00\xff])")
_SCAN, _END = 0xDA, 0xD9
# Markers without anything behind them: of a beginning, of a restart, and one for private use.
_BARE = frozenset((0x01, 0xD8, *range(0xD0, 0xD8)))
LONGEST_SIDE = 1600
# The first with which a picture is small enough is taken; a photograph always is with the first.
QUALITIES = (85, 70, 55)
FEW_BYTES = 1024 * 1024
WHITE = (255, 255, 255)
Colour = tuple[int, int, int]
# kind: none of the formats; pixels: too many; moving: more than one picture.
Fault = Literal["kind", "broken", "pixels", "moving"]

# Pictures of strangers are unpacked one at a time: what that takes is bounded so.
STUDIO = ThreadPoolExecutor(1, thread_name_prefix="studio")


class BadPicture(Exception):
    """Say why a picture cannot be taken."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


async def jpeg(data: bytes) -> bytes:
    """Return a picture upright as a JPEG of up to 1600 pixels a side, with nothing in it but the picture.

    Raises BadPicture for what is none, or does not stand still.
    """
    return await asyncio.get_running_loop().run_in_executor(STUDIO, _jpeg, data)


def _jpeg(data: bytes) -> bytes:
    image = flat(read(data, (LONGEST_SIDE, LONGEST_SIDE), still=True), WHITE)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    # Where it was taken, and by whom, stays with the old one.
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    made = b""
    for quality in QUALITIES:
        made = written(clean, quality)
        if len(made) <= FEW_BYTES:
            break
    return made


def read(data: bytes, box: tuple[int, int], *, still: bool = False) -> Image.Image:
    """Return a picture upright, a JPEG unpacked no larger than a box needs it; raises BadPicture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check(image, data, still=still)
                image.draft("RGB", box)
                image.load()
                # In place: a copy of a large picture is as large.
                ImageOps.exif_transpose(image, in_place=True)
                return image
    except BadPicture:
        raise
    except UnidentifiedImageError:
        fault: Fault = "kind"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        fault = "pixels"
    except Exception:  # noqa: BLE001 - Pillow raises whatever a broken file leads it to
        fault = "broken"
    raise BadPicture(fault)


def _check(image: Image.Image, data: bytes, *, still: bool) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise BadPicture("pixels")
    if min(image.size) < 2 or (image.format in ("JPEG", "MPO") and _scans(data) > MOST_SCANS):
        raise BadPicture("broken")
    if still and image.format in _MOVING and getattr(image, "is_animated", False):
        raise BadPicture("moving")


def _scans(data: bytes) -> int:
    """Return how many passes a JPEG makes over its picture, going through it as a decoder does."""
    count, at = 0, 0
    while (found := _MARKER.search(data, at)) and found[1][0] != _END:
        at = found.end()
        count += found[1][0] == _SCAN
        if found[1][0] not in _BARE:
            at += max(int.from_bytes(data[at : at + 2]), 2)
    return count


def flat(image: Image.Image, paper: Colour) -> Image.Image:
    """Return a picture without holes: what is clear shows the paper."""
    if image.mode in ("LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        sheet = Image.new("RGB", image.size, paper)
        sheet.paste(image, mask=image.getchannel("A"))
        return sheet
    return image if image.mode == "RGB" else image.convert("RGB")


def written(image: Image.Image, quality: int) -> bytes:
    """Return a picture as the bytes of a JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
