"""What Disk.Top remembers: codes, devices, grants, drives."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from sandbox.contents import Content, Kept
from sandbox.states.drive import Drive
from sandbox.states.grants import Grants
from sandbox.states.uploads import Session

SCOPES = ("user.read", "files.app_data", "files.read_all", "files.write_all", "share.read", "share.create")


@dataclass
class Code:
    """An authorization code with its PKCE challenge."""

    value: str
    person: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    expires_at: float
    used: bool = False


@dataclass
class Device:
    """A device that waits for somebody's consent."""

    device_code: str
    user_code: str
    scopes: tuple[str, ...]
    expires_at: float
    interval: float
    polled_at: float | None = None
    # asked → allowed | denied → used
    stage: str = "asked"
    person: int | None = None
    # So many of the next answers are slow_down, whatever the pace.
    slow_downs: int = 0


@dataclass
class DiskTop:
    """The stand-in's state."""

    codes: dict[str, Code] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    drives: dict[int, Drive] = field(default_factory=dict)
    # (person, surl) whose code was verified
    verified: set[tuple[int, str]] = field(default_factory=set)
    sharing: set[int] = field(default_factory=set)
    uploads: dict[str, Session] = field(default_factory=dict)
    # The bytes of finished uploads.
    kept: set[Kept] = field(default_factory=set)
    ids: Iterator[int] = field(default_factory=lambda: count(7001))

    def drive(self, person: int, now: float) -> Drive:
        """Return a person's drive."""
        if person not in self.drives:
            self.drives[person] = Drive(self.ids, now)
        return self.drives[person]

    def known(self, size: int, md5: str) -> Content | None:
        """Return bytes somebody has already, by their size and digest."""
        for drive in self.drives.values():
            for item in drive.items.values():
                if not item.is_dir and item.size == size and item.md5 == md5:
                    return item.content
        return None

    def tidy(self) -> None:
        """Throw away the bytes of finished uploads that lie in nobody's drive any more."""
        lying = (item.content for drive in self.drives.values() for item in drive.items.values())
        held = {content for content in lying if isinstance(content, Kept)}
        for content in self.kept - held:
            content.path.unlink(missing_ok=True)
        self.kept &= held

    def device_by_user_code(self, user_code: str) -> Device | None:
        """Return the device whose code somebody typed."""
        typed = user_code.replace("-", "").replace(" ", "").upper()
        return next((d for d in self.devices.values() if d.user_code.replace("-", "") == typed), None)
