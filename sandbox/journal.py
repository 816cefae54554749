"""What was asked of the stand-ins, in order."""

from collections import Counter, deque
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
    # Bytes of the body that arrived; of a streamed body only these are noted.
    size: int = 0
    # The word of a refusal, where the answer has one: errno of business calls, error of OAuth's.
    errno: str | None = None


class Journal:
    """Keep the last requests, and count all there ever were by service, method and path."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.last = 0
        self.counts: Counter[tuple[str, str, str]] = Counter()

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
        self.counts[service, method, path] += 1
        text = body[:BODY_KEPT].decode("utf-8", "replace")
        entry = Entry(self.last, at, service, method, path, query, headers, text, size=len(body))
        self.entries.append(entry)
        return entry

    def since(self, seq: int, service: str | None = None) -> list[dict[str, Any]]:
        """Return the entries after seq, of one service or of all."""
        return [asdict(e) for e in self.entries if e.seq > seq and service in (None, "", e.service)]

    def count(self, service: str, method: str, ending: str) -> int:
        """Return how many requests there ever were to the paths with an ending, forgotten ones included."""
        return sum(
            n for (s, m, p), n in self.counts.items() if (s, m) == (service, method) and p.endswith(ending)
        )

    def clear(self) -> None:
        """Forget the entries; the numbers go on."""
        self.entries.clear()
