"""Numbers, of bytes too, and lengths of films, as people write them."""

import math

from babel.numbers import format_compact_decimal

from handlers.texts import Speaker


def size(count: float) -> str:
    """Return a number of bytes as people write it."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.2f} TB"


def number(say: Speaker, count: int) -> str:
    """Return a large round number in short, as people of a language write it."""
    return str(format_compact_decimal(count, locale=say.language))


def length(seconds: float) -> str:
    """Return a length as players show it."""
    minutes, rest = divmod(max(0, math.floor(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
