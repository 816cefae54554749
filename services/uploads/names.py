"""Names as drives take them, made from whatever a source calls its file."""

import re
from pathlib import PurePosixPath

NOT_IN_NAMES = re.compile(
    r'[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff/\\:*?"<>|]'
)
LONGEST = 240
NAMELESS = "file"


def fit_name(*names: str) -> str:
    """Return the first of the names that leaves something when made fit for a drive."""
    for name in names:
        fit = _shortened(" ".join(NOT_IN_NAMES.sub(" ", name).split()).strip(" ."))
        if fit:
            return fit
    return NAMELESS


def _shortened(name: str) -> str:
    """Cut the stem, keep the ending: it says what the file is."""
    if len(name.encode()) <= LONGEST:
        return name
    ending = PurePosixPath(name).suffix
    ending = ending if len(ending.encode()) <= 20 else ""
    room = LONGEST - len(ending.encode())
    return name.removesuffix(ending).encode()[:room].decode(errors="ignore").rstrip(" .") + ending
