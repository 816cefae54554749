"""What Mika remembers: accounts, tokens, categories, videos, transcoding tasks, uploads, settings."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sandbox.contents import Content
from sandbox.states.uploads import Arriving

# What an account may do: everything, keep videos of its own, or only look.
RIGHTS = ("admin", "member", "reader")
INVITE_CODES = {"ABC123": 100, "HIVE2026": 50}
SETTINGS: dict[str, Any] = {
    "site_name": "米卡云转码",
    "site_url": "https://mika.example.com",
    "site_description": "家庭影音的云端转码站",
    "allow_register": True,
    "max_upload_mb": 20_480,
    "transcode_preset": "medium",
    "transcode_concurrency": 2,
    "watermark_text": "",
}


@dataclass
class Account:
    """One account of the site, with its API key."""

    id: int
    person: int | None
    username: str
    password: str
    email: str
    nickname: str
    rights: str
    key: str
    secret: str
    created_at: float
    avatar: str = ""
    vip_level: int = 0
    vip_expire: str | None = None
    points: int = 0
    calls: list[float] = field(default_factory=list)


@dataclass
class Token:
    """A login's token."""

    account: int
    expires_at: float


@dataclass
class Category:
    """A category; the parent 0 is none."""

    id: int
    name: str
    parent: int
    sort: int


@dataclass
class Video:
    """A video; it can be played once its task is done."""

    id: int
    owner: int
    title: str
    description: str
    category: int
    tags: list[str]
    duration: int
    resolution: str
    views: int
    created_at: float
    content: Content
    # pending → published | failed
    status: str = "pending"
    # A bit turned over on the way: no transcoder can read it.
    damaged: bool = False


@dataclass
class Task:
    """A transcoding task; how far it is follows from the clock, until it is over."""

    id: int
    video: int
    created_at: float
    queue_seconds: float
    work_seconds: float
    # At so many per cent it fails; None: it does not.
    fails_at: int | None = None
    # completed, failed or cancelled; None while it goes on.
    outcome: str | None = None
    ended_at: float | None = None
    tries: int = 1

    @property
    def begins_at(self) -> float:
        """Return when its turn comes."""
        return self.created_at + self.queue_seconds


@dataclass(kw_only=True)
class VideoUpload(Arriving):
    """An upload in chunks."""

    title: str
    category: int
    damaged: bool = False


@dataclass
class Mika:
    """The stand-in's state."""

    accounts: dict[int, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    categories: dict[int, Category] = field(default_factory=dict)
    videos: dict[int, Video] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    uploads: dict[str, VideoUpload] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    used_codes: set[str] = field(default_factory=set)
    # So many of the tasks to come fail at this per cent.
    failing: int = 0
    fails_at: int = 45
    ids: Iterator[int] = field(default_factory=lambda: count(101))

    def account_of(self, person: int) -> Account:
        """Return somebody's account."""
        return next(account for account in self.accounts.values() if account.person == person)

    def named(self, username: str) -> Account | None:
        """Return the account of a name."""
        return next((a for a in self.accounts.values() if a.username == username), None)

    def below(self, category: int) -> set[int]:
        """Return a category and all below it."""
        found = {category}
        while more := {c.id for c in self.categories.values() if c.parent in found} - found:
            found |= more
        return found
