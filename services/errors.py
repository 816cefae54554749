"""What can go wrong in a use case; errors carry data, never words for users."""

from dataclasses import dataclass
from typing import Literal

from clients.errors import ClientError
from storage.attempts import Attempt
from storage.links import Link

AttemptKind = Literal["unknown", "expired", "used", "denied", "foreign", "browser", "failed", "interrupted"]
TransferKind = Literal[
    "code_needed",
    "wrong_code",
    "expired",
    "premium",
    "invalid",
    "gone",
    "file_gone",
    "full",
    "filled",
    "too_many",
    "too_many_folders",
    "bad_folder",
]
DriveKind = Literal["gone", "dest_gone", "conflict", "full", "inside", "doubtful"]
UploadKind = Literal[
    "too_many",
    "too_big",
    "too_big_for_bot",
    "address",
    "source_gone",
    "source_refused",
    "source_down",
    "no_folder",
    "full",
    "no_room",
    "slow",
    "refused",
    "service_down",
    "unjoined",
    "corrupt",
    "failed",
    "unknown",
]


class ServiceError(Exception):
    """Be any failure that a use case foresees."""


def for_log(error: Exception) -> str:
    """Say an error to the log: a client's own text is made for that, of others the name is safe."""
    return str(error) if isinstance(error, ClientError) else type(error).__name__


@dataclass(eq=False)
class ServiceOff(ServiceError):
    """The operator has not set this service up."""

    service: str


@dataclass(eq=False)
class NotLinked(ServiceError):
    """The user has not linked this service."""

    service: str


@dataclass(eq=False)
class LinkLost(ServiceError):
    """The service took the user's grant back; they can link again."""

    service: str


@dataclass(eq=False)
class Relinked(ServiceError):
    """The user linked this service anew in the middle of something: what is left of it was not done."""

    service: str


@dataclass(eq=False)
class MissingScope(ServiceError):
    """The user's grant does not cover this; linking again can mend it."""

    service: str
    scope: str


@dataclass(eq=False, repr=False)
class AttemptProblem(ServiceError):
    """Linking did not go on; `attempt` is there where one was found, `link` where it had worked before.

    unknown: no such ticket, state or nonce; expired; used: it worked once already; denied: the user said
    no to the service; foreign: somebody else came back; browser: another browser came back; failed: the
    service answered with an error (`detail` is its code, `__cause__` the client's error where one is);
    interrupted: its secret is spent, but what it was spent for never came to an end.
    """

    kind: AttemptKind
    service: str | None = None
    attempt: Attempt | None = None
    link: Link | None = None
    detail: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} ({self.service})"


@dataclass(eq=False)
class TransferProblem(ServiceError):
    """A share cannot be saved: the kind says why.

    Bytes are given when the drive is full; it may have filled up after `saved` files.
    """

    kind: TransferKind
    service: str = "disktop"
    needed: int = 0
    free: int = 0
    limit: int = 0
    saved: int = 0


@dataclass(eq=False)
class DriveProblem(ServiceError):
    """Something in the person's own drive cannot be done.

    gone: it is no longer there; dest_gone: the folder `dest` is not; conflict: the name is taken; full;
    inside: a folder cannot go into itself; doubtful: whether it was copied to `dest` is not known.
    """

    kind: DriveKind
    service: str = "disktop"
    name: str = ""
    dest: str = ""


@dataclass(eq=False)
class UploadProblem(ServiceError):
    """Something cannot be uploaded.

    too_many: `limit` uploads wait already; too_big: for us, `limit` bytes; too_big_for_bot: Telegram hands
    bots `limit` bytes at most without a Bot API server of one's own; address: not one that may be fetched;
    source_gone, source_refused, source_down: nothing there, not for us, not reachable for long; no_folder:
    the folder is gone; full: the drive; no_room: this machine; slow: others go first; refused: the drive says
    why in `message`; service_down: the drive, for long; unjoined: it has all of it and makes no file of it;
    corrupt: what arrived differs, twice; failed: by a fault of our own; unknown: no such upload.
    """

    kind: UploadKind
    service: str = "disktop"
    limit: int = 0
    message: str | None = None


@dataclass(eq=False)
class TooManyLinks(ServiceError):
    """More links were given than one run takes."""

    count: int
    limit: int


@dataclass(eq=False)
class NoLinks(ServiceError):
    """There is no link in what was given."""
