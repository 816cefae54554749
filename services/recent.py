"""A small memory: the most recently used entries, each for its own time; all of them can be emptied."""

from collections import OrderedDict
from typing import Any, Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K")
V = TypeVar("V")

# Those who ask at the same time may have looked at the clock one after the other.
SLACK = 1.0


class Aging:
    """Be a memory whose entries grow old; where the clock was set back nobody can tell how old they are."""

    _asked_at = float("-inf")

    def clear(self) -> None:
        """Forget everything."""
        raise NotImplementedError

    def age(self, now: float) -> None:
        """Note what time it is; a clock that was set back empties the memory."""
        if now < self._asked_at - SLACK:
            self.clear()
        self._asked_at = now


class Recent(Aging, Generic[K, V]):
    """Keep at most `size` entries; who is used least goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, tuple[V, float]] = OrderedDict()
        _ALL.add(self)

    def get(self, key: K, now: float) -> V | None:
        """Return what is remembered and not too old."""
        self.age(now)
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= now:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, until: float) -> None:
        """Remember a value until a time."""
        self._entries[key] = (value, until)
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget one entry."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


# What somebody had may be in any of them: a new one is among these without a word.
_ALL: WeakSet[Any] = WeakSet()


def watched(memory: V) -> V:
    """Have another kind of memory emptied as well; it has a `clear`."""
    _ALL.add(memory)
    return memory


def clear_all() -> None:
    """Empty every memory of this process: somebody was forgotten."""
    for memory in list(_ALL):
        memory.clear()
