"""Torrent files: read strictly, so that the hash is that of the bytes that came.

Of the libraries for this none gives the bytes of `info` as they stand in the file, which the hash is of.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from typing import Literal

from services.magnets import Magnet, is_public

MOST_BYTES = 5 * 1024 * 1024
# Deeper than any real one; the reader calls itself for each level.
_DEEPEST = 40
_INTEGER = re.compile(rb"i(0|-?[1-9][0-9]{0,18})e")
_LENGTH = re.compile(rb"(0|[1-9][0-9]{0,7}):")
_TRACKERS = 8

Kind = Literal["no_torrent", "no_info", "private", "odd"]
Value = int | bytes | list["Value"] | dict[bytes, "Value"]


class BadTorrent(ValueError):
    """A file that cannot be published as a torrent.

    no_torrent: not bencoded; no_info: it describes no files; private: its tracker knows people by a key;
    odd: it contradicts itself.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Torrent:
    """Be what a torrent file says: its name, the bytes of its files, and its hash in one version or both."""

    name: str
    size: int
    v1: str | None
    v2: str | None
    trackers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def magnet(self) -> Magnet:
        """Return the link that leads to the same files."""
        return Magnet(self.v1, self.v2, self.name, self.size, self.trackers)


def read_torrent(data: bytes) -> Torrent:
    """Read a torrent file; raises BadTorrent."""
    top, span = _Reader(data).whole()
    info = top.get(b"info")
    if not isinstance(info, dict) or span is None:
        raise BadTorrent("no_info")
    if info.get(b"private") == 1:
        raise BadTorrent("private")
    raw = data[span[0] : span[1]]
    first, second = _is_first(info), _is_second(info)
    if not (first or second):
        raise BadTorrent("no_info")
    size = _size_first(info) if first else _size_second(info[b"file tree"])
    return Torrent(
        name=_text(info.get(b"name.utf-8") or info.get(b"name")),
        size=size,
        v1=sha1(raw, usedforsecurity=False).hexdigest() if first else None,
        v2=sha256(raw).hexdigest() if second else None,
        trackers=tuple(_trackers(top)),
    )


class _Reader:
    """Read bencoded bytes (BEP 3), noting where the value of the outermost `info` stands."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._span: tuple[int, int] | None = None

    def whole(self) -> tuple[dict[bytes, Value], tuple[int, int] | None]:
        """Return the dictionary that the bytes are, and nothing behind it."""
        value = self._value(0)
        if not isinstance(value, dict) or self._at != len(self._data):
            raise BadTorrent("no_torrent")
        return value, self._span

    def _value(self, depth: int) -> Value:
        if depth > _DEEPEST:
            raise BadTorrent("no_torrent")
        match self._data[self._at : self._at + 1]:
            case b"i":
                return self._integer()
            case b"l":
                return self._list(depth)
            case b"d":
                return self._dictionary(depth)
        return self._string()

    def _integer(self) -> int:
        found = _INTEGER.match(self._data, self._at)
        if found is None:
            raise BadTorrent("no_torrent")
        self._at = found.end()
        return int(found[1])

    def _string(self) -> bytes:
        found = _LENGTH.match(self._data, self._at)
        if found is None:
            raise BadTorrent("no_torrent")
        start, end = found.end(), found.end() + int(found[1])
        if end > len(self._data):
            raise BadTorrent("no_torrent")
        self._at = end
        return self._data[start:end]

    def _list(self, depth: int) -> list[Value]:
        self._at += 1
        items = []
        while not self._ends():
            items.append(self._value(depth + 1))
        return items

    def _dictionary(self, depth: int) -> dict[bytes, Value]:
        self._at += 1
        items: dict[bytes, Value] = {}
        while not self._ends():
            key = self._string()
            start = self._at
            # Two of a name would let two programs see two different torrents under one hash.
            if key in items:
                raise BadTorrent("odd")
            items[key] = self._value(depth + 1)
            if depth == 0 and key == b"info":
                self._span = (start, self._at)
        return items

    def _ends(self) -> bool:
        if self._data[self._at : self._at + 1] != b"e":
            return False
        self._at += 1
        return True


def _is_first(info: Mapping[bytes, Value]) -> bool:
    pieces, length = info.get(b"pieces"), info.get(b"piece length")
    if not isinstance(pieces, bytes):
        return False
    if not isinstance(length, int) or length <= 0 or not pieces or len(pieces) % 20:
        raise BadTorrent("odd")
    return True


def _is_second(info: Mapping[bytes, Value]) -> bool:
    return info.get(b"meta version") == 2 and isinstance(info.get(b"file tree"), dict)


def _size_first(info: dict[bytes, Value]) -> int:
    files = info.get(b"files")
    if not isinstance(files, list):
        return _length(info)
    described = [one for one in files if isinstance(one, dict)]
    # Padding is not what anybody gets (BEP 47).
    return sum(_length(one) for one in described if b"p" not in _attributes(one))


def _size_second(tree: Value, depth: int = 0) -> int:
    """Return the bytes of a tree of files (BEP 52): a file is what has an empty name below it."""
    if not isinstance(tree, dict) or depth > _DEEPEST:
        raise BadTorrent("odd")
    below = (_length(item) if not name else _size_second(item, depth + 1) for name, item in tree.items())
    return sum(below)


def _length(described: Value) -> int:
    length = described.get(b"length") if isinstance(described, dict) else None
    if not isinstance(length, int) or length < 0:
        raise BadTorrent("odd")
    return length


def _attributes(described: Mapping[bytes, Value]) -> bytes:
    attributes = described.get(b"attr")
    return attributes if isinstance(attributes, bytes) else b""


def _text(value: Value | None) -> str:
    return value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else ""


def _trackers(top: Mapping[bytes, Value]) -> Iterator[str]:
    """Yield the trackers that are anybody's, each once."""
    tiers = top.get(b"announce-list")
    listed = (
        [one for tier in tiers if isinstance(tier, list) for one in tier] if isinstance(tiers, list) else []
    )
    known = dict.fromkeys(_text(one) for one in (top.get(b"announce"), *listed) if isinstance(one, bytes))
    yield from [one for one in known if is_public(one)][:_TRACKERS]
