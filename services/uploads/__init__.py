"""Uploads into a drive: they queue, survive cuts and restarts, and tell how far they are."""

from services.uploads.about import About
from services.uploads.model import (
    MAX_BYTES,
    MAX_WAITING,
    OnChange,
    Opened,
    Opener,
    Source,
    Stage,
    Stored,
    Transcode,
    Upload,
    UploadView,
)
from services.uploads.queue import Uploads

__all__ = [
    "MAX_BYTES",
    "MAX_WAITING",
    "About",
    "OnChange",
    "Opened",
    "Opener",
    "Source",
    "Stage",
    "Stored",
    "Transcode",
    "Upload",
    "UploadView",
    "Uploads",
]
