"""What the list of ACGBT remembers between presses."""

from __future__ import annotations

from typing import Any, Literal

from handlers.scenes import State
from handlers.texts import plain
from services.acgbt.catalogue import Order, Wanted

# The route of the list, and what start payloads that lead to a resource begin with.
ROUTE = "acg"
LINK = "acg_"
# No id of anything at ACGBT is larger.
LARGEST_ID = 2**53
WORDS_LIMIT = 100


class AcgState(State):
    """What is listed, which page of it, and whether categories or orders are being chosen."""

    words: str = ""
    category: int | None = None
    order: Order = "created_at"
    descending: bool = True
    page: int = 0
    screen: Literal["", "categories", "order"] = ""
    shelf: int = 0
    origin: dict[str, Any] | None = None
    origin_route: str = ""

    @property
    def wanted(self) -> Wanted:
        """Return what is listed."""
        if self.words:
            return Wanted(words=self.words)
        return Wanted("", self.category, self.order, self.descending)


def asked(words: str) -> AcgState:
    """Return the list of what words find; no words find what is newest."""
    return AcgState(words=plain(words, 4 * WORDS_LIMIT)[:WORDS_LIMIT].strip())
