"""Uploads into a drive: they queue, survive cuts and restarts, and tell how far they are."""

from services.uploads.model import (
    MAX_BYTES,
    MAX_WAITING,
    OnChange,
    Opened,
    Opener,
    Source,
    Stage,
    Stored,
    Upload,
    UploadView,
)
from services.uploads.queue import Uploads

__all__ = [
    "MAX_BYTES",
    "MAX_WAITING",
    "OnChange",
    "Opened",
    "Opener",
    "Source",
    "Stage",
    "Stored",
    "Upload",
    "UploadView",
    "Uploads",
]
