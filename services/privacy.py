"""Tell people what is stored of them: counts for a card, all of it as one JSON document.

Told is what is theirs, their unlocked links with codes included. Not told is what opens an account or stands
for its owner: tokens, codes of an authorization, hashes of secrets, addresses that work once.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.clock import Clock
from services.secretshapes import SHAPES
from storage import erasure
from storage.database import Database

HIDDEN = "[secret]"
# The number of the document's shape, for whoever reads it by a program.
SHAPE = 1
# Fields of cards, dialogs, jobs and messages whose value opens something.
_FIELDS = re.compile(
    r"token|secret|password|passwd|verifier|nonce|cookie|ticket|session|endpoint|upload_id|api_?key"
    r"|device_code|user_code|^complete$|^state_hash$|^authorize",
    re.IGNORECASE,
)
# The same in the middle of words.
_WORDS = (
    *SHAPES,
    re.compile(r"(?i)(?<=token=|ecret=|sword=|i_key=|pikey=|_code=)[^\s&\"']+"),
    # The secret of a key, as ACGBT writes them.
    re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{48,}(?![0-9A-Za-z])"),
)
_TIMES = re.compile(r"(_at|_until|^until|^at)$")


@dataclass(frozen=True)
class Export:
    """Be the document, and the name it is sent under."""

    name: str
    content: bytes


class Privacy:
    """Know what is stored of each person."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def stored(self, user_id: int) -> dict[str, int]:
        """Return how many rows there are of somebody, by table."""
        return await self._db.read(lambda tx: erasure.count(tx, user_id))

    async def export(self, user_id: int) -> Export:
        """Return everything there is of somebody, from one moment."""
        held = await self._db.read(lambda tx: erasure.held(tx, user_id))
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        document = {
            "format": SHAPE,
            "made_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "user_id": user_id,
            "tables": {table: [_row(row) for row in rows] for table, rows in held.items()},
            "secret_columns": erasure.kept_secret(),
        }
        content = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        return Export(f"linkhive-{user_id}-{now:%Y%m%d}.json", content)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _time(value) if _TIMES.search(name) else plain(value) for name, value in row.items()}


def _time(value: Any) -> Any:
    if not isinstance(value, float) or not 0 <= value < 1e11:
        return plain(value)
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain(value: Any) -> Any:
    """Return a value without what opens something."""
    if isinstance(value, str):
        for words in _WORDS:
            value = words.sub(HIDDEN, value)
        return value
    if isinstance(value, Mapping):
        return {name: _field(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _field(name: str, value: Any) -> Any:
    return HIDDEN if value and _FIELDS.search(name) else plain(value)
