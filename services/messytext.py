"""Messages as people send them, made readable for a parser without losing where things stood."""

import re
from dataclasses import dataclass

# Invisible signs that get between letters by copying (or to fool a filter).
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u2800\u3164\uffa0\ufeff"
    + "".join(map(chr, range(0x200B, 0x2010)))
    + "".join(map(chr, range(0x202A, 0x202F)))
    + "".join(map(chr, range(0x2060, 0x2070)))
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
# Full-width signs that occur in addresses; the others end an address and stay as they are.
_WIDE = {0xFEE0 + ord(sign): sign for sign in ":/.?=&#%_-+|"} | {
    code: chr(code - 0xFEE0)
    for first, last in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for code in range(first, last + 1)
}
_SINGLE = {ord(sign): " " for sign in "\u3000\u00a0\u2002\u2003\u2009\u202f"} | {
    code: sign for code, sign in _WIDE.items() if code != 0xFEE0 + ord("~")
}
_GONE = frozenset(_INVISIBLE)
_TLD = r"(?:com|cn|top|me|online)(?![0-9A-Za-z])"
_DOT = re.compile(
    rf"(?<=[0-9A-Za-z])[。｡](?={_TLD}|[0-9A-Za-z-]{{1,20}}[。｡.]{_TLD})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Readable:
    """Be a text made plain; `places` tells where each of its signs stood in the original."""

    text: str
    original: str
    places: tuple[int, ...]

    def raw(self, start: int, end: int) -> str:
        """Return the original stretch of a part."""
        return self.original[self.places[start] : self.places[end - 1] + 1] if end > start else ""


def readable(original: str) -> Readable:
    """Drop invisible signs and make full-width ones plain; twice is the same as once."""
    kept = [(place, sign) for place, sign in enumerate(original) if sign not in _GONE]
    text = "".join(sign for _, sign in kept).translate(_SINGLE)
    return Readable(_DOT.sub(".", text), original, tuple(place for place, _ in kept))
