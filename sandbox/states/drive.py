"""One person's drive: folders and files in a tree."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from sandbox.contents import Content, Made

APP_FOLDER = ("我的应用数据", "LinkHive")
NOTHING = Made("", 0)
# What the files of a big folder are called, and how large they are: small, or too large for a true digest.
_MANY = (
    (("IMG", "jpg"), 86_000),
    (("笔记", "md"), 1_800),
    (("Song", "mp3"), 9_100_000),
    (("Clip", "mp4"), 48_000_000),
)
_WARES = (("照片", True, 0), ("旅行清单.md", False, 4096), ("毕业典礼.mp4", False, 1_288_490_188))


@dataclass
class Item:
    """A file or folder in somebody's drive."""

    id: int
    parent: int
    name: str
    is_dir: bool
    created: float
    content: Content

    @property
    def size(self) -> int:
        """Return how many bytes the file has."""
        return self.content.size

    @property
    def md5(self) -> str:
        """Return the digest of the file."""
        return self.content.md5

    @property
    def ext(self) -> str:
        """Return the extension without its dot."""
        return self.name.rsplit(".", 1)[1].lower() if "." in self.name and not self.is_dir else ""


class Drive:
    """A tree whose root is id 0; apps live in /我的应用数据/{app}/."""

    def __init__(self, ids: Iterator[int], now: float) -> None:
        self.ids = ids
        self.items: dict[int, Item] = {0: Item(0, -1, "", is_dir=True, created=now, content=NOTHING)}
        self._inside: defaultdict[int, dict[int, Item]] = defaultdict(dict)
        for name, is_dir, size in _WARES:
            self.add(0, name, now, size=size, is_dir=is_dir)
        self.app_root = self.make_path(0, "/".join(APP_FOLDER), now).id

    def add(
        self,
        parent: int,
        name: str,
        now: float,
        *,
        size: int = 0,
        is_dir: bool = False,
        content: Content | None = None,
    ) -> Item:
        """Add an item; a taken name gets a number, as drives do. Bytes not given are made up."""
        number = next(self.ids)
        held = NOTHING if is_dir else content or Made(f"file {number}", size)
        return self._put(Item(number, parent, self._free_name(parent, name), is_dir, now, held))

    def fill(self, parent: int, number: int, now: float) -> None:
        """Put many small files into a folder, one an hour, with names nobody has there yet."""
        for at in range(number):
            kind, size = _MANY[at % len(_MANY)]
            made = Made(f"many {at}", size + at % 977)
            name = f"{kind[0]} {at + 1:05d}.{kind[1]}"
            self._put(Item(next(self.ids), parent, name, is_dir=False, created=now - 3600 * at, content=made))

    def _put(self, item: Item) -> Item:
        self.items[item.id] = item
        self._inside[item.parent][item.id] = item
        return item

    def move(self, item: Item, parent: int) -> None:
        """Put an item into another folder."""
        del self._inside[item.parent][item.id]
        item.parent, item.name = parent, self._free_name(parent, item.name)
        self._inside[parent][item.id] = item

    def has(self, parent: int, name: str) -> bool:
        """Tell whether a folder has something of this name."""
        return any(item.name == name for item in self._inside[parent].values())

    def _free_name(self, parent: int, name: str) -> str:
        taken = {item.name for item in self._inside[parent].values()}
        if name not in taken:
            return name
        stem, dot, ext = name.rpartition(".")
        base, tail = (stem, dot + ext) if stem else (name, "")
        return next(shown for n in count(1) if (shown := f"{base}({n}){tail}") not in taken)

    def children(self, parent: int) -> list[Item]:
        """Return what lies directly in a folder, folders first."""
        return sorted(self._inside[parent].values(), key=lambda item: (not item.is_dir, item.name))

    def below(self, root: int) -> Iterator[Item]:
        """Go through everything under a folder."""
        for item in self.children(root):
            yield item
            if item.is_dir:
                yield from self.below(item.id)

    def weight(self, item: Item) -> int:
        """Return the bytes of an item and of all below it."""
        return item.size + sum(one.size for one in self.below(item.id))

    def at(self, root: int, path: str) -> Item | None:
        """Return the folder at a path below a root."""
        here = self.items[root]
        for part in filter(None, path.split("/")):
            found = [i for i in self.children(here.id) if i.name == part and i.is_dir]
            if not found:
                return None
            here = found[0]
        return here

    def make_path(self, root: int, path: str, now: float) -> Item:
        """Return the folder at a path, making what is missing."""
        here = self.items[root]
        for part in filter(None, path.split("/")):
            found = [i for i in self.children(here.id) if i.name == part and i.is_dir]
            here = found[0] if found else self.add(here.id, part, now, is_dir=True)
        return here

    def path(self, item: Item) -> str:
        """Return an item's path from the drive's root."""
        names = []
        while item.parent >= 0:
            names.append(item.name)
            item = self.items[item.parent]
        return "/" + "/".join(reversed(names))

    def inside(self, root: int, item: Item) -> bool:
        """Tell whether an item lies below a root."""
        while item.parent >= 0:
            if item.parent == root:
                return True
            item = self.items[item.parent]
        return False

    def remove(self, item: Item) -> int:
        """Remove an item and all below it; returns the bytes that became free."""
        doomed = [item, *self.below(item.id)]
        for one in doomed:
            del self.items[one.id]
            del self._inside[one.parent][one.id]
        return sum(one.size for one in doomed)
