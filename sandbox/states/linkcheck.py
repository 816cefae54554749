"""What the link check remembers: jobs, their queues and their events."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

PROVIDERS = ("quark", "baidu", "ali", "115", "123", "189", "139", "uc", "xunlei")


@dataclass
class Item:
    """One link of a job."""

    item_id: str
    url: str
    provider: str
    meta: Any
    urgent: bool = False
    finished: bool = False


@dataclass
class Job:
    """One job; its events stay, so that a stream can be taken up again."""

    id: str
    items: list[Item]
    created_at: float
    waiting: deque[Item] = field(default_factory=deque)
    status: str = "running"
    # (event, data); the id of an event is its place, counted from 1.
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def emit(self, event: str, data: dict[str, Any]) -> None:
        """Add an event and wake all streams."""
        self.events.append((event, data))
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()

    @property
    def finished(self) -> int:
        """Return how many links have a result."""
        return sum(item.finished for item in self.items)

    def progress(self) -> dict[str, Any]:
        """Return the counts, in all and by drive."""
        providers: dict[str, dict[str, int]] = {}
        for item in self.items:
            count = providers.setdefault(item.provider, {"total": 0, "finished": 0})
            count["total"] += 1
            count["finished"] += item.finished
        return {
            "job_id": self.id,
            "status": self.status,
            "total": len(self.items),
            "finished": self.finished,
            "pending": len(self.waiting),
            "providers": providers,
        }


@dataclass
class LinkCheck:
    """The stand-in's state."""

    jobs: dict[str, Job] = field(default_factory=dict)
    checked: int = 0
