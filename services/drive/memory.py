"""What was read of folders lately, so that turning a page costs no call."""

from collections import OrderedDict
from dataclasses import dataclass, field

from services.drive.entries import Entry, Sort
from services.recent import Aging

Key = tuple[int, str]
# About 300 bytes each: some 30 MiB at the most, whoever has large folders.
MOST_ENTRIES = 100_000


@dataclass
class Known:
    """Hold what is known of one folder: pages as the server gave them, and whole orders."""

    total: int
    regular: bool
    """Whether the server pages folders and files as one list."""
    pages: dict[int, tuple[Entry, ...]] = field(default_factory=dict)
    orders: dict[Sort, tuple[Entry, ...]] = field(default_factory=dict)
    cut: bool = False
    until: float = 0.0

    @property
    def weight(self) -> int:
        """Return how many entries are held; orders share them with each other."""
        longest = max((len(order) for order in self.orders.values()), default=0)
        return 1 + longest + sum(len(page) for page in self.pages.values())


class Memory(Aging):
    """Keep folders for a short time, the least used go first when there are too many entries."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        self._weight = 0
        self._folders: OrderedDict[Key, tuple[Known, int]] = OrderedDict()

    def get(self, key: Key, now: float) -> Known | None:
        """Return what is known and not too old."""
        self.age(now)
        held = self._folders.get(key)
        if held is None:
            return None
        if held[0].until <= now:
            self.drop(key)
            return None
        self._folders.move_to_end(key)
        return held[0]

    def put(self, key: Key, known: Known) -> None:
        """Remember a folder, or how much more is known of it."""
        self.drop(key)
        self._folders[key] = (known, known.weight)
        self._weight += known.weight
        while self._weight > self._most and len(self._folders) > 1:
            self.drop(next(iter(self._folders)))

    def drop(self, key: Key) -> None:
        """Forget one folder."""
        held = self._folders.pop(key, None)
        if held is not None:
            self._weight -= held[1]

    def clear(self) -> None:
        """Forget every folder of everybody."""
        self._folders.clear()
        self._weight = 0

    def forget(self, user_id: int) -> None:
        """Forget all folders of one person: something in their drive changed."""
        for key in [key for key in self._folders if key[0] == user_id]:
            self.drop(key)

    @property
    def weight(self) -> int:
        """Return how many entries are held."""
        return self._weight
