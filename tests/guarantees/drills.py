"""Drills of backups: the real commands, a process that writes all the time, and what goes wrong besides."""

import asyncio
import random
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy.exc import DBAPIError

from storage import erasure, users
from storage.crypto import KeyRing
from storage.database import Database
from storage.tx import Tx
from tests.e2e.process import BOT, run, surroundings
from tests.fixtures.databases import KEY
from tests.guarantees import steady_writer
from tests.guarantees.traces import as_setting

WRONG = as_setting(b"w" * 32)
RIGHT = as_setting(KEY)
SOMEBODY = 7_391_846_205


class Writer:
    """The process that writes all the time; `said` is the last fact it was told is kept."""

    def __init__(self) -> None:
        self.said = 0

    @asynccontextmanager
    async def at_work(self, url: str) -> AsyncIterator["Writer"]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, steady_writer.__file__ or "", url),
            env=surroundings(),
            stdout=asyncio.subprocess.PIPE,
        )
        hearing = asyncio.create_task(self._hear(process))
        try:
            await self.more(steady_writer.SLOTS)
            yield self
            assert process.returncode is None, "it writes to the end"
        finally:
            hearing.cancel()
            process.kill()
            await process.wait()

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.said = int(line)

    async def more(self, number: int) -> None:
        """Wait for so many more facts."""
        wanted = self.said + number
        async with asyncio.timeout(60):
            while self.said < wanted:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.01)


@dataclass
class Drill:
    """One backup under load, and one empty database to bring it back to."""

    source: str
    target: str
    folder: Path
    writer: Writer
    rng: random.Random

    @property
    def file(self) -> Path:
        return self.folder / "saved"

    async def command(self, action: str, *more: str, url: str = "", key: str = RIGHT) -> tuple[int, str]:
        """Run one of the commands; return its code and what it complained of."""
        env = {"DATABASE_URL": url or self.target, "SECRET_KEYS": key}
        code, _, error = await run("db", action, str(self.file), *more, env=env, folder=self.folder)
        return code, error

    async def save(self) -> None:
        code, error = await self.command("backup", url=self.source)
        assert code == 0, error

    async def bring_back(self, *more: str) -> None:
        code, error = await self.command("restore", *more)
        assert code == 0, error

    async def refused(self, *more: str, key: str = RIGHT) -> str:
        """See that it is refused in one line, and return that."""
        code, error = await self.command("restore", *more, key=key)
        assert code == 1
        assert len(error.strip().splitlines()) == 1, error
        return error

    async def killed(self, action: str, url: str, *more: str) -> None:
        """Run a command and kill it at any moment of it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *BOT, "db", action, str(self.file), *more),
            env={**surroundings(), "DATABASE_URL": url, "SECRET_KEYS": RIGHT},
            cwd=self.folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await asyncio.sleep(self.rng.uniform(0.2, 1.2))
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def known(self) -> int | None:
        """Return how many facts were brought back; None where they are not whole."""
        return await self.read(steady_writer.known)

    async def read(self, work: Callable[[Tx], Awaitable[int | None]]) -> int | None:
        db = await Database.open(self.target, KeyRing([KEY]))
        try:
            return await db.read(work)
        finally:
            await db.close()

    async def empty(self) -> bool:
        """Tell whether nothing was brought back."""
        try:
            return await self.known() == 0
        except DBAPIError:
            return True  # no tables


# What goes wrong besides; each leaves a file that is whole, and a database that was brought back.


async def _nothing(drill: Drill) -> None:
    await drill.save()
    await drill.bring_back()


async def _wrong_key(drill: Drill) -> None:
    await drill.save()
    assert "SECRET_KEYS" in await drill.refused(key=WRONG)
    assert await drill.empty()
    await drill.bring_back()


async def _killed_while_saving(drill: Drill) -> None:
    await drill.killed("backup", drill.source)
    await drill.save()
    assert [path.name for path in drill.folder.iterdir() if "saved" in path.name] == ["saved"]
    await drill.bring_back()


async def _killed_while_brought_back(drill: Drill) -> None:
    await drill.save()
    await drill.killed("restore", drill.target, "--force")
    assert await drill.empty() or await drill.known(), "all of it or nothing"
    await drill.bring_back("--force")


async def _not_empty(drill: Drill) -> None:
    await drill.save()
    await drill.bring_back()
    before = await drill.known()
    await drill.writer.more(5)
    await drill.save()
    assert "not empty" in await drill.refused()
    assert await drill.known() == before, "what is there stays as it is"
    await drill.bring_back("--force")
    assert await drill.known() != before


async def _damaged(drill: Drill) -> None:
    await drill.save()
    whole = await asyncio.to_thread(drill.file.read_bytes)
    await asyncio.to_thread(drill.file.write_bytes, whole[: len(whole) * 2 // 3])
    await drill.refused()
    assert await drill.empty()
    await asyncio.to_thread(drill.file.write_bytes, whole)
    await drill.bring_back()


async def _ruined(drill: Drill) -> None:
    """What is there is no database any more: that is what backups are for."""
    await drill.save()
    if drill.target.startswith("sqlite"):
        ruin = Path(drill.target.removeprefix("sqlite:///"))
        await asyncio.to_thread(ruin.write_bytes, b"ruined" * 2000)
        assert "--force" in await drill.refused()
    await drill.bring_back("--force")


async def _forgotten_since(drill: Drill) -> None:
    """Who asked to be forgotten after the backup does not come back with it."""
    await drill.save()
    await drill.bring_back()
    db = await Database.open(drill.target, KeyRing([KEY]))
    await db.write(lambda tx: users.remember(tx, SOMEBODY, language_code="en", first_name="N", now=1.0))
    await db.close()
    code, error = await drill.command("backup", url=drill.target)
    assert code == 0, error
    db = await Database.open(drill.target, KeyRing([KEY]))
    await db.write(lambda tx: erasure.erase(tx, SOMEBODY, 10.0))
    await db.close()
    await drill.bring_back("--force")
    db = await Database.open(drill.target, KeyRing([KEY]))
    assert await db.read(lambda tx: users.get(tx, SOMEBODY)) is None
    assert await db.recall(), "nor does anything late of theirs"
    await db.close()


TROUBLES = (
    _wrong_key,
    _killed_while_brought_back,
    _forgotten_since,
    _ruined,
    _not_empty,
    _damaged,
    _killed_while_saving,
    _nothing,
)


@asynccontextmanager
async def emptied(url: str, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Make a database without tables, of the same kind, and a folder for the backup."""
    await asyncio.to_thread(folder.mkdir)
    if url.startswith("sqlite"):
        yield f"sqlite:///{folder / 'other.db'}", folder
        return
    name, there = f"t_{uuid.uuid4().hex}", url.partition("@/")[2].partition("?")[0]
    connection = await asyncpg.connect(url.replace(there, "postgres", 1))
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY wal_log")
        yield url.replace(there, name, 1), folder
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()
