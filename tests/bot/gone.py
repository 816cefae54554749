"""A database that is away for a while."""

from sqlalchemy import text

from storage.database import Database
from storage.tx import Tx


class Gone:
    """A database without its tables, as good as none, until it is back."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def leave(self) -> None:
        await self._rename("{}", "{}_away")

    async def come_back(self) -> None:
        await self._rename("{}_away", "{}")

    async def _rename(self, old: str, new: str) -> None:
        async def renamed(tx: Tx) -> None:
            for table in ("users", "inbox"):
                await tx.conn.execute(text(f"ALTER TABLE {old.format(table)} RENAME TO {new.format(table)}"))

        await self._db.write(renamed)
