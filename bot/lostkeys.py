"""Keys that lay beside a SQLite database and are gone: new ones would open nothing of what is in it."""

from __future__ import annotations

import asyncio

from bot import database
from bot.findings import Line
from bot.settings import StorageSettings
from storage import secretrows, url as addresses


class KeysLost(Exception):
    """Say that a database holds secrets and their keys are not there, and what to do."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(f"{reason}: {mend}")
        self.reason, self.mend = reason, mend


async def refuse(settings: StorageSettings) -> None:
    """See that keys are made for a new database only; raises KeysLost, or CannotOpen for a ruined one."""
    if settings.secret_keys is not None:
        return
    keys, file = database.key_file(settings), addresses.file(addresses.parse(settings.database_url))
    if await asyncio.to_thread(keys.exists):
        return
    try:
        sealed = await secretrows.any_in(settings.database_url)
    except Exception as error:
        # Drivers name addresses in their texts.
        reason = type(error).__name__
        raise database.CannotOpen(f"DATABASE_URL: the database cannot be opened ({reason})") from error
    if sealed:
        raise KeysLost(
            f"SECRET_KEYS: {keys} is missing, and {file} holds secrets that only its keys open",
            f"put it back (or its keys into SECRET_KEYS), or move {file} away to begin anew",
        )


async def findings(settings: StorageSettings) -> list[Line]:
    """Return the doctor's line where the keys are lost."""
    try:
        await refuse(settings)
    except KeysLost as error:
        return [Line("keys", ok=False, reason=error.reason, mend=error.mend)]
    except database.CannotOpen:
        # The database's own line tells.
        return []
    return []
