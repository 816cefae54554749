"""What Disk.Top answers (its Open Platform documents)."""

from enum import IntEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field

from clients.models import (
    Count,
    Decimal,
    Flag,
    MaybeDecimal,
    MaybeText,
    MaybeWhole,
    Model,
    OrEmpty,
    Text,
    Texts,
    Whole,
    decimal,
    whole,
)


def _seconds(default: float) -> BeforeValidator:
    return BeforeValidator(lambda value: default if (got := decimal(value)) is None else max(1.0, got))


class DeviceCode(Model):
    """A code to type (or scan) on another device; times are seconds."""

    device_code: Text = Field(min_length=1, repr=False)
    user_code: Text = Field(min_length=1, repr=False)
    verification_uri: Text = Field(min_length=1)
    verification_uri_complete: MaybeText = Field(default=None, repr=False)
    expires_in: Annotated[float, _seconds(600)] = 600.0
    # RFC 8628, 3.2: without an interval clients use 5 seconds.
    interval: Annotated[float, _seconds(5)] = 5.0


class Grant(Model):
    """What the user granted to this application."""

    client_id: MaybeText = None
    scopes: Texts = ()


class UserInfo(Model):
    """The linked account; times are unix seconds, 0 for never."""

    uid: Whole
    username: MaybeText = None
    nickname: MaybeText = None
    email: MaybeText = Field(default=None, repr=False)
    avatar_url: MaybeText = None
    is_vip: Flag = False
    vip_group: Count = 0
    vip_expire_ts: Count = 0
    storage_quota_bytes: Count = 0
    created_at_ts: Count = 0
    oauth: Grant | None = None


class Space(Model):
    """Bytes of the drive; `used_pct` is 0–100."""

    total_bytes: Count = 0
    used_bytes: Count = 0
    free_bytes: Count = 0
    used_pct: Decimal = 0.0


class ShareEnabled(Model):
    """Whether the user's account may share."""

    enabled: Flag = False
    note: MaybeText = None


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


class Quality(Model):
    """One rendition of a video."""

    name: Text = ""
    url: Text = Field(default="", repr=False)


class VideoStream(Model):
    """A play list that lives for `expires_in` seconds; `duration` is seconds."""

    stream_url: Text = Field(min_length=1, repr=False)
    duration: MaybeDecimal = None
    qualities: Annotated[tuple[Quality, ...], OrEmpty] = ()
    expires_in: Count = 600


class VideoMeta(Model):
    """Facts about a video for a player or a thumbnail."""

    duration: MaybeDecimal = None
    width: MaybeWhole = None
    height: MaybeWhole = None
    codec: MaybeText = None
    bitrate: MaybeWhole = None
    cover_url: MaybeText = None


class Download(Model):
    """A signed address that lives for `expires_in` seconds."""

    url: Text = Field(min_length=1, repr=False)
    file_id: MaybeWhole = None
    name: MaybeText = None
    size: Count = 0
    expires_in: Count = 600


class Folder(Model):
    """A folder in the user's drive."""

    id: Whole
    name: Text = ""


class DriveFile(Model):
    """A file in the user's drive; size in bytes."""

    id: Whole
    name: Text = ""
    size: Count = 0
    md5: MaybeText = None


class Listing(Model):
    """One page of a folder; `total` counts the whole folder."""

    path: Text = "/"
    folders: Annotated[tuple[Folder, ...], OrEmpty] = ()
    files: Annotated[tuple[DriveFile, ...], OrEmpty] = ()
    total: Count = 0


class MadeFolder(Model):
    """A folder just made; `path` is as the server names it."""

    folder_id: Whole
    name: Text = ""
    path: MaybeText = None
