"""What an operator does beside the running bot: schema, backups, keys."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot import database, rotating
from bot.exits import FAILED, OK
from bot.settings import StorageSettings
from services.clock import SystemClock
from services.replicas import SILENT_SECONDS
from storage import maintenance, url as addresses
from storage.crypto import KeyRing

EXPECTED = (
    maintenance.BackupFailed,
    maintenance.TooNew,
    database.AlreadyRunning,
    database.CannotOpen,
    database.NotReady,
    rotating.CannotRotate,
)


async def run(action: str, settings: StorageSettings, options: argparse.Namespace) -> int:
    """Do one thing to the database and return the exit code."""
    try:
        if action == "upgrade":
            await _upgrade(settings)
        elif action == "backup":
            await _backup(settings, options.file)
        elif action == "restore":
            await _restore(settings, options.file, force=options.force)
        else:
            await _rotate(settings)
    except EXPECTED as error:
        return _fail(str(error))
    except Exception as error:  # noqa: BLE001 - drivers put addresses and passwords into their texts
        return _fail(f"it did not work ({type(error).__name__}); is DATABASE_URL right?")
    return OK


async def _upgrade(settings: StorageSettings) -> None:
    changed = await maintenance.upgrade(settings.database_url)
    _say("the tables are up to date now" if changed else "the tables were up to date")


async def _backup(settings: StorageSettings, file: Path) -> None:
    await maintenance.backup(settings.database_url, file)
    note = (
        ""
        if settings.secret_keys
        else f"; keep {database.key_file(settings)} with it, it cannot be read without"
    )
    _say(f"saved to {file}{note}")


async def _restore(settings: StorageSettings, file: Path, *, force: bool) -> None:
    """Restore; who was forgotten since the backup was made is so again, as far as this database tells."""
    url, ring = settings.database_url, database.keys_there(settings)
    with database.sole_use(settings):
        await _nobody_runs(url)
        gone = {} if ring is None else await maintenance.forgotten(url, ring)
        await _bring_back(settings, file, ring, force=force)
        await maintenance.upgrade(url)
        await maintenance.clear_replicas(url)
        number = 0 if ring is None or not gone else await maintenance.forget_again(url, ring, gone)
    again = f"; forgotten again, as they had asked since: {number}" if number else ""
    _say(f"restored from {file}{again}")


async def _nobody_runs(url: str) -> None:
    """See that no replica works on a PostgreSQL database; a SQLite file has its lock."""
    if addresses.dialect(addresses.parse(url)) == "sqlite":
        return
    if number := await maintenance.living(url, SystemClock().now() - SILENT_SECONDS):
        raise database.AlreadyRunning(
            f"another LinkHive is running on this database ({number} in all): stop each first; "
            f"one that was killed counts for {SILENT_SECONDS:.0f} s"
        )


async def _bring_back(settings: StorageSettings, file: Path, ring: KeyRing | None, *, force: bool) -> None:
    def knows(head: bytes) -> bool:
        return ring is not None and ring.knows(head)

    try:
        await maintenance.restore(settings.database_url, file, force=force, knows=knows)
    except maintenance.KeysMissing as error:
        where = "SECRET_KEYS" if settings.secret_keys is not None else str(database.key_file(settings))
        raise maintenance.BackupFailed(f"{error}: put the keys of that time into {where}") from None


async def _rotate(settings: StorageSettings) -> None:
    count = await rotating.rotate(settings)
    # The wrong database would say that all is done.
    _say(f"{count} rows are under the newest key now, in {addresses.display_name(settings.database_url)}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _fail(line: str) -> int:
    sys.stderr.write(line + "\n")
    return FAILED
