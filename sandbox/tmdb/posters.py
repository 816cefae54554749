"""Posters drawn at run time: skies, suns, hills and towers, another picture for every title."""

import itertools
import math
import random
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

Colour = tuple[int, int, int]
PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    # sky above, sky at the horizon, sun, ground
    ((24, 20, 66), (236, 112, 99), (255, 214, 140), (34, 18, 40)),
    ((9, 28, 58), (38, 140, 168), (222, 246, 240), (6, 22, 36)),
    ((70, 22, 34), (247, 170, 84), (255, 240, 190), (46, 14, 18)),
    ((16, 44, 40), (150, 196, 120), (250, 244, 190), (10, 30, 28)),
    ((34, 24, 84), (196, 128, 222), (255, 224, 236), (22, 14, 52)),
    ((18, 18, 22), (120, 126, 140), (236, 236, 230), (10, 10, 12)),
    ((8, 46, 86), (250, 196, 120), (255, 250, 226), (20, 40, 66)),
    ((52, 10, 60), (255, 94, 120), (255, 200, 90), (28, 6, 36)),
)


class Canvas:
    """Pixels one can fill by rows and by columns, which is fast enough without a library."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.pixels = bytearray(width * height * 3)

    def row(self, y: int, x0: int, x1: int, colour: Colour) -> None:
        """Fill a stretch of a row."""
        x0, x1 = max(0, x0), min(self.width, x1)
        if 0 <= y < self.height and x0 < x1:
            start = (y * self.width + x0) * 3
            self.pixels[start : start + (x1 - x0) * 3] = bytes(colour) * (x1 - x0)

    def column(self, x: int, y0: int, shades: list[bytes]) -> None:
        """Fill a column from y0 down; shades holds one byte a row for each channel."""
        y0 = max(0, min(self.height, y0))
        for channel, values in enumerate(shades):
            start = (y0 * self.width + x) * 3 + channel
            if y0 < self.height:
                self.pixels[start :: self.width * 3] = values[y0:]

    def png(self) -> bytes:
        """Return the picture as PNG."""
        line = self.width * 3
        raw = b"".join(b"\0" + self.pixels[at : at + line] for at in range(0, len(self.pixels), line))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 6)), (b"IEND", b""))
        parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def mix(a: Colour, b: Colour, part: float) -> Colour:
    """Return the colour between two."""
    part = max(0.0, min(1.0, part))
    return (
        round(a[0] + (b[0] - a[0]) * part),
        round(a[1] + (b[1] - a[1]) * part),
        round(a[2] + (b[2] - a[2]) * part),
    )


def _shades(height: int, top: Colour, bottom: Colour) -> list[bytes]:
    rows = [mix(top, bottom, y / height) for y in range(height)]
    return [bytes(colour[channel] for colour in rows) for channel in range(3)]


def _disc(
    canvas: Canvas, cx: int, cy: int, radius: int, colour: Colour, background: Callable[[int], Colour]
) -> None:
    # A glow of four faint rings, then the disc itself.
    for ring in (4, 3, 2, 1, 0):
        wide = round(radius * (1 + ring * 0.16))
        part = 1.0 if ring == 0 else 0.2 - ring * 0.035
        for y in range(cy - wide, cy + wide + 1):
            half = math.isqrt(max(0, wide * wide - (y - cy) ** 2))
            canvas.row(y, cx - half, cx + half, mix(background(y), colour, part))


def _hills(rng: random.Random, width: int, base: float, rough: float) -> list[float]:
    waves = [(rng.uniform(0.6, 3.4), rng.uniform(0, 7), rng.uniform(0.3, 1)) for _ in range(4)]
    return [
        base + rough * sum(a * math.sin(f * x / width * math.tau + p) for f, p, a in waves) / 2
        for x in range(width)
    ]


def _towers(rng: random.Random, width: int, base: float, rough: float) -> list[float]:
    heights: list[float] = []
    while len(heights) < width:
        wide = max(2, round(width * rng.uniform(0.03, 0.1)))
        heights += [base - rough * rng.uniform(-0.4, 1.6)] * wide
    return heights[:width]


def _peaks(rng: random.Random, width: int, base: float, rough: float) -> list[float]:
    points = [(0, rng.random())]
    while points[-1][0] < width:
        points.append((points[-1][0] + max(3, round(width * rng.uniform(0.06, 0.2))), rng.random()))
    heights: list[float] = []
    for (x0, a), (x1, b) in itertools.pairwise(points):
        heights += [base - rough * 1.6 * (a + (b - a) * (x - x0) / (x1 - x0) - 0.5) for x in range(x0, x1)]
    return heights[:width]


@lru_cache(maxsize=256)
def draw(seed: str, width: int, height: int) -> bytes:
    """Return a picture; the same seed and size give the same bytes."""
    rng = random.Random(seed)
    above, horizon, sun, ground = rng.choice(PALETTES)
    canvas = Canvas(width, height)

    def sky(y: int) -> Colour:
        return mix(above, horizon, max(0.0, y / height / 0.75) ** 1.4)

    for y in range(height):
        canvas.row(y, 0, width, sky(y))
    for _ in range(rng.choice((0, 60, 140))):
        x, y = rng.randrange(width), rng.randrange(max(1, height // 2))
        canvas.row(y, x, x + max(1, width // 300), mix(sky(y), (255, 255, 255), rng.uniform(0.3, 0.9)))
    radius = round(min(width, height) * rng.uniform(0.12, 0.26))
    _disc(
        canvas,
        round(width * rng.uniform(0.25, 0.75)),
        round(height * rng.uniform(0.25, 0.5)),
        radius,
        sun,
        sky,
    )
    _layers(canvas, rng, horizon, ground)
    return canvas.png()


def _layers(canvas: Canvas, rng: random.Random, horizon: Colour, ground: Colour) -> None:
    outline = rng.choice((_hills, _hills, _towers, _peaks))
    count = rng.randrange(3, 6)
    for layer in range(count):
        nearness = (layer + 1) / count
        base = canvas.height * (0.52 + 0.34 * layer / count)
        shades = _shades(
            canvas.height, mix(horizon, ground, nearness * 0.9), mix(horizon, ground, nearness + 0.15)
        )
        for x, y in enumerate(outline(rng, canvas.width, base, canvas.height * 0.06)):
            canvas.column(x, round(y), shades)
