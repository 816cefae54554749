"""Shares on Disk.Top: folders of films and episodes, with and without access code."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from sandbox.catalogue.titles import Title
from sandbox.contents import Made

MIB = 1024**2
GIB = 1024**3
LONG_AGO = 1_600_000_000


@dataclass
class Node:
    """A file or a folder in a share."""

    id: int
    name: str
    size: int = 0
    is_dir: bool = False
    children: list["Node"] = field(default_factory=list)

    @property
    def ext(self) -> str:
        """Return the extension without its dot."""
        return "" if self.is_dir or "." not in self.name else self.name.rsplit(".", 1)[1].lower()

    @property
    def content(self) -> Made:
        """Return the file's bytes."""
        return Made(f"shared {self.id}", self.size)

    def walk(self) -> Iterator["Node"]:
        """Go through this node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Share:
    """One share behind `https://disk.top/s/{surl}`."""

    surl: str
    name: str
    nodes: list[Node]
    code: str | None = None
    expire_time: int = 0
    premium: bool = False
    deleted: bool = False

    @property
    def kind(self) -> int:
        """Return 0 for a single file, 1 for a folder share."""
        return 0 if len(self.nodes) == 1 and not self.nodes[0].is_dir else 1

    def walk(self) -> Iterator[Node]:
        """Go through everything in the share."""
        for node in self.nodes:
            yield from node.walk()

    def find(self, node_id: int) -> Node | None:
        """Return the node with an id."""
        return next((node for node in self.walk() if node.id == node_id), None)

    def files(self) -> list[Node]:
        """Return all files."""
        return [node for node in self.walk() if not node.is_dir]

    @property
    def url(self) -> str:
        """Return the address people paste."""
        return f"https://disk.top/s/{self.surl}"


class ShareMaker:
    """Make shares with ids that never repeat."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.ids = count(12_345)
        self.made: dict[str, Share] = {}

    def file(self, name: str, size: int) -> Node:
        """Make a file."""
        return Node(next(self.ids), name, size)

    def folder(self, name: str, children: list[Node]) -> Node:
        """Make a folder."""
        return Node(next(self.ids), name, is_dir=True, children=children)

    def add(self, share: Share) -> Share:
        """Put a share into the stock."""
        self.made[share.surl] = share
        return share

    def for_title(self, title: Title, quality: str, *, locked: bool, dead: bool) -> Share:
        """Make a share of a film or of a series with its seasons."""
        surl = f"{self.rng.getrandbits(24):06x}"
        while surl in self.made:
            surl = f"{self.rng.getrandbits(24):06x}"
        nodes = self._series(title, quality) if title.seasons else self._film(title, quality)
        code = f"{self.rng.randrange(10_000):04d}" if locked else None
        return self.add(Share(surl, f"{title.title['zh']} ({title.year})", nodes, code=code, deleted=dead))

    def _film(self, title: Title, quality: str) -> list[Node]:
        stem = f"{title.title['en']} ({title.year}) {quality}"
        film = self.file(f"{stem}.mkv", self.rng.randrange(180, 420) * MIB)
        if self.rng.random() < 0.4:
            return [film]
        subtitles = [
            self.file(f"{stem}.{lang}.ass", self.rng.randrange(60, 140) * 1024) for lang in ("zh", "en")
        ]
        return [film, self.folder("字幕 Subs", subtitles)]

    def _series(self, title: Title, quality: str) -> list[Node]:
        seasons = []
        for number, episodes in enumerate(title.seasons, 1):
            shown = [
                self.file(
                    f"{title.title['en']}.S{number:02d}E{episode:02d}.{quality}.mkv",
                    self.rng.randrange(20, 60) * MIB,
                )
                for episode in range(1, episodes + 1)
            ]
            seasons.append(self.folder(f"Season {number:02d}", shown))
        return seasons

    def specials(self) -> None:
        """Make the shares whose addresses never change: one of each kind."""
        photos = self.folder("docs", [self.file("说明.txt", 2048), self.file("封面 cover.jpg", 180_000)])
        seasons = [
            self.folder(
                f"Season {s:02d}", [self.file(f"示例剧.S{s:02d}E{e:02d}.mkv", 32 * MIB) for e in range(1, 5)]
            )
            for s in (1, 2)
        ]
        self.add(Share("8d2f3a", "示例文件夹", [self.file("demo.mp4", 8_388_608), photos]))
        self.add(Share("c0de12", "示例剧集", seasons, code="1234"))
        self.add(Share("51f11e", "single.mp4", [self.file("single.mp4", 3 * MIB)]))
        self.add(Share("dead00", "已删除", [self.file("gone.mp4", MIB)], deleted=True))
        self.add(Share("0ld000", "已过期", [self.file("old.mp4", MIB)], expire_time=LONG_AGO))
        self.add(Share("b19b19", "巨大", [self.file("huge.remux.mkv", 88 * GIB)]))
        self.add(Share("9e0000", "会员专享", [self.file("premium.mkv", 90 * MIB)], premium=True))
