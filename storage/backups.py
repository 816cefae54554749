"""Copies of the whole database: SQLite's online backup, PostgreSQL's own tools."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import url as addresses
from storage.engines import make_file, writer_engine

DEBIAN_TOOLS = Path("/usr/lib/postgresql")


class BackupFailed(Exception):
    """Say why a database could not be saved or brought back."""


async def backup(url: str, file: Path) -> None:
    """Save a database to a file while it is in use; the file appears whole or not at all, mode 0600."""
    address = addresses.parse(url)
    part = file.with_name(f".{file.name}.part")
    await asyncio.to_thread(_make_empty, part)
    try:
        if addresses.dialect(address) == "sqlite":
            await asyncio.to_thread(_copy, _existing(addresses.file(address)), part)
        else:
            await _run(address, "pg_dump", "--format=custom", "--no-owner", f"--file={part}")
        await asyncio.to_thread(_put_in_place, part, file)
    finally:
        part.unlink(missing_ok=True)


async def restore(url: str, file: Path, *, force: bool = False) -> None:
    """Bring a database back from a file; one that holds rows is only overwritten with `force`."""
    address = addresses.parse(url)
    source = _existing(file)
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(_check, source)
        await asyncio.to_thread(make_file, addresses.file(address))
    if not force and await _holds_rows(address):
        raise BackupFailed("the database is not empty")
    if addresses.dialect(address) == "sqlite":
        await asyncio.to_thread(_copy, source, addresses.file(address))
    else:
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        await _run(address, "pg_restore", *options, f"--dbname={address.database}", str(source))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise BackupFailed(f"there is no file {path}")
    return path


def _make_empty(path: Path) -> None:
    path.unlink(missing_ok=True)
    make_file(path)


def _put_in_place(part: Path, file: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)


def _copy(source: Path, target: Path) -> None:
    """Copy in one step: it reads one state of the database and, with a WAL, keeps no writer waiting."""
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
            old.backup(new)
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite: {error}") from None


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(file)) as old:
            verdict = old.execute("PRAGMA integrity_check").fetchone()[0]
            old.execute("SELECT version_num FROM alembic_version")
    except sqlite3.Error as error:
        raise BackupFailed(f"{file} is no backup: {error}") from None
    if verdict != "ok":
        raise BackupFailed(f"{file} is damaged: {verdict}")


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
