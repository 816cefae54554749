"""What a further source of a search is, and what lies on its shelf."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.scenes import Scene, Switch
from handlers.texts import Html


@dataclass(frozen=True)
class Hits:
    """What a source found: how many, and the first of them as lines."""

    total: int
    rows: Sequence[Html] = ()


@dataclass(frozen=True)
class Source:
    """A place where words can be looked for besides; `card` leads to all it has, and back to the search."""

    name: str
    find: Callable[[Scene[Any], str], Awaitable[Hits]]
    card: Callable[[Scene[Any], str], Switch]
