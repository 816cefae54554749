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

from bot.settings import StorageSettings
from storage import maintenance
from storage import url as addresses
from storage.crypto import BadKeys, KeyRing
from storage.database import Database


class AlreadyRunning(Exception):
    """Say that another process works on this SQLite database."""


class CannotOpen(Exception):
    """Say that the database cannot be used."""


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


@asynccontextmanager
async def opened(settings: StorageSettings) -> AsyncIterator[Database]:
    """Bring the tables up to date and keep the database open."""
    try:
        ring = keys(settings)
        await maintenance.upgrade(settings.database_url)
        database = await Database.open(settings.database_url, ring)
    except Exception as error:
        # Drivers name addresses and passwords in their texts.
        reason = str(error) if isinstance(error, BadKeys) else type(error).__name__
        raise CannotOpen(f"DATABASE_URL: the database cannot be opened ({reason})") from error
    try:
        yield database
    finally:
        await database.close()


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
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"another LinkHive is running on {file}") from None
        yield


def holder(dialect: str) -> str:
    """Return the name under which this process claims work.

    On SQLite there is one process, so a new start may take over at once what the last one had claimed.
    """
    if dialect == "sqlite":
        return "the only one"
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
