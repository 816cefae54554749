"""What Disk.Top answers (its Open Platform documents)."""

from clients.disktop.models.accounts import DeviceCode, Grant, ShareEnabled, Space, UserInfo
from clients.disktop.models.files import DriveFile, FileMeta, Folder, Found, Listing, MadeFolder, Managed
from clients.disktop.models.links import Download, Quality, VideoStream
from clients.disktop.models.shares import (
    SharedFile,
    SharedFiles,
    ShareInfo,
    ShareKind,
    Transferred,
    Verified,
    VideoMeta,
)
from clients.disktop.models.uploads import Completed, Part, Parts, Precreated, ReceivedChunk

__all__ = [
    "Completed",
    "DeviceCode",
    "Download",
    "DriveFile",
    "FileMeta",
    "Folder",
    "Found",
    "Grant",
    "Listing",
    "MadeFolder",
    "Managed",
    "Part",
    "Parts",
    "Precreated",
    "Quality",
    "ReceivedChunk",
    "ShareEnabled",
    "ShareInfo",
    "ShareKind",
    "SharedFile",
    "SharedFiles",
    "Space",
    "Transferred",
    "UserInfo",
    "Verified",
    "VideoMeta",
    "VideoStream",
]
