"""What lies on ACGBT at the start: categories, resources, and torrent files one can really open."""

import random
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from urllib.parse import quote

from sandbox.catalogue.titles import Title

# id, name, parent
CATEGORIES: tuple[tuple[int, str, int | None], ...] = (
    (1, "动画", None),
    (2, "番剧", 1),
    (3, "剧场版", 1),
    (4, "影视", None),
    (5, "电影", 4),
    (6, "电视剧", 4),
    (7, "音乐", None),
    (8, "漫画", None),
    (9, "游戏", None),
    (10, "学习资料", None),
)
GROUPS = ("桜都字幕组", "喵萌奶茶屋", "ANi", "LoliHouse", "北宇治字幕组", "VCB-Studio")
QUALITIES = (
    ("WebRip 1080p HEVC-10bit AAC", (0.3, 1.8)),
    ("BDRip 1080p HEVC FLAC", (2.0, 9.0)),
    ("2160p WEB-DL HDR", (6.0, 24.0)),
)
OTHERS = (
    (7, "葬送的芙莉莲 原声音乐集 / Frieren Original Soundtrack [FLAC]", 1.4),
    (7, "ヨルシカ 幻燈 [Hi-Res 96kHz/24bit]", 0.9),
    (7, "Arcane 双城之战 Season 1 OST [320K]", 0.3),
    (8, "進撃の巨人 全34巻 [电子版]", 3.1),
    (8, "黄金神威 第01-31卷 [台版]", 2.7),
    (9, "东方红魔乡 10周年纪念整合版", 0.6),
    (9, "Narcissu 水仙 中文版", 0.2),
)
AUTHORS = ("xiaoyu_acg", "ben_acg", "laochen_acg", "搬运姬", "nekomimi", "老胶片")
TALK = (
    "感谢分享！",
    "请问有字幕吗？",
    "速度很快，三分钟下完。",
    "求补种……",
    "画质非常好 👍",
    "Thanks for the upload!",
)
REPLIES = ("内封简繁双语。", "同求。", "已补种，在线到周末。", "You are welcome.")
GIB = 1024**3
_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
Bencoded = int | bytes | str | list["Bencoded"] | dict[str, "Bencoded"]


def bencode(value: Bencoded) -> bytes:
    """Write a value as BEP 3 says; keys in order of their bytes."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%b" % (len(value), value)
    if isinstance(value, list):
        return b"l%be" % b"".join(map(bencode, value))
    pairs = sorted((key.encode(), item) for key, item in value.items())
    return b"d%be" % b"".join(bencode(key) + bencode(item) for key, item in pairs)


def info_of(name: str, size: int, seed: str) -> dict[str, Bencoded]:
    """Return the info of a torrent of one file; its pieces are made up, but as many as there must be."""
    piece = 16 * 1024 * 1024
    pieces = random.Random(f"pieces:{seed}").randbytes(20 * max(1, -(-size // piece)))
    return {"length": size, "name": name, "piece length": piece, "pieces": pieces}


def infohash(info: dict[str, Bencoded]) -> str:
    """Return the v1 infohash in hex."""
    return sha1(bencode(info), usedforsecurity=False).hexdigest()


def torrent(info: dict[str, Bencoded]) -> bytes:
    """Return a torrent file."""
    return bencode(
        {"announce": "http://tracker.sandbox.invalid/announce", "created by": "sandbox", "info": info}
    )


def magnet(name: str, size: int, digest: str) -> str:
    """Return a magnet link that names its size."""
    tracker = quote("http://tracker.sandbox.invalid/announce", safe="")
    return f"magnet:?xt=urn:btih:{digest}&dn={quote(name)}&xl={size}&tr={tracker}"


def cid(seed: str, *, modern: bool) -> str:
    """Return a well-formed IPFS CID: version 0, or 1 in base32."""
    digest = sha256(seed.encode()).digest()
    if modern:
        return "b" + b32encode(b"\x01\x55\x12\x20" + digest).decode().lower().rstrip("=")
    number, word = int.from_bytes(b"\x12\x20" + digest), ""
    while number:
        number, rest = divmod(number, 58)
        word = _DIGITS[rest] + word
    return word


@dataclass
class Torrent:
    """One resource on ACGBT."""

    id: int
    title: str
    category_id: int
    description: str
    author: str
    created_at: float
    images: list[str] = field(default_factory=list)
    image_layout: int = 1
    file_size: int | None = None
    seeders: int = 0
    leechers: int = 0
    downloads: int = 0
    torrent_file: str | None = None
    magnet_link: str | None = None
    ipfs_cid: str | None = None


@dataclass
class Remark:
    """One comment."""

    id: int
    resource_id: int
    author: str
    content: str
    created_at: float
    parent_id: int | None = None


def pictures(seed: str, count: int) -> list[str]:
    """Return paths of pictures, which are drawn when asked for."""
    return [f"/uploads/images/{sha256(f'{seed}:{n}'.encode()).hexdigest()[:16]}.png" for n in range(count)]


class TorrentMaker:
    """Make the stock; `files` gets the bytes of each torrent file by its path."""

    def __init__(self, seed: int, now: float) -> None:
        self.rng = random.Random(f"torrents:{seed}")
        self.now = now
        self.files: dict[str, bytes] = {}
        self.resources: dict[int, Torrent] = {}
        self.remarks: dict[int, Remark] = {}

    def fill(self, titles: Sequence[Title]) -> None:
        """Make two resources of every drawn film or series, one of the others, and some of other kinds."""
        for title in titles:
            drawn, series = 16 in title.genre_ids, title.media_type == "tv"
            category = (2 if series else 3) if drawn else (6 if series else 5)
            for _ in range(2 if drawn else 1):
                quality, (low, high) = self.rng.choice(QUALITIES)
                name = f"[{self.rng.choice(GROUPS)}] {title.title['zh']} / {title.title['en']} ({title.year})"
                self.add(category, f"{name} [{quality}]", round(self.rng.uniform(low, high) * GIB))
        for category, name, size in OTHERS:
            self.add(category, name, round(size * GIB))
        self._odd_ones()
        self._talk()

    def add(self, category: int, title: str, size: int) -> Torrent:
        """Make one resource with a magnet, mostly with a torrent file, pictures and a word about it."""
        rng, number = self.rng, len(self.resources) + 1
        info = info_of(f"{title}.mkv".replace("/", "-"), size, title)
        digest = infohash(info)
        path = f"/uploads/torrents/{digest}.torrent"
        self.files[path] = torrent(info)
        count = rng.choice((0, 1, 2, 3, 3, 4, 6))
        made = Torrent(
            id=number,
            title=title,
            category_id=category,
            description=f"## {title}\n\n**格式**：MKV · **字幕**：简繁内封\n\n- 片源：见标题\n- 做种：长期\n",
            author=rng.choice(AUTHORS),
            created_at=self.now - rng.randrange(3600, 700 * 86_400),
            images=pictures(f"{number}", count),
            image_layout=rng.choice((1, 2, 3)),
            file_size=size,
            seeders=rng.randrange(0, 400),
            leechers=rng.randrange(0, 60),
            downloads=rng.randrange(0, 9000),
            torrent_file=path if rng.random() < 0.85 else None,
            magnet_link=magnet(title, size, digest),
            ipfs_cid=cid(title, modern=number % 2 == 0) if rng.random() < 0.3 else None,
        )
        self.resources[number] = made
        return made

    def _odd_ones(self) -> None:
        """Add what real sites have as well: a picture that is gone, no size, no link but a CID."""
        gone = self.add(9, "图挂了的老资源 / Old upload with a dead picture", GIB // 3)
        gone.images = [*pictures("gone", 1), "/uploads/images/missing.png"]
        bare = self.add(10, "只有 IPFS 的公开课笔记 / Lecture notes on IPFS only", 1)
        bare.torrent_file = bare.magnet_link = bare.file_size = None
        bare.ipfs_cid, bare.images, bare.description = cid("notes", modern=True), [], ""

    def _talk(self) -> None:
        rng = self.rng
        for resource in list(self.resources.values())[::3]:
            for _ in range(rng.choice((1, 2, 4))):
                self._remarks(resource)
        # One that has several pages of them.
        for _ in range(30):
            self._remarks(self.resources[1])

    def _remarks(self, resource: Torrent) -> None:
        at = resource.created_at + self.rng.randrange(60, 3000)
        first = self.remark(resource.id, self.rng.choice(AUTHORS), self.rng.choice(TALK), at)
        if self.rng.random() < 0.5:
            self.remark(resource.id, resource.author, self.rng.choice(REPLIES), at + 500, first.id)

    def remark(
        self, resource: int, author: str, content: str, at: float, parent: int | None = None
    ) -> Remark:
        """Make one comment."""
        made = Remark(max(self.remarks, default=0) + 1, resource, author, content, at, parent)
        self.remarks[made.id] = made
        return made
