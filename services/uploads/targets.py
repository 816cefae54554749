"""Where uploads go: what every drive must be able to do for them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from services.uploads.model import Stored

Body = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True)
class Facts:
    """Be what a drive is told of a file before it gets it."""

    name: str = field(repr=False)
    size: int
    md5: str
    mime: str | None = None


class Session(BaseModel):
    """Be an upload that a drive has begun; parts count from 1."""

    model_config = ConfigDict(frozen=True)

    ref: str = Field(repr=False)
    endpoint: str = Field(default="", repr=False)
    chunk_size: int = Field(gt=0)
    total_parts: int = Field(ge=0)
    expires_at: float
    # What it was begun for: it serves for nothing else; without a folder, for any.
    folder: str | None = Field(repr=False)
    name: str = Field(repr=False)
    size: int
    md5: str
    # At Mika: all bytes in one form, and what the video was called when it was begun.
    whole: bool = False
    title: str = Field(default="", repr=False)
    category_id: int | None = None

    def serves(self, folder: str, facts: Facts, now: float) -> bool:
        """Tell whether it still is the session for this file."""
        mine = (folder if self.folder is None else self.folder, self.name, self.size, self.md5)
        return mine == (folder, facts.name, facts.size, facts.md5) and self.expires_at > now

    def length(self, part: int) -> int:
        """Return the bytes of a part."""
        return min(self.chunk_size, self.size - (part - 1) * self.chunk_size)


class Missing(Exception):
    """Say that a drive does not have all parts yet."""


class Damaged(Exception):
    """Say that what a drive got is not what was sent."""


class Target(Protocol):
    """Be a drive that takes files in parts; errors are ClientErrors, NotFound for a session that is gone.

    One that `tells` knows which parts have arrived. With `follows` something happens to a file after it is up
    that its person wants to see.
    """

    tells: bool
    follows: bool

    async def ready(self, user_id: int) -> None:
        """Raise ServiceOff, NotLinked or LinkLost where the person cannot upload at all."""
        ...

    async def begin(self, user_id: int, folder: str, facts: Facts) -> Session | Stored:
        """Begin an upload, or end it at once where the drive knows the bytes."""
        ...

    async def parts(self, user_id: int, session: Session) -> frozenset[int] | None:
        """Return which parts have arrived whole, or None where the drive does not tell."""
        ...

    async def send(self, user_id: int, session: Session, part: int, body: Body) -> None:
        """Send one part; it may be sent again."""
        ...

    async def complete(self, user_id: int, session: Session) -> Stored:
        """Make the parts a file, or raise Missing or Damaged; may be asked again."""
        ...

    async def abort(self, session: Session) -> None:
        """Have the drive drop what it got."""
        ...

    async def find(self, user_id: int, folder: str, facts: Facts) -> Stored | None:
        """Read back whether the file is there, after an answer that was lost."""
        ...

    async def discard(self, user_id: int, stored: Stored) -> None:
        """Delete a file that arrived damaged."""
        ...
