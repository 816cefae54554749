"""What the users' side sees happen: numbered events, and a bell that wakes those who wait."""

import asyncio
from collections import deque
from dataclasses import dataclass

from sandbox.telegram.chats import Json

_KEPT = 5000


class Bell:
    """Wake everyone who waits, each time it rings."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake all waiting tasks."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait for the next ring, at most this long."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return


@dataclass(frozen=True)
class Event:
    """One thing that happened, for the people it concerns."""

    revision: int
    kind: str
    people: frozenset[int]
    data: Json


class Feed:
    """Number events and keep the latest of them."""

    def __init__(self) -> None:
        self.revision = 0
        self.bell = Bell()
        self._events: deque[Event] = deque(maxlen=_KEPT)

    def next(self) -> int:
        """Take the next revision."""
        self.revision += 1
        return self.revision

    def tell(self, kind: str, people: frozenset[int], data: Json) -> None:
        """Publish an event under the current revision."""
        self._events.append(Event(self.revision, kind, people, data))
        self.bell.ring()

    def since(self, person: int, revision: int) -> list[Event]:
        """Return the events after a revision that concern a person."""
        found = []
        for event in reversed(self._events):
            if event.revision <= revision:
                break
            if person in event.people:
                found.append(event)
        return found[::-1]
