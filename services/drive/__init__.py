"""The person's own Disk.Top drive: look into it, and change it."""

from services.drive.changes import Changes, Done
from services.drive.entries import Entry, Sort
from services.drive.links import PlayLink, TimedLink
from services.drive.own import Drive, Found
from services.drive.reading import FolderPage
from services.drive.weighing import Weight

__all__ = [
    "Changes",
    "Done",
    "Drive",
    "Entry",
    "FolderPage",
    "Found",
    "PlayLink",
    "Sort",
    "TimedLink",
    "Weight",
]
