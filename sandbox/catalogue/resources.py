"""What people share on HDHive: 0 to 8 resources a title, on all drives."""

import random
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.catalogue.links import LOWER, PAN_TYPES, UNCHECKED, make_url, with_code
from sandbox.catalogue.shares import Share, ShareMaker
from sandbox.catalogue.titles import Title

PRICES = (1, 2, 3, 3, 4, 5, 5, 6, 8, 8, 10, 12, 15, 20, 30)
QUALITIES = (
    ("2160p BluRay REMUX DV HDR", ["4K"], ["蓝光原盘/REMUX"], (48.0, 96.0)),
    ("2160p WEB-DL HDR10", ["4K"], ["WEB-DL/WEBRip"], (14.0, 32.0)),
    ("1080p BluRay x265", ["1080P"], ["BDRip/BluRayEncode"], (6.0, 18.0)),
    ("1080p WEB-DL", ["1080P"], ["WEB-DL/WEBRip"], (3.0, 9.0)),
    ("2160p+1080p BluRay", ["4K", "1080P"], ["BDRip/BluRayEncode", "WEB-DL/WEBRip"], (20.0, 60.0)),
    ("720p HDTV", ["720P"], ["HDTV/HDTVRip"], (1.2, 4.0)),
)
SUBTITLES: tuple[tuple[list[str], list[str]], ...] = (
    (["简中", "英语"], ["内封"]),
    (["简中", "繁中", "英语"], ["内封", "外挂"]),
    (["双语字幕"], ["内嵌"]),
    (["简中"], ["外挂"]),
    ([], []),
)
REMARKS = (
    None,
    None,
    None,
    "杜比视界，需支持的播放器",
    "已刮削，含海报与 nfo",
    "国英双语，内封特效字幕",
    "Full season pack",
)
# One title that has a bit of everything, for a first look: drive, price, verdict.
SHOWCASE = {
    ("movie", 438631): (
        ("quark", 0, "alive"),
        ("disktop", 3, "alive"),
        ("quark", 5, "alive"),
        ("115", 8, "alive"),
        ("baidu", 4, "dead"),
        ("ali", 0, "uncertain"),
        ("xunLei", 2, "locked"),
        ("magnet", 0, "unsupported"),
    )
}


class Verdict(StrEnum):
    """What is true of a link, whoever asks."""

    ALIVE = "alive"
    DEAD = "dead"
    LOCKED = "locked"
    UNSUPPORTED = "unsupported"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Sharer:
    """Who shares a resource on HDHive."""

    id: int
    nickname: str
    person: int | None = None


SHARERS = (
    Sharer(7, "官方小助手"),
    Sharer(312, "影海拾贝"),
    Sharer(2048, "remux_hunter"),
    Sharer(90210, "西瓜字幕组"),
    Sharer(5150, "Ms. Polaroid"),
    Sharer(66, "老胶片"),
    Sharer(48213, "雨夜放映员", 1001),
    Sharer(50377, "Big Ben", 1002),
    Sharer(1964, "陈师傅", 1003),
)


@dataclass
class Resource:
    """One shared resource; who paid for it is in `unlocked_by`."""

    slug: str
    media_type: str
    tmdb_id: int
    title: str | None
    pan_type: str
    url: str
    access_code: str | None
    unlock_points: int | None
    verdict: Verdict
    owner: Sharer
    share_size: str | None = None
    video_resolution: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    subtitle_language: list[str] = field(default_factory=list)
    subtitle_type: list[str] = field(default_factory=list)
    remark: str | None = None
    is_official: bool = False
    is_anonymous: bool = False
    hide_link: bool = False
    unlocked_users_count: int = 0
    created_at: int = 0
    unlocked_by: set[int] = field(default_factory=set)
    own: bool = False

    @property
    def full_url(self) -> str:
        """Return the link that carries its code."""
        return with_code(self.pan_type, self.url, self.access_code)


class ResourceMaker:
    """Make the resources of all titles."""

    def __init__(self, rng: random.Random, shares: ShareMaker) -> None:
        self.rng = rng
        self.shares = shares

    def for_title(self, title: Title, index: int) -> list[Resource]:
        """Make a title's resources: every eleventh has none, every third one on Disk.Top."""
        if title.key in SHOWCASE:
            return [self._one(title, drive, price, Verdict(v)) for drive, price, v in SHOWCASE[title.key]]
        if index % 11 == 10:
            return []
        drives = self.rng.choices(list(PAN_TYPES), k=self.rng.choice((0, 1, 2, 3, 3, 4, 5, 6, 7)))
        if index % 3 == 0 or self.rng.random() < 0.25:
            drives.append("disktop")
        return [self._one(title, drive, self._price(), self._verdict(drive)) for drive in drives]

    def another(self, title: Title, drive: str | None = None, verdict: Verdict = Verdict.ALIVE) -> Resource:
        """Make one more resource of a title, shared just now by somebody else; nobody has it yet."""
        drives = [kind for kind in PAN_TYPES if kind not in UNCHECKED] + ["disktop"]
        made = self._one(title, drive or self.rng.choice(drives), self._price(), verdict)
        made.owner, made.own = self.rng.choice(SHARERS[1:6]), False
        made.is_official, made.unlocked_by, made.unlocked_users_count = False, set(), 0
        return made

    def _price(self) -> int | None:
        draw = self.rng.random()
        if draw < 0.1:
            return None
        return 0 if draw < 0.36 else self.rng.choice(PRICES)

    def _verdict(self, drive: str) -> Verdict:
        weights = (88, 12, 0, 0) if drive == "disktop" else (74, 14, 6, 6)
        drawn = self.rng.choices((Verdict.ALIVE, Verdict.DEAD, Verdict.LOCKED, Verdict.UNCERTAIN), weights)[0]
        return Verdict.UNSUPPORTED if drive in UNCHECKED and drive != "disktop" else drawn

    def _one(self, title: Title, drive: str, price: int | None, verdict: Verdict) -> Resource:
        rng = self.rng
        name, resolution, source, (low, high) = rng.choice(QUALITIES)
        languages, kinds = rng.choice(SUBTITLES)
        url, code = self._link(title, drive, name, verdict)
        size = f"{rng.uniform(low, high):.1f} GB"
        if title.media_type == "tv" and rng.random() < 0.4:
            size = f"{rng.uniform(1, 9):.0f}GB/集"
        people = 0 if title.key in SHOWCASE else 1
        owner = rng.choices(SHARERS, (3, 5, 5, 4, 4, 4, people, people, people))[0]
        return Resource(
            slug=f"{rng.getrandbits(128):032x}",
            media_type=title.media_type,
            tmdb_id=title.id,
            title=f"{title.title['zh']} {title.year} {name}" if rng.random() > 0.08 else None,
            pan_type=drive,
            url=url,
            access_code=code,
            unlock_points=price,
            verdict=verdict,
            owner=owner,
            share_size=size if rng.random() > 0.06 else None,
            video_resolution=list(resolution),
            source=list(source),
            subtitle_language=list(languages),
            subtitle_type=list(kinds),
            remark=rng.choice(REMARKS),
            is_official=owner.id == 7 and title.key not in SHOWCASE,
            unlocked_users_count=rng.randrange(400),
            created_at=1_700_000_000 + rng.randrange(60_000_000),
            unlocked_by=self._owners(title),
            own=owner.person is not None,
        )

    def _owners(self, title: Title) -> set[int]:
        if title.key in SHOWCASE:
            return set()
        return {person for person in (1001, 1002, 1003) if self.rng.random() < 0.1}

    def _link(self, title: Title, drive: str, quality: str, verdict: Verdict) -> tuple[str, str | None]:
        if drive == "disktop":
            locked = title.key in SHOWCASE or self.rng.random() < 0.4
            share: Share = self.shares.for_title(
                title, quality.replace(" ", "."), locked=locked, dead=verdict is Verdict.DEAD
            )
            return share.url, share.code
        code = None
        if PAN_TYPES[drive] or (verdict is Verdict.LOCKED and drive != "magnet"):
            code = "".join(self.rng.choices(LOWER, k=4))
        return make_url(drive, f"{title.title['en']} {title.year}", self.rng), code
