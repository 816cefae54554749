"""Copies of the whole database: SQLite's online backup, PostgreSQL's own tools."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Set
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import URL, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import backupkeys, url as addresses
from storage.engines import make_file, writer_engine
from storage.revisions import refuse_newer

DEBIAN_TOOLS = Path("/usr/lib/postgresql")
# The database, what SQLite keeps beside it, and what we do: its keys, and the lock of who runs.
PARTS = ("", "-wal", "-shm", "-journal", ".keys", ".lock")

Knows = Callable[[bytes], bool]


class BackupFailed(Exception):
    """Say why a database could not be saved or brought back."""


class KeysMissing(BackupFailed):
    """Say that a backup holds secrets which none of the keys opens."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no key here opens {number} secrets of this backup, so nothing was changed")


async def backup(url: str, file: Path) -> None:
    """Save a database to a file while it is in use; the file appears whole or not at all, mode 0600."""
    address = addresses.parse(url)
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(_keep_off, addresses.file(address), file)
    part = file.with_name(f".{file.name}.part")
    try:
        await asyncio.to_thread(_make_empty, part)
        if addresses.dialect(address) == "sqlite":
            await asyncio.to_thread(partial(_copy, alone=True), _existing(addresses.file(address)), part)
        else:
            await _run(address, "pg_dump", "--format=custom", "--no-owner", f"--file={part}")
        await asyncio.to_thread(_put_in_place, part, file)
    except OSError as error:
        raise BackupFailed(f"{file} cannot be written: {error.strerror or type(error).__name__}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


async def restore(url: str, file: Path, *, force: bool = False, knows: Knows | None = None) -> None:
    """Bring a database back from a file; one that holds rows is only overwritten with `force`.

    `knows` tells whether there is a key for a ciphertext; where one is missing nothing is changed. Raises
    TooNew, and changes nothing, where the backup is a newer LinkHive's.
    """
    address = addresses.parse(url)
    source = _existing(file)
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(_keep_off, addresses.file(address), source)
    dump = await _checked(address, source)
    if knows is not None and (number := backupkeys.lacking(dump.heads, knows)):
        raise KeysMissing(number)
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(_make_room, addresses.file(address), force=force)
    if not force and await _holds_rows(address):
        raise BackupFailed("the database is not empty; --force overwrites what is in it")
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(_copy, source, addresses.file(address))
    else:
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        await _run(address, "pg_restore", *options, f"--dbname={address.database}", str(source))
        await _drop(address, backupkeys.SEALED.keys() - dump.tables)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise BackupFailed(f"there is no file {path}")
    return path


def _keep_off(database: Path, file: Path) -> None:
    """Refuse a file that is the database itself, or lies beside it as a part of it."""
    for there in {database.absolute(), database.resolve()}:
        for end in PARTS:
            part = there.with_name(f"{there.name}{end}")
            if file.resolve() == part.resolve() or (file.exists() and part.exists() and file.samefile(part)):
                raise BackupFailed(f"{file} belongs to the database itself; give another file")


def _make_empty(path: Path) -> None:
    path.unlink(missing_ok=True)
    make_file(path)


def _put_in_place(part: Path, file: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        # The name, too, must outlive a power cut: we are about to say that it is saved.
        os.fsync(folder)
    finally:
        os.close(folder)


def _copy(source: Path, target: Path, *, alone: bool = False) -> None:
    """Copy in one step: it reads one state of the database and, with a WAL, keeps no writer waiting.

    One that is to lie `alone` is made a file that needs no other beside it, wherever it is carried.
    """
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
            old.backup(new)
            if alone:
                new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite: {error}") from None


def _make_room(file: Path, *, force: bool) -> None:
    """See that there is a database file to write over; one that SQLite cannot even open is begun anew."""
    make_file(file)
    try:
        with closing(sqlite3.connect(file)) as there:
            there.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError:
        if not force:
            raise BackupFailed(f"{file} is no database that can be read; --force replaces it") from None
        for end in ("-wal", "-shm", ""):
            file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
        make_file(file)


async def _checked(address: URL, file: Path) -> backupkeys.Dump:
    """See that a file is a backup which can be used here."""
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(_check, file)
        return backupkeys.Dump(await asyncio.to_thread(backupkeys.in_sqlite, file))
    dump = await _dump(file)
    if dump.revision is None:
        raise BackupFailed(f"{file} is no backup of LinkHive's")
    refuse_newer(dump.revision, file)
    return dump


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(file)) as old:
            verdict = old.execute("PRAGMA integrity_check").fetchone()[0]
            row = old.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"{file} is no backup: {error}") from None
    if verdict != "ok":
        raise BackupFailed(f"{file} is damaged: {verdict}")
    refuse_newer(row and row[0], file)


async def _dump(file: Path) -> backupkeys.Dump:
    process = await asyncio.create_subprocess_exec(
        await asyncio.to_thread(_find, "pg_restore"),
        *("--data-only", "--file=-", str(file)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=backupkeys.LONGEST_ROW,
    )
    if process.stdout is None:
        raise AssertionError("its output was asked for")
    dump = await backupkeys.in_dump(process.stdout)
    if await process.wait() != 0:
        raise BackupFailed(f"{file} is no backup of PostgreSQL's, or it is damaged")
    return dump


async def _drop(address: URL, tables: Set[str]) -> None:
    """Drop tables that came after a backup was made: its own are an older version's, and so must be all."""
    engine = writer_engine(address)
    try:
        async with engine.begin() as conn:
            for name in sorted(tables):
                # The names are the schema's own.
                await conn.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))
    finally:
        await engine.dispose()


async def _holds_rows(address: URL) -> bool:
    engine = writer_engine(address)
    try:
        async with engine.connect() as conn:
            return await _has_any(conn)
    finally:
        await engine.dispose()


async def _has_any(conn: AsyncConnection) -> bool:
    names = await conn.run_sync(lambda sync: inspect(sync).get_table_names())
    for name in sorted(set(names) - {"alembic_version"}):
        quoted = conn.dialect.identifier_preparer.quote(name)
        # The name comes from the database's own catalogue, quoted.
        if (await conn.execute(text(f"SELECT 1 FROM {quoted} LIMIT 1"))).first() is not None:  # noqa: S608
            return True
    return False


async def _run(address: URL, tool: str, *arguments: str) -> None:
    path = await asyncio.to_thread(_find, tool)
    process = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        env=_environment(address),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        raise BackupFailed(f"{tool}: {said.decode(errors='replace').strip()}")


def _find(tool: str) -> str:
    found = shutil.which(tool)
    if found is None:
        found = max((str(path) for path in DEBIAN_TOOLS.glob(f"*/bin/{tool}")), default=None)
    if found is None:
        raise BackupFailed(f"{tool} is not installed: install PostgreSQL's client tools")
    return found


def _environment(address: URL) -> Mapping[str, str]:
    """Return libpq's variables: a command line with the password in it would be there for all to see."""
    known = {
        "PGHOST": address.query.get("host", address.host),
        "PGPORT": address.query.get("port", address.port),
        "PGUSER": address.username,
        "PGPASSWORD": address.password,
        "PGDATABASE": address.database,
        "PGSSLMODE": address.query.get("ssl"),
    }
    return os.environ | {name: str(value) for name, value in known.items() if value is not None}
