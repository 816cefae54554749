"""Files by id: bytes people or the bot sent, and pictures known only by address."""

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from sandbox.contents import BLOCK, Content, Kept, Shelf
from sandbox.intake import put
from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request
from sandbox.waiting import in_thread

DOWNLOAD_LIMIT = 20 * 1024 * 1024
# What a message calls a file: the folder it is downloaded from, and how its ids begin.
KINDS = {
    "photo": ("photos", "AgACAgUAAx"),
    "video": ("videos", "BAACAgUAAx"),
    "animation": ("animations", "CgACAgUAAx"),
    "audio": ("music", "CQACAgUAAx"),
    "voice": ("voice", "AwACAgUAAx"),
    "document": ("documents", "BQACAgUAAx"),
}
_PICTURED = ("photo", "video", "animation")
_TIMED = ("video", "animation", "audio", "voice")
_NAMED = ("video", "animation", "audio", "document")


@dataclass(frozen=True)
class StoredFile:
    """One file; `content` is None while only its address is known."""

    file_id: str
    unique_id: str
    kind: str
    name: str
    mime_type: str
    content: Content | None
    url: str | None = None
    width: int = 0
    height: int = 0
    duration: int = 0

    @property
    def path(self) -> str:
        """Return the path under /file/bot{token}/, which never has the file's own name."""
        return f"{KINDS[self.kind][0]}/file_{self.unique_id}{PurePath(self.name).suffix}"

    def shape(self) -> Json | list[Json]:
        """Return the file as a message carries it: one object, of a photo a list of sizes."""
        shape: Json = {"file_id": self.file_id, "file_unique_id": self.unique_id}
        if self.kind in _PICTURED:
            shape |= {"width": self.width or 1280, "height": self.height or 720}
        if self.kind in _TIMED:
            shape["duration"] = self.duration or 60
        if self.kind in _NAMED:
            shape["file_name"] = self.name
        if self.kind != "photo":
            shape["mime_type"] = self.mime_type
        if self.content is not None:
            shape["file_size"] = self.content.size
        return [shape] if self.kind == "photo" else shape

    def fields(self) -> Json:
        """Return the fields of a message that carries the file."""
        fields: Json = {self.kind: self.shape()}
        if self.kind == "animation":
            # For older bots Telegram says it twice.
            fields["document"] = self.shape()
        return fields


@dataclass
class FileStore:
    """All files of one sandbox; ids follow from the content, so they repeat from run to run."""

    shelf: Shelf
    _files: dict[str, StoredFile] = field(default_factory=dict)
    _by_path: dict[str, StoredFile] = field(default_factory=dict)
    _local: dict[str, Path] = field(default_factory=dict)

    def put(self, kind: str, name: str, mime_type: str, content: Content, **more: int) -> StoredFile:
        """Keep bytes; `more` is width, height and duration where they are known."""
        key = hashlib.sha256(f"{content.md5}:{name}:{kind}".encode()).hexdigest()
        return self._keep(key, kind, name, mime_type, content, None, more)

    def put_url(self, url: str, *, photo: bool) -> StoredFile:
        """Keep an address; nothing is fetched until someone looks."""
        kind = "photo" if photo else "document"
        key = hashlib.sha256(f"{url}:{kind}".encode()).hexdigest()
        name = url.rsplit("/", 1)[-1].split("?", maxsplit=1)[0] or "file"
        size = {"width": 500, "height": 750} if photo else {}
        return self._keep(key, kind, name, "application/octet-stream", None, url, size)

    def get(self, file_id: str) -> StoredFile | None:
        """Return a file by id."""
        return self._files.get(file_id)

    def by_path(self, path: str) -> StoredFile | None:
        """Return a file by its download path."""
        return self._by_path.get(path)

    def forget(self) -> None:
        """Forget all files."""
        for known in (self._files, self._by_path, self._local):
            known.clear()

    async def describe(self, file_id: str, server: str) -> Json:
        """Return the Bot API's File, or Telegram's refusal.

        Telegram's own server gives files up to 20 MB; a local one gives all, by their path on the disk
        ("path") or over HTTP behind a web server ("http").
        """
        file = self.get(file_id)
        if file is None:
            raise bad_request("invalid file_id")
        answer: Json = {"file_id": file_id, "file_unique_id": file.unique_id, "file_path": file.path}
        if file.content is None:
            return answer
        if file.content.size > DOWNLOAD_LIMIT and server == "off":
            raise bad_request("file is too big")
        answer["file_size"] = file.content.size
        if server == "path":
            answer["file_path"] = str(await self._on_disk(file, file.content))
        return answer

    async def _on_disk(self, file: StoredFile, content: Content) -> Path:
        if file.file_id not in self._local:
            path = content.path if isinstance(content, Kept) else await self._written(content)
            self._local[file.file_id] = path
        return self._local[file.file_id]

    async def _written(self, content: Content) -> Path:
        path, at = self.shelf.place("local"), 0
        with path.open("wb", buffering=BLOCK) as out:
            async for block in content.blocks(0, content.size):
                await in_thread(put, out.fileno(), block, at)
                at += len(block)
        return path

    def _keep(
        self,
        key: str,
        kind: str,
        name: str,
        mime: str,
        content: Content | None,
        url: str | None,
        more: dict[str, int],
    ) -> StoredFile:
        file_id, unique = f"{KINDS[kind][1]}{key[:40]}", f"AQAD{key[:12]}"
        file = StoredFile(file_id, unique, kind, name, mime, content, url, **more)
        self._files[file.file_id] = self._by_path[file.path] = file
        return file


def picture_size(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG or JPEG from its beginning, or Telegram's refusal."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return _sized(int(width), int(height))
    if content[:2] == b"\xff\xd8":
        return _jpeg_size(content)
    raise bad_request("IMAGE_PROCESS_FAILED")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return _sized(int(width), int(height))
        at += 2 + length
    raise bad_request("IMAGE_PROCESS_FAILED")


def _sized(width: int, height: int) -> tuple[int, int]:
    longer, shorter = max(width, height), min(width, height)
    if shorter < 1 or width + height > 10_000 or longer > 20 * shorter:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height
