"""What was asked of the stand-ins, in order."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 20_000
BODY_KEPT = 64 * 1024


@dataclass
class Entry:
    """One request to a stand-in; the status is None until it was answered."""

    seq: int
    at: float
    service: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int | None = None
    fault: str | None = None


class Journal:
    """Keep the last requests."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.last = 0

    def add(
        self,
        at: float,
        service: str,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
    ) -> Entry:
        """Write one request down."""
        self.last += 1
        text = body[:BODY_KEPT].decode("utf-8", "replace")
        entry = Entry(self.last, at, service, method, path, query, headers, text)
        self.entries.append(entry)
        return entry

    def since(self, seq: int, service: str | None = None) -> list[dict[str, Any]]:
        """Return the entries after seq, of one service or of all."""
        return [asdict(e) for e in self.entries if e.seq > seq and service in (None, "", e.service)]

    def clear(self) -> None:
        """Forget the entries; the numbers go on."""
        self.entries.clear()
