"""Magnet links and IPFS addresses: found in what people write, checked, and written out."""

import html
import re
from base64 import b32decode
from binascii import Error
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote, urlsplit

# A link of more than this is no link that anybody passes on.
LONGEST = 4000
_MAGNET = re.compile(r"magnet:\?[^\s<>\"'，。；]+", re.IGNORECASE)
_BARE = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{40}|[A-Za-z2-7]{32})(?![0-9A-Za-z])")
_TOPIC = re.compile(r"xt(\.\d+)?", re.IGNORECASE)
_HEX1, _BASE32 = re.compile(r"[0-9a-fA-F]{40}"), re.compile(r"[A-Za-z2-7]{32}")
# SHA-256 as a multihash: its code, its length, the hash.
_HEX2 = re.compile(r"1220([0-9a-fA-F]{64})")
_CID = re.compile(
    r"(?<![0-9A-Za-z])(Qm[1-9A-HJ-NP-Za-km-z]{44}|[bB][A-Za-z2-7]{40,120}|z[1-9A-HJ-NP-Za-km-z]{40,120})(?![0-9A-Za-z])"
)
_TRACKERS = frozenset({"udp", "http", "https", "ws", "wss"})
# What tells a tracker who somebody is: published, it would be everybody's.
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{20,}(?![0-9A-Za-z])")
_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SHA256_LENGTH = 32
_LARGEST = 2**63 - 1

Fault = Literal["no_hash", "bad_hash", "other_network", "two_hashes", "long"]


class BadMagnet(ValueError):
    """A magnet link that leads nowhere.

    no_hash: nothing says to what; bad_hash: of a wrong length or with wrong letters; other_network: not
    BitTorrent's; two_hashes: two different ones; long: too long for a link.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True)
class Magnet:
    """Be a checked magnet link; hashes in small hex letters, version 1 (SHA-1), 2 (SHA-256) or both."""

    v1: str | None
    v2: str | None
    name: str = ""
    size: int | None = None
    trackers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def link(self) -> str:
        """Write the link out; its name and trackers are left out where it would get too long."""
        topics = [f"xt=urn:btih:{self.v1}"] if self.v1 else []
        topics += [f"xt=urn:btmh:1220{self.v2}"] if self.v2 else []
        more = [f"dn={quote(self.name[:200], safe='')}"] if self.name else []
        more += [f"xl={self.size}"] if self.size else []
        more += [f"tr={quote(one, safe='')}" for one in self.trackers]
        whole = "magnet:?" + "&".join([*topics, *more])
        return whole if len(whole) <= LONGEST else "magnet:?" + "&".join(topics)

    @property
    def hashes(self) -> frozenset[str]:
        """Return what it leads to, whatever else the link says."""
        return frozenset(one for one in (self.v1, self.v2) if one)


def is_public(tracker: str) -> bool:
    """Tell whether a tracker is anybody's: one that knows people by a key in its address is not."""
    try:
        parts = urlsplit(tracker)
        named = parts.scheme in _TRACKERS and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
    return named and len(tracker) <= 200 and not parts.query and not _PERSONAL.search(parts.path)


def find_magnet(words: str) -> Magnet | None:
    """Return the magnet link in words, or the one that a bare hash stands for; raises BadMagnet."""
    found = _MAGNET.search(words)
    if found is not None:
        return read_magnet(found[0])
    bare = _BARE.fullmatch(words.strip())
    return None if bare is None else Magnet(_first(bare[0]), None)


def read_magnet(link: str) -> Magnet:
    """Check a magnet link; raises BadMagnet."""
    if len(link) > LONGEST:
        raise BadMagnet("long")
    # Links copied from a page's source have their ampersands written out.
    pairs = parse_qsl(html.unescape(link).partition("?")[2], keep_blank_values=True)
    topics = [value.strip() for name, value in pairs if _TOPIC.fullmatch(name)]
    ours = [topic for topic in topics if topic.lower().startswith(("urn:btih:", "urn:btmh:"))]
    if not ours:
        raise BadMagnet("other_network" if topics else "no_hash")
    first = {_first(topic[9:]) for topic in ours if topic[4:8].lower() == "btih"}
    second = {_second(topic[9:]) for topic in ours if topic[4:8].lower() == "btmh"}
    if len(first) > 1 or len(second) > 1:
        raise BadMagnet("two_hashes")
    told = dict(reversed([(name.lower(), value) for name, value in pairs]))
    named = dict.fromkeys(value for name, value in pairs if name.lower().startswith("tr"))
    trackers = tuple(tracker for tracker in named if is_public(tracker))
    return Magnet(
        next(iter(first), None), next(iter(second), None), told.get("dn", "").strip(), _size(told), trackers
    )


def _first(word: str) -> str:
    """Return the hash of version 1, of 40 hex digits or 32 of base 32, in small hex digits."""
    if _HEX1.fullmatch(word):
        return word.lower()
    if _BASE32.fullmatch(word):
        return b32decode(word.upper()).hex()
    raise BadMagnet("bad_hash")


def _second(word: str) -> str:
    found = _HEX2.fullmatch(word)
    if found is None:
        raise BadMagnet("bad_hash")
    return found[1].lower()


def _size(told: dict[str, str]) -> int | None:
    word = told.get("xl", "").strip()
    number = int(word) if word.isascii() and word.isdecimal() and len(word) < 20 else 0
    return number if 0 < number <= _LARGEST else None


def find_cid(words: str) -> str | None:
    """Return the IPFS address in words, of version 0 or 1, alone or in a link; None where none is right."""
    return next((found[1] for found in _CID.finditer(words) if is_cid(found[1])), None)


def is_cid(word: str) -> bool:
    """Tell whether a word is a well-formed CID: its own bytes say how long they are."""
    if word.startswith("Qm"):
        raw = _base58(word)
        return len(raw) == 2 + _SHA256_LENGTH and raw[:2] == b"\x12\x20"
    raw = _base58(word[1:]) if word[0] == "z" else _base32(word[1:])
    # version, what it is of, which hash, how long, and the hash itself
    numbers: list[int] = []
    while raw and len(numbers) < 4:
        number, raw = _varint(raw)
        numbers.append(number)
    return len(numbers) == 4 and numbers[0] == 1 and numbers[3] == len(raw) > 0


def _base58(word: str) -> bytes:
    number = 0
    for sign in word:
        number = number * 58 + _DIGITS.index(sign)
    zeros = len(word) - len(word.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def _base32(word: str) -> bytes:
    try:
        return b32decode(word.upper() + "=" * (-len(word) % 8))
    except Error:
        return b""


def _varint(raw: bytes) -> tuple[int, bytes]:
    number = shift = 0
    for at, byte in enumerate(raw[:9]):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, raw[at + 1 :]
    return -1, b""
