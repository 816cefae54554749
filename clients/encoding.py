"""Paths, queries and forms, encoded as the upstreams' documents write them."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote, quote_plus

from clients.errors import NotFound

Pairs = Sequence[tuple[str, str]]


def path_part(value: object, *, service: str, operation: str) -> str:
    """Encode one part of a path that came from a user; a part that would climb is NotFound."""
    word = str(value)
    if word.strip() in ("", ".", ".."):
        raise NotFound(service, operation, code="invalid_path_part")
    return quote(word, safe="", errors="replace")


def form(pairs: Iterable[tuple[str, object]]) -> bytes:
    """Encode a form; names keep their brackets (`file_ids[]=1&file_ids[]=2`)."""
    parts = (f"{quote(name, safe='[]')}={quote_plus(str(value), errors='replace')}" for name, value in pairs)
    return "&".join(parts).encode("ascii")


def given(**values: object | None) -> list[tuple[str, str]]:
    """Make query or form pairs of the values that are not None."""
    return [(name, str(value)) for name, value in values.items() if value is not None]


def address(base: str, path: str, pairs: Pairs) -> str:
    """Build an absolute URL for a browser."""
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return f"{base}{path}?{query}"
