"""Secrets at rest: AES-256-GCM under a ring of keys, bound to the place they are stored in."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_BYTES = 32
ID_BYTES = 4
NONCE_BYTES = 12
HEAD_BYTES = len(VERSION) + ID_BYTES
# What a ring tells of itself that looks into its file for keys it does not know.
LOOKS_AGAIN = "file"


class BadKeys(ValueError):
    """Say that a setting or a file holds no usable keys."""


class SecretUnreadable(Exception):
    """Say that a ciphertext was not written here, not by us, or under a key that is gone."""


def digest(secret: str) -> str:
    """Return the form in which a ticket, state, nonce or cookie is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"linkhive key id" + key).digest()[:ID_BYTES]


def _place(table: str, row: object, column: str) -> bytes:
    return f"{table}|{row}|{column}".encode()


def _parse(words: Sequence[str]) -> list[bytes]:
    keys = []
    for word in words:
        try:
            key = base64.b64decode(word, altchars=b"-_" if set(word) & set("-_") else None, validate=True)
        except (binascii.Error, ValueError):
            raise BadKeys("a key is not base64") from None
        if len(key) != KEY_BYTES:
            raise BadKeys(f"a key has {len(key)} bytes instead of {KEY_BYTES}")
        keys.append(key)
    return keys


class KeyRing:
    """Seal under the newest key, open under any; keys come newest first.

    A ring read from a file looks there again when it meets an unknown key: another process may have added it.
    """

    def __init__(self, keys: Sequence[bytes], *, reload: Callable[[], Sequence[bytes]] | None = None) -> None:
        self._reload = reload
        self._use(keys)

    @classmethod
    def from_setting(cls, setting: str) -> "KeyRing":
        """Read comma-separated base64 keys, newest first."""
        return cls(_parse([word.strip() for word in setting.split(",") if word.strip()]))

    @classmethod
    def from_file(cls, path: Path) -> "KeyRing":
        """Read one base64 key a line, newest first; a missing file is made with one new key and mode 0600."""
        if not path.exists():
            _create(path, [secrets.token_bytes(KEY_BYTES)])
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return cls(_read(path), reload=lambda: _read(path))

    @property
    def head(self) -> bytes:
        """Return how every ciphertext under the key we seal with begins."""
        return self._head

    @property
    def heads(self) -> tuple[bytes, ...]:
        """Return how ciphertexts under each of the keys begin."""
        return tuple(self._ciphers)

    def seal(self, plain: bytes, *, table: str, row: object, column: str) -> bytes:
        """Encrypt for one place: version, key id, nonce, ciphertext with tag."""
        nonce = os.urandom(NONCE_BYTES)
        return self._head + nonce + self._newest.encrypt(nonce, plain, _place(table, row, column))

    def open(self, sealed: bytes, *, table: str, row: object, column: str) -> bytes:
        """Decrypt what was sealed for this place, or raise `SecretUnreadable`."""
        head, place = sealed[:HEAD_BYTES], f"{table}.{column} of row {row}"
        cipher = self._ciphers.get(head) or self._looked_up(head, place)
        nonce = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[HEAD_BYTES + NONCE_BYTES :], _place(table, row, column))
        except (InvalidTag, ValueError):
            raise SecretUnreadable(f"{place} does not open") from None

    def _use(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise BadKeys(f"at least one key of {KEY_BYTES} bytes is needed")
        self._keys = tuple(keys)
        self._ciphers = {VERSION + _key_id(key): AESGCM(key) for key in keys}
        self._head = VERSION + _key_id(keys[0])
        self._newest = self._ciphers[self._head]

    def marks(self, words: str) -> tuple[str, ...]:
        """Return what words are known by where they must not stand: a keyed hash under each key."""
        told = b"linkhive mark|" + words.encode()
        return tuple(hmac.new(key, told, hashlib.sha256).hexdigest() for key in self._keys)

    def knows(self, head: bytes) -> bool:
        """Tell whether there is a key for a ciphertext that begins like this."""
        try:
            return bool(self._ciphers.get(head) or self._looked_up(head, "it"))
        except SecretUnreadable:
            return False

    @property
    def told(self) -> str:
        """Return what others may know of this ring: the ids of its keys, or that it looks for new ones."""
        return LOOKS_AGAIN if self._reload is not None else " ".join(head.hex() for head in self._ciphers)

    def agree(self, others: Iterable[str | None]) -> None:
        """Seal from now on under our newest key that all others know; under our newest if there is none."""
        shared = [set(told.split()) for told in others if told is not None and told != LOOKS_AGAIN]
        common = (head for head in self._ciphers if all(head.hex() in known for known in shared))
        self._head = next(common, next(iter(self._ciphers)))
        self._newest = self._ciphers[self._head]

    def _looked_up(self, head: bytes, place: str) -> AESGCM:
        if self._reload is not None and len(head) == HEAD_BYTES:
            # A file that is away, or is being mended by hand, takes no keys from who knows them already.
            with contextlib.suppress(OSError, ValueError):
                self._use(self._reload())
        if head not in self._ciphers:
            raise SecretUnreadable(f"{place} does not open: no key of the ring fits")
        return self._ciphers[head]


def add_key(path: Path) -> None:
    """Put a new key before the others in a key file; running processes pick it up when they meet it."""
    _create(path, [secrets.token_bytes(KEY_BYTES), *_read(path)], replace=True)


def _read(path: Path) -> list[bytes]:
    return _parse([line.strip() for line in path.read_text().splitlines() if line.strip()])


def _create(path: Path, keys: Sequence[bytes], *, replace: bool = False) -> None:
    """Write whole or not at all; of two processes making the file at once one wins and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        if replace:
            made.replace(path)
        else:
            _link(made, path)
    finally:
        made.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _link(made: Path, path: Path) -> None:
    try:
        path.hardlink_to(made)
    except FileExistsError:
        return


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
