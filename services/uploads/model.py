"""What an upload is made of: where it comes from, how far it is, what came of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from services.errors import ServiceError
from services.uploads.about import About

# Uploads of one person that wait or run.
MAX_WAITING = 20
MAX_BYTES = 50 * 1024**3


class Stage(StrEnum):
    """How far an upload is."""

    WAITING = "waiting"
    FETCHING = "fetching"
    INSTANT = "instant"
    SENDING = "sending"
    FINISHING = "finishing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Tell whether nothing more happens by itself."""
        return self in (Stage.DONE, Stage.FAILED, Stage.CANCELLED)


class Source(BaseModel):
    """Where the bytes come from.

    `ref` is an address, the file_id of a file Telegram holds, or the id of a file in the drive of `owner`.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["url", "telegram", "drive"]
    ref: str = Field(repr=False)
    name: str = Field(default="", repr=False)
    size: int | None = None
    mime: str | None = None
    owner: int | None = None


class Stored(BaseModel):
    """The file as it lies in the drive, or the video; `instant` when no byte had to be sent."""

    model_config = ConfigDict(frozen=True)

    file_id: int | None = None
    path: str = Field(default="", repr=False)
    size: int = 0
    md5: str = ""
    instant: bool = False


class Transcode(BaseModel):
    """How a video that is up is made playable, as far as its person may see."""

    model_config = ConfigDict(frozen=True)

    # A state of tasks; waiting before anybody looked, ready where only the video can be seen, gone and lost.
    state: str = "waiting"
    task_id: int | None = None
    progress: int = 0
    log: str = Field(default="", repr=False)
    # Without an administrator's rights: nobody can see how far it is.
    blind: bool = False
    since: float = 0.0
    # What was said of the video last, as it is kept; and why the site did not take it.
    told: str = Field(default="", repr=False)
    refused: str = Field(default="", repr=False)

    @property
    def over(self) -> bool:
        """Tell whether nothing more happens by itself."""
        return self.state in ("completed", "failed", "cancelled", "ready", "gone", "lost")


@dataclass(frozen=True)
class Upload:
    """Be one upload as the database knows it."""

    id: int
    user_id: int
    chat_id: int
    card_id: str | None
    service: str
    source: Source
    folder: str = field(repr=False)
    stage: Stage
    created_at: float
    updated_at: float
    # From the source, once it was opened; the name is then fit for a drive.
    name: str = field(default="", repr=False)
    size: int | None = None
    md5: str | None = None
    # Set while it waits after a fault of the source, the service or a full spool.
    retry_at: float | None = None
    stored: Stored | None = None
    # Of a video, what it is to be; and once it is up, how it is made playable.
    about: About | None = None
    transcode: Transcode | None = None
    # Why it failed: NotLinked, LinkLost, MissingScope, ServiceOff or UploadProblem; or why it waits for
    # another try: no_room, or source_down before a byte of it came; or for a place: slow.
    problem: ServiceError | None = None


@dataclass(frozen=True)
class UploadView:
    """Be an upload at one moment; `sent` of `total` bytes count the stage it is in (fetching or sending)."""

    upload: Upload
    sent: int = 0
    total: int | None = None
    # Bytes a second, and seconds to the end of the stage; None while nobody knows.
    speed: float | None = None
    seconds_left: float | None = None
    # How many of the same person go first.
    ahead: int = 0

    @property
    def stage(self) -> Stage:
        """Return how far it is."""
        return self.upload.stage


class Opened(Protocol):
    """Be a source that is open for reading from `offset` (0 where it could not go on from where it was)."""

    @property
    def name(self) -> str:
        """Return the file's name as the source has it."""
        ...

    @property
    def size(self) -> int | None:
        """Return the size of the whole file, None where the source does not tell."""
        ...

    @property
    def mime(self) -> str | None:
        """Return the kind of file."""
        ...

    @property
    def resumable(self) -> bool:
        """Tell whether it can be opened again in the middle."""
        ...

    @property
    def validator(self) -> str | None:
        """Return what changes when the bytes do."""
        ...

    @property
    def offset(self) -> int:
        """Return where the blocks begin."""
        ...

    def blocks(self) -> AsyncIterator[bytes]:
        """Yield the bytes in blocks."""
        ...


# Opens a source at an offset, if its bytes are still those of the validator.
Opener = Callable[[Source, int, str | None], AbstractAsyncContextManager[Opened]]
# Hears of an upload now and then, and always of its end (`final`; a crash may tell that twice).
OnChange = Callable[[int, UploadView, bool], Awaitable[None]]
