"""Public shares and what is in them."""

from enum import IntEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator

from clients.models import (
    Count,
    Flag,
    MaybeDecimal,
    MaybeText,
    MaybeWhole,
    Model,
    OrEmpty,
    Text,
    Whole,
    whole,
)


class Verified(Model):
    """Whether an access code was accepted; a bare success means yes."""

    verified: Flag = True


class ShareKind(IntEnum):
    """What a share holds."""

    FILE = 0
    FOLDER = 1
    UNKNOWN = -1

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - the enum's own signature
        return cls(-1)


def _share_kind(value: Any) -> ShareKind:
    words = {"file": 0, "folder": 1, "dir": 1}
    number = words.get(value.strip().casefold()) if isinstance(value, str) else None
    read = whole(value) if number is None else number
    return ShareKind.UNKNOWN if read is None else ShareKind(read)


class ShareInfo(Model):
    """A public share; `expire_time` is unix seconds, 0 for never."""

    surl: Text = ""
    type: Annotated[ShareKind, BeforeValidator(_share_kind)] = ShareKind.UNKNOWN
    need_pwd: Flag = False
    expire_time: Count = 0
    source_count: Count = 0
    premium: Flag = False


class SharedFile(Model):
    """A file or folder inside a share; sizes are bytes."""

    id: Whole
    name: Text = ""
    size: Count = 0
    ext: Text = ""
    is_dir: Flag = False


class SharedFiles(Model):
    """One folder of a share."""

    files: Annotated[tuple[SharedFile, ...], OrEmpty]


class Transferred(Model):
    """How many files arrived in the user's drive, and their new ids."""

    transferred: Count = 0
    file_ids: Annotated[tuple[Whole, ...], OrEmpty] = ()


class VideoMeta(Model):
    """Facts about a video for a player or a thumbnail."""

    duration: MaybeDecimal = None
    width: MaybeWhole = None
    height: MaybeWhole = None
    codec: MaybeText = None
    bitrate: MaybeWhole = None
    cover_url: MaybeText = None
