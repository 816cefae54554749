"""The order in which people expect names."""

import re

_DIGITS = re.compile(r"([0-9]+)")
# Longer numbers are no counting; a sort key must stay small.
_MOST_DIGITS = 18


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key by which E2 comes before E10, and numbers before letters."""
    parts = _DIGITS.split(name.casefold())
    return tuple(
        (0, int(part[:_MOST_DIGITS]), "") if i % 2 else (1, 0, part) for i, part in enumerate(parts) if part
    )
