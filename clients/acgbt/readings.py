"""What ACGBT's fields were written as, read into one shape."""

import json
import re
from collections.abc import Mapping
from typing import Any

from clients import models

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_LISTS = ("items", "list", "resources", "comments", "messages", "data")


def texts(value: object) -> tuple[str, ...]:
    """Read a list of texts; the document stores lists as JSON, so one may come as a string."""
    if isinstance(value, str):
        word = value.strip()
        if word.startswith("["):
            try:
                value = json.loads(word)
            except ValueError:
                return ()
        else:
            value = [part.strip() for part in word.split(",")] if "://" not in word else [word]
    return tuple(text for text in models.texts(value) if text.strip())


def layout(value: object) -> int:
    """Read how many pictures stand in a row: 1, 2 or 3."""
    try:
        number = models.whole(value)
    except ValueError:
        number = None
    return number if number in (1, 2, 3) else 1


def size(value: object) -> int | None:
    """Read bytes from a number or from words ("1.5 GB"); None where neither, or nothing, is told."""
    if isinstance(value, str) and (found := _SIZE.fullmatch(value.strip())):
        value = int(float(found[1]) * _UNITS[found[2].lower()])
    try:
        number = models.whole(value)
    except ValueError:
        return None
    return number or None


def parent(value: object) -> int | None:
    """Read a parent's id; 0 stands for none."""
    return models.whole(value) or None


def at_least_one(value: object) -> int:
    """Read a count that is never below one."""
    return max(models.whole(value) or 1, 1)


def page(value: Mapping[str, Any]) -> dict[str, Any]:
    """Lift the pagination beside its items, and fill in what it leaves out."""
    told = value.get("pagination")
    flat = {**value, **(told if isinstance(told, Mapping) else {})}
    flat["items"] = next((value[name] for name in _LISTS if value.get(name) is not None), ())
    if not isinstance(flat["items"], list | tuple):
        return flat
    try:
        number, per = at_least_one(flat.get("page")), at_least_one(flat.get("page_size") or 20)
        total = models.whole(flat.get("total"))
        if total is None:
            total = (number - 1) * per + len(flat["items"])
        pages = models.whole(flat.get("total_pages")) or -(-total // per)
    except ValueError:
        return flat
    return {**flat, "total": total, "page": number, "page_size": per, "total_pages": pages}


def tree(value: object) -> list[object]:
    """Read categories that come flat or nested in `children` into a flat list."""
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("items", "categories", "list") if name in value), None)
    if not isinstance(value, list):
        return [] if value is None else [value]
    flat: list[object] = []
    waiting = list(reversed(value))
    while waiting:
        item = waiting.pop()
        flat.append(item)
        below = item.get("children") if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and isinstance(below, list):
            inside = [{"parent_id": item.get("id"), **c} if isinstance(c, Mapping) else c for c in below]
            waiting += reversed(inside)
    return flat
