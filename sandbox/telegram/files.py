"""Files by id: bytes people or the bot sent, and pictures known only by address."""

import hashlib
import struct
from dataclasses import dataclass

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request

DOWNLOAD_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    """One file; `content` is None while only its address is known."""

    file_id: str
    unique_id: str
    name: str
    mime_type: str
    content: bytes | None
    url: str | None = None
    width: int = 0
    height: int = 0

    @property
    def path(self) -> str:
        """Return the path under /file/bot{token}/."""
        folder = "photos" if self.width else "documents"
        return f"{folder}/{self.unique_id}_{self.name}"

    def photo(self) -> list[Json]:
        """Return the Bot API's list of PhotoSize."""
        size: Json = {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "width": self.width or 500,
            "height": self.height or 750,
        }
        if self.content is not None:
            size["file_size"] = len(self.content)
        return [size]

    def document(self) -> Json:
        """Return the Bot API's Document."""
        document: Json = {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_name": self.name,
            "mime_type": self.mime_type,
        }
        if self.content is not None:
            document["file_size"] = len(self.content)
        return document


class FileStore:
    """All files of one sandbox; ids follow from the content, so they repeat from run to run."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def put(self, name: str, mime_type: str, content: bytes, *, photo: bool = False) -> StoredFile:
        """Keep bytes."""
        width, height = picture_size(content) if photo else (0, 0)
        key = hashlib.sha256(content + name.encode() + bytes([photo])).hexdigest()
        return self._keep(key, name, mime_type, content, None, width, height)

    def put_url(self, url: str, *, photo: bool) -> StoredFile:
        """Keep an address; nothing is fetched until someone looks."""
        key = hashlib.sha256(url.encode() + bytes([photo])).hexdigest()
        name = url.rsplit("/", 1)[-1].split("?", maxsplit=1)[0] or "file"
        return self._keep(key, name, "application/octet-stream", None, url, 500 * photo, 750 * photo)

    def get(self, file_id: str) -> StoredFile | None:
        """Return a file by id."""
        return self._files.get(file_id)

    def by_path(self, path: str) -> StoredFile | None:
        """Return a file by its download path."""
        return next((file for file in self._files.values() if file.path == path), None)

    def describe(self, file_id: str) -> Json:
        """Return the Bot API's File, or Telegram's refusal."""
        file = self.get(file_id)
        if file is None:
            raise bad_request("invalid file_id")
        size = len(file.content or b"")
        if size > DOWNLOAD_LIMIT:
            raise bad_request("file is too big")
        answer: Json = {"file_id": file_id, "file_unique_id": file.unique_id, "file_path": file.path}
        if file.content is not None:
            answer["file_size"] = size
        return answer

    def _keep(
        self, key: str, name: str, mime: str, content: bytes | None, url: str | None, width: int, height: int
    ) -> StoredFile:
        prefix = "AgACAgUAAx" if width else "BQACAgUAAx"
        file = StoredFile(f"{prefix}{key[:40]}", f"AQAD{key[:12]}", name, mime, content, url, width, height)
        self._files[file.file_id] = file
        return file


def picture_size(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG or JPEG, or Telegram's refusal."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    if content[:2] == b"\xff\xd8":
        return _jpeg_size(content)
    raise bad_request("IMAGE_PROCESS_FAILED")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + length
    raise bad_request("IMAGE_PROCESS_FAILED")
