"""The updates in memory: one line per chat, taken in turn so that a busy chat starves no other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from storage.inbox import Entry


@dataclass
class Line:
    """Hold the updates of one chat that is claimed by this process."""

    chat_key: int
    queue: deque[Entry] = field(default_factory=deque)
    behind: bool = False  # the table holds more than the queue
    busy: bool = False  # in turn, in work, or waiting for a repeat
    lost: bool = False  # another process has the chat now


@dataclass(frozen=True)
class Failure:
    """Be a try that failed; its line rests until that is written."""

    line: Line
    update_id: int
    error: str
    last: bool = False
    counts: int = 1

    def unheard(self) -> Failure:
        """Return what is left of it if it was not written at once: a last one is not the last, nor counts."""
        return replace(self, last=False, counts=0) if self.last else self


@dataclass
class Outcomes:
    """Collect what became of updates until it is written."""

    done: list[int] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    buried: list[tuple[int, str]] = field(default_factory=list)

    def before(self, later: Outcomes) -> Outcomes:
        """Return both, these first."""
        return Outcomes(self.done + later.done, self.failed + later.failed, self.buried + later.buried)


class Lines:
    """Keep the lines, and no more updates in memory than `room`; the rest stays in the table."""

    def __init__(self, *, room: int = 5000, room_per_chat: int = 100) -> None:
        self.room = room
        self.room_per_chat = room_per_chat
        self._lines: dict[int, Line] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, chat_key: int) -> bool:
        return chat_key in self._lines

    @property
    def updates(self) -> int:
        """Return how many updates are in memory."""
        return self._count

    @property
    def free(self) -> int:
        """Return how many more updates may come from the table."""
        return max(0, self.room - self._count)

    def keys(self) -> list[int]:
        """Return the chats that are held."""
        return list(self._lines)

    def resting(self) -> list[Line]:
        """Return the lines with nothing in memory: to be filled from the table, or given back."""
        return [line for line in self._lines.values() if not line.busy and not line.queue]

    def add(self, entry: Entry) -> Line:
        """Put a new update at the end of its line, or leave it to the table when there is no room."""
        line = self._lines.setdefault(entry.chat_key, Line(entry.chat_key))
        full = self._count >= self.room or len(line.queue) >= self.room_per_chat
        if line.behind or full:
            line.behind = True
        else:
            self._append(line, entry)
        return line

    def refill(self, chat_key: int, entries: Sequence[Entry], *, more: bool) -> Line:
        """Put what the table held into an empty line."""
        line = self._lines.setdefault(chat_key, Line(chat_key))
        for entry in entries:
            self._append(line, entry)
        line.behind = more
        return line

    def known(self, chat_keys: Iterable[int]) -> dict[int, list[int]]:
        """Return the updates of held chats, as far as the table should hold no more than these."""
        lines = [self._lines[key] for key in set(chat_keys) & self._lines.keys()]
        return {line.chat_key: [entry.update_id for entry in line.queue] for line in lines if not line.behind}

    def fall_behind(self, chat_keys: Iterable[int]) -> None:
        """Note that the table holds more of these chats than their lines."""
        for key in set(chat_keys) & self._lines.keys():
            self._lines[key].behind = True

    def finish(self, line: Line) -> None:
        """Take the first update out of its line."""
        if not line.lost:
            line.queue.popleft()
            self._count -= 1

    def count_failure(self, line: Line, counts: int) -> None:
        """Note on the first update that it failed once more."""
        first = line.queue[0]
        line.queue[0] = replace(first, attempts=first.attempts + counts)

    def drop(self, chat_keys: Iterable[int]) -> None:
        """Forget lines that are given back or lost."""
        for chat_key in chat_keys:
            if chat_key in self._lines:
                line = self._lines.pop(chat_key)
                self._count -= len(line.queue)
                line.queue.clear()
                line.lost = True

    def _append(self, line: Line, entry: Entry) -> None:
        line.queue.append(entry)
        self._count += 1
