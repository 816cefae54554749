"""What lies in a folder of the drive, and in which orders people want to see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from clients.disktop.models import DriveFile, Folder
from services.order import natural


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder of the drive; `created` is known where the server told it."""

    id: int
    name: str
    is_dir: bool
    size: int = 0
    md5: str | None = None
    created: float | None = None

    @property
    def key(self) -> tuple[bool, int]:
        """Return what tells it apart: folders and files may be counted each for themselves."""
        return self.is_dir, self.id

    @property
    def ext(self) -> str:
        """Return the extension in small letters, without its dot."""
        stem, dot, ext = self.name.rpartition(".")
        return ext.casefold() if dot and stem and not self.is_dir else ""


class Sort(StrEnum):
    """An order of a folder; folders always come before files."""

    SERVER = "server"
    NAME = "name"
    SIZE = "size"
    NEWEST = "newest"


def of_folder(folder: Folder) -> Entry:
    """Return a listed folder as an entry."""
    return Entry(folder.id, folder.name, is_dir=True)


def of_file(file: DriveFile) -> Entry:
    """Return a listed file as an entry."""
    return Entry(file.id, file.name, False, file.size, file.md5, file.create_time)


def ordered(entries: Iterable[Entry], sort: Sort) -> tuple[Entry, ...]:
    """Return entries in an order, folders first."""
    everything = list(entries)
    folders = [entry for entry in everything if entry.is_dir]
    files = [entry for entry in everything if not entry.is_dir]
    if sort in (Sort.NAME, Sort.SIZE):
        folders.sort(key=lambda entry: (natural(entry.name), entry.id))
    if sort is Sort.NAME:
        files.sort(key=lambda entry: (natural(entry.name), entry.id))
    elif sort is Sort.SIZE:
        files.sort(key=lambda entry: (-entry.size, natural(entry.name), entry.id))
    elif sort is Sort.NEWEST:
        folders.sort(key=lambda entry: -entry.id)
        # The documented listing has no dates; ids count upwards, so they tell what came later.
        dated = all(entry.created is not None for entry in files)
        files.sort(key=lambda entry: (-(entry.created or 0) if dated else 0, -entry.id))
    return (*folders, *files)
