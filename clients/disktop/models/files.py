"""The user's own files and folders."""

from typing import Annotated

from clients.models import Count, MaybeDecimal, MaybeText, MaybeWhole, Model, OrEmpty, Text, Whole


class Folder(Model):
    """A folder in the user's drive."""

    id: Whole
    name: Text = ""


class DriveFile(Model):
    """A file in the user's drive; size in bytes, `create_time` in unix seconds where a server tells it."""

    id: Whole
    name: Text = ""
    size: Count = 0
    md5: MaybeText = None
    create_time: MaybeDecimal = None


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


class Found(Model):
    """Files found by name; `total` counts all of them, `files` may hold fewer."""

    files: Annotated[tuple[DriveFile, ...], OrEmpty]
    total: Count = 0


class FileMeta(DriveFile):
    """All that is known of one file; `path` is as the server names it, from the root of the drive."""

    ext: Text = ""
    mime: MaybeText = None
    path: Text = ""
    parent_folder: MaybeWhole = None


class Managed(Model):
    """How many files and folders an order changed."""

    affected: Count = 0
