"""The commands of an operator, run in this process: their code and what they said."""

from argparse import Namespace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import upkeep
from bot.settings import StorageSettings
from storage import jobs
from storage.crypto import KeyRing
from storage.database import Database
from storage.tx import Tx
from tests.guarantees.traces import as_setting

OLD, NEW = b"o" * 32, b"n" * 32
ONLY_OLD, BOTH = as_setting(OLD), f"{as_setting(NEW)},{as_setting(OLD)}"


class Operator:
    """Somebody at the command line of one database."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._capsys = capsys

    async def __call__(
        self, action: str, *, keys: str | None = ONLY_OLD, file: Path | None = None, force: bool = False
    ) -> tuple[int, str]:
        """Run a command and return its code and its one line."""
        self._capsys.readouterr()
        settings = StorageSettings(_env_file=None, database_url=self.url, secret_keys=keys)  # type: ignore[call-arg]
        code = await upkeep.run(action, settings, Namespace(file=file, force=force))
        said = self._capsys.readouterr()
        line = said.out if code == 0 else said.err
        assert len(line.splitlines()) == 1, line
        return code, line

    async def write(self, *statements: str) -> None:
        """Change the database behind everybody's back."""

        async def work(tx: Tx) -> None:
            for statement in statements:
                await tx.conn.execute(text(statement))

        db = await Database.open(self.url, KeyRing([OLD]))
        await db.write(work)
        await db.close()

    async def ask(self, question: str) -> list[object]:
        """Return the first column of what a query finds."""
        db = await Database.open(self.url, KeyRing([OLD]))
        try:
            return list((await db.read(lambda tx: tx.conn.execute(text(question)))).scalars())
        finally:
            await db.close()


async def sealed_job(db: Database, key: str = "a") -> None:
    """Have something secret in a database; nobody does such jobs."""
    await db.write(lambda tx: jobs.enqueue(tx, "test.secret", key, {"x": 1}, 4e9))


async def heads(db: Database) -> set[bytes]:
    """Return under which keys those secrets are."""
    found = await db.read(
        lambda tx: tx.conn.execute(text("SELECT payload FROM jobs WHERE kind = 'test.secret'"))
    )
    return {bytes(payload)[:5] for payload in found.scalars()}
