"""How folders and files of the drive look on cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clients.disktop.models import Space
from handlers import dates
from handlers.filekinds import sign
from handlers.files import NAME_LIMIT
from handlers.scenes import Scene
from handlers.sizes import size
from handlers.texts import Html, Speaker, bold, escape
from handlers.views import Press
from services.drive import Entry

PER_PAGE = 8
BAR = 12
CRUMB_LIMIT = 60
MOST_CRUMBS = 6


def crumbs(say: Speaker, path: str) -> Html:
    """Return the way from the top to a folder; of a long one the beginning and the end."""
    parts = [part for part in path.split("/") if part]
    shown: list[object] = [escape(part, CRUMB_LIMIT) for part in parts[:-1]]
    if len(shown) > MOST_CRUMBS:
        shown = [shown[0], Html("…"), *shown[1 - MOST_CRUMBS :]]
    shown += [bold(escape(part, CRUMB_LIMIT)) for part in parts[-1:]]
    return Html(" › ".join([say("drive.top"), *map(str, shown)]))


def row(scene: Scene[Any], number: int, entry: Entry, created: float | None, *, marked: bool) -> Html:
    """Return an entry as one line: number, sign, name, size, date."""
    mark = "☑️" if marked else sign(entry)
    facts = [] if entry.is_dir else [size(entry.size)]
    if created:
        facts.append(dates.shown(scene, created))
    name = escape(entry.name, NAME_LIMIT)
    line = scene.say("drive.row", number=number, mark=mark, name=name)
    return Html(" · ".join([line, *facts]))


def rows(
    scene: Scene[Any],
    entries: Sequence[Entry],
    first: int,
    dates: Mapping[int, float],
    marked: Iterable[Entry] = (),
) -> list[Html]:
    """Return entries as numbered lines."""
    keys = {entry.key for entry in marked}
    return [
        row(scene, n, e, None if e.is_dir else dates.get(e.id), marked=e.key in keys)
        for n, e in enumerate(entries, first)
    ]


def openers(entries: Sequence[Entry], first: int) -> list[Press]:
    """Return the buttons that open entries, by their numbers."""
    return [Press(f"{sign(e)} {n}", "open", key_of(e)) for n, e in enumerate(entries, first)]


def markers(entries: Sequence[Entry], first: int, marked: Iterable[Entry]) -> list[Press]:
    """Return the buttons that mark entries, by their numbers."""
    keys = {entry.key for entry in marked}
    return [
        Press(f"{'☑️' if e.key in keys else '◻️'} {n}", "mark", key_of(e)) for n, e in enumerate(entries, first)
    ]


def key_of(entry: Entry) -> str:
    """Return what a button carries for an entry: folders and files may have the same id."""
    return f"{'d' if entry.is_dir else 'f'}{entry.id}"


def space_line(say: Speaker, space: Space) -> Html:
    """Return the space of the drive as a bar and in numbers."""
    total = max(space.total_bytes, 1)
    full = min(BAR, max(0, round(BAR * space.used_bytes / total)))
    # Something used is never shown as nothing.
    full = max(full, 1) if space.used_bytes else full
    bar = "▰" * full + "▱" * (BAR - full)
    free = max(space.free_bytes, 0)
    return say("drive.space", bar=bar, free=size(free), total=size(space.total_bytes))
