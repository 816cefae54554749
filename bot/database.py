"""Open the database the settings name, with the keys that belong to it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

from bot.settings import StorageSettings
from storage import maintenance, url as addresses
from storage.crypto import KEY_BYTES, BadKeys, KeyRing
from storage.database import Database
from storage.supervisor import Supervisor


class AlreadyRunning(Exception):
    """Say that another process works on this SQLite database."""


class CannotOpen(Exception):
    """Say that the database cannot be used."""


class NotReady(Exception):
    """Say that there is no database yet, or that its tables are an older version's, and what to do."""

    def __init__(self, reason: str, mend: str, *, missing: Path | None = None) -> None:
        super().__init__(f"{reason}: {mend}")
        self.reason, self.mend, self.missing = reason, mend, missing


def key_file(settings: StorageSettings) -> Path:
    """Return where the keys of a SQLite database lie: beside it."""
    file = addresses.file(addresses.parse(settings.database_url))
    return file.with_name(f"{file.name}.keys")


def spool_folder(settings: StorageSettings) -> Path:
    """Return where files on their way to a drive lie: beside the SQLite file, else among temporary ones."""
    address = addresses.parse(settings.database_url)
    if addresses.dialect(address) != "sqlite":
        # Two bots on one machine must not sweep each other's.
        mark = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"linkhive-{os.getuid()}-{mark}.spool"
    file = addresses.file(address)
    return file.with_name(f"{file.name}.spool")


def keys(settings: StorageSettings) -> KeyRing:
    """Return the keys of the settings, else those beside the database, made at first start."""
    if settings.secret_keys is not None:
        return KeyRing.from_setting(settings.secret_keys)
    return KeyRing.from_file(key_file(settings))


def keys_there(settings: StorageSettings) -> KeyRing | None:
    """Return the keys that are there, but make none: a new one would open nothing."""
    there = settings.secret_keys is not None or key_file(settings).exists()
    return keys(settings) if there else None


@asynccontextmanager
async def opened(settings: StorageSettings, supervisor: Supervisor | None = None) -> AsyncIterator[Database]:
    """Bring the tables up to date and keep the database open."""
    try:
        ring = keys(settings)
        await maintenance.upgrade(settings.database_url)
        database = await Database.open(settings.database_url, ring, supervisor)
    except Exception as error:
        raise _cannot_open(settings, error) from error
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def existing(settings: StorageSettings) -> AsyncIterator[Database]:
    """Keep a database open that is there and up to date; make and change nothing to get there."""
    try:
        state = await maintenance.look(settings.database_url)
        # Without keys every secret is found to lack its own.
        ring = keys_there(settings) or KeyRing([secrets.token_bytes(KEY_BYTES)])
        ready = state is maintenance.State.READY
        database = await Database.open(settings.database_url, ring) if ready else None
    except Exception as error:
        raise _cannot_open(settings, error) from error
    if database is None:
        raise _not_ready(settings, state)
    try:
        yield database
    finally:
        await database.close()


def can_be_made(file: Path) -> bool:
    """Tell whether a file could be made in a folder that may be missing, too; a nameless one is the test."""
    try:
        nearest = next(folder for folder in file.absolute().parents if folder.exists())
        with tempfile.TemporaryFile(dir=nearest):
            return True
    except OSError:
        return False


def _not_ready(settings: StorageSettings, state: maintenance.State) -> NotReady:
    if state is maintenance.State.OLDER:
        return NotReady("its tables are an older version's", "linkhive db upgrade, or a start of the bot")
    mend = "a start of the bot makes it, or linkhive db upgrade; else check DATABASE_URL"
    if state is maintenance.State.EMPTY:
        return NotReady("the database has no tables yet", mend)
    file = addresses.file(addresses.parse(settings.database_url))
    return NotReady(f"there is no database at {file}", mend, missing=file)


def _cannot_open(settings: StorageSettings, error: Exception) -> CannotOpen:
    # Drivers name addresses and passwords in their texts.
    if isinstance(error, maintenance.TooNew):
        return CannotOpen(f"DATABASE_URL: {error}")
    if isinstance(error, BadKeys):
        return CannotOpen(f"{'SECRET_KEYS' if settings.secret_keys else key_file(settings)}: {error}")
    reason = type(error).__name__
    return CannotOpen(f"DATABASE_URL: the database cannot be opened ({reason})")


@contextmanager
def sole_use(settings: StorageSettings) -> Iterator[None]:
    """Make sure that only one bot works on a SQLite file; the system frees the lock of a dead one."""
    address = addresses.parse(settings.database_url)
    if addresses.dialect(address) != "sqlite":
        yield
        return
    file = addresses.file(address)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.with_name(f"{file.name}.lock").open("w")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CannotOpen(f"DATABASE_URL: {file.parent} cannot be written ({reason})") from None
    with lock:
        if not _locked(lock):
            raise AlreadyRunning(f"another LinkHive is running on {file}")
        yield


def in_use(settings: StorageSettings) -> bool:
    """Tell whether a bot works on a SQLite file."""
    file = addresses.file(addresses.parse(settings.database_url))
    try:
        with file.with_name(f"{file.name}.lock").open() as lock:
            return not _locked(lock)
    except FileNotFoundError:
        return False


def _locked(lock: IO[str]) -> bool:
    """Take a lock until its file is closed; False where somebody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def holder(dialect: str) -> str:
    """Return the name under which this process claims work.

    On SQLite there is one process, so a new start may take over at once what the last one had claimed.
    """
    if dialect == "sqlite":
        return "the only one"
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
