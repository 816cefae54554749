"""What may be found of somebody: words in files, numbers in a database's own spelling, secrets."""

import base64
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from sandbox.server import Sandbox
from tests.fixtures import canary


def files(*places: Path) -> Iterator[Path]:
    """Return the files at some places, those in folders too."""
    for place in places:
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (path for path in inside if path.is_file())


def database_files(folder: Path) -> list[Path]:
    """Return what a SQLite database consists of; nothing for PostgreSQL."""
    return [path for path in sorted(folder.glob("linkhive.db*")) if path.is_file()]


def content(path: Path) -> bytes:
    """Return what is in a file, read by a process of its own.

    A process that opens and closes the file of a database lets go of SQLite's locks on it, all of them: the
    bot would take the log of changes away under the connections of the test.
    """
    return subprocess.run(["cat", "--", path], check=True, capture_output=True).stdout


def words_in(paths: Iterable[Path], words: Iterable[str]) -> set[str]:
    """Return which files hold which words, in any spelling."""
    found, sought = set(), list(words)
    for path in paths:
        data = content(path)
        found |= {f"{path.name}: {word}" for word in sought if canary.is_in(word, data)}
    return found


def number_in(paths: Iterable[Path], number: int) -> set[str]:
    """Return which files hold a number as text, or as SQLite writes it into rows and keys."""
    whole = (number.bit_length() + 8) // 8
    forms = (str(number).encode(), number.to_bytes(6 if 4 < whole <= 6 else whole, "big"), varint(number))
    return {f"{path.name}: {number}" for path in paths if any(form in content(path) for form in forms)}


def varint(number: int) -> bytes:
    """Return a number as SQLite writes the key of a row."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def secrets_of(box: Sandbox) -> set[str]:
    """Return every token and code the services ever gave out."""
    found: set[str] = set()
    for state in (box.world.hdhive, box.world.disktop):
        found |= set(state.codes)
        for grant in state.grants.all:
            found |= {grant.refresh_token, *grant.access, *grant.spent}
    for key in box.world.acgbt.keys.values():
        found |= {key.key, key.secret}
    for account in box.world.mika.accounts.values():
        found |= {account.key, account.secret, account.password}
    return found | set(box.world.mika.tokens)


def as_setting(key: bytes) -> str:
    """Return a key as the settings write it."""
    return base64.b64encode(key).decode()
