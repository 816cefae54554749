"""Change the keys under a running bot: look first whether every secret opens and every bot knows the key."""

from __future__ import annotations

from bot import database, findings
from bot.settings import StorageSettings
from services.clock import SystemClock
from services.replicas import SILENT_SECONDS
from storage import census, maintenance, replicas
from storage.crypto import LOOKS_AGAIN, KeyRing, SecretUnreadable, add_key
from storage.database import Database


class CannotRotate(Exception):
    """Say why the keys stay as they are."""


async def rotate(settings: StorageSettings) -> int:
    """Bring every secret under the newest key and return how many rows that was, or change nothing."""
    async with database.existing(settings) as db:
        await _all_open(db)
        _all_know(settings, await _live(settings, db))
    db = await Database.open(settings.database_url, _with_a_new_one(settings))
    try:
        return await maintenance.rotate(db)
    finally:
        await db.close()


async def _all_open(db: Database) -> None:
    if lacking := await db.read(census.without_key):
        line = findings.secrets(lacking)
        raise CannotRotate(f"{line.reason}: {line.mend}")
    try:
        await maintenance.check(db)
    except SecretUnreadable as error:
        mend = "remove that row or bring a backup back (linkhive db restore)"
        raise CannotRotate(f"{error}, though its key is here: {mend}, then rotate") from None


async def _live(settings: StorageSettings, db: Database) -> list[str | None]:
    """Return what keys each bot knows that runs just now."""
    if db.dialect == "sqlite":
        return await db.read(lambda tx: replicas.keys(tx, 0.0)) if database.in_use(settings) else []
    since = SystemClock().now() - SILENT_SECONDS
    return await db.read(lambda tx: replicas.keys(tx, since))


def _all_know(settings: StorageSettings, live: list[str | None]) -> None:
    """See that no running bot would meet secrets which it cannot open."""
    if settings.secret_keys is None:
        if any(told != LOOKS_AGAIN for told in live):
            raise CannotRotate(
                "the bot runs with SECRET_KEYS, and they are not set here: run this with the bot's settings"
            )
        return
    newest = KeyRing.from_setting(settings.secret_keys).head.hex()
    if lacking := sum(newest not in (told or "").split() for told in live):
        raise CannotRotate(
            f"{lacking} of {len(live)} running bots do not know the first key of SECRET_KEYS: "
            "restart every bot with the new key and the old ones (SECRET_KEYS=new,old), then rotate"
        )


def _with_a_new_one(settings: StorageSettings) -> KeyRing:
    """Make a new key where the keys are a file; those of the setting are the operator's to change."""
    if settings.secret_keys is None and (file := database.key_file(settings)).exists():
        add_key(file)
    return database.keys(settings)
