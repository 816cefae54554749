"""Run the product's commands as real processes, kill them, and read what they said."""

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.driver import Control

ROOT = Path(__file__).parents[2]
SHIFTED = Path(__file__).with_name("shifted.py")
BOT = ("-m", "bot")
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


def surroundings() -> dict[str, str]:
    """What a process needs of this machine, and the code of this checkout."""
    return {**{name: os.environ[name] for name in KEPT if name in os.environ}, "PYTHONPATH": str(ROOT)}


async def until(condition: Callable[[], Any], what: str, timeout: float = 30.0) -> None:
    """Wait until something in this process is true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout:.0f} s: {what}"
        await asyncio.sleep(0.005)


class Shift:
    """Move the clock of a bot that was started with it, by a file both can see."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"
        self.seconds = 0.0
        self.file.write_text("0")
        self.kill = folder / "kill"

    def advance(self, seconds: float) -> None:
        """Let that much time pass for the bot."""
        self.seconds += seconds
        new = self.file.with_suffix(".new")
        new.write_text(str(self.seconds))
        new.replace(self.file)

    def kill_at(self, step: str) -> None:
        """Have the bot killed at a named step, the next time it is reached."""
        new = self.kill.with_suffix(".new")
        new.write_text(step)
        new.replace(self.kill)


async def at_rest(folder: Path, shift: Shift) -> None:
    """Wait until no job is due or held: a kill before its end is written would have it done again."""
    with closing(sqlite3.connect(f"file:{folder / 'linkhive.db'}?mode=ro", uri=True)) as db:
        for _ in range(600):
            (busy,) = db.execute(
                "SELECT count(*) FROM jobs WHERE state = 'open' AND (holder IS NOT NULL OR run_at <= ?)",
                (time.time() + shift.seconds,),
            ).fetchone()
            if not busy:
                return
            await asyncio.sleep(0.05)
    raise AssertionError("a job does not end")


async def later(shift: Shift, control: Control, seconds: float) -> None:
    """Let time pass for the bot and for the services."""
    shift.advance(seconds)
    await control.advance(seconds)


@asynccontextmanager
async def flying(shift: Shift, control: Control) -> AsyncIterator[None]:
    """Let the time of bot and services fly, for waits that are long on purpose."""

    async def fly() -> None:
        while True:
            await asyncio.sleep(0.2)
            await later(shift, control, 10.0)

    task = asyncio.create_task(fly())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Bot:
    """`python -m bot run` against a sandbox, to be started and killed any number of times.

    It runs outside the checkout, so that no .env of a developer reaches it. With a `shift` its clock is the
    test's; everything else is the same program.
    """

    def __init__(
        self,
        env: dict[str, str],
        folder: Path,
        arguments: Sequence[str] = ("run",),
        *,
        shift: Shift | None = None,
    ) -> None:
        self.env = {**surroundings(), **env}
        self.folder = folder
        self.log = folder / "said.txt"
        self._program = [*(BOT if shift is None else (str(SHIFTED), str(shift.file))), *arguments]
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    @property
    def running(self) -> bool:
        """Whether it runs just now."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The number of the process that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def said(self) -> str:
        """All that every start of it wrote, to either stream."""
        return self.log.read_text()

    async def start(self) -> None:
        """Begin; `ready` tells when it serves."""
        assert self._process is None, "it runs already"
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._program,
                env=self.env,
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ready(self, timeout: float = 30.0) -> None:
        """Wait until it takes updates."""
        deadline = time.monotonic() + timeout
        async with aiohttp.ClientSession() as http:
            while not await answers(http, f"http://{self.env['LISTEN']}/readyz"):
                assert self._process is not None
                assert self._process.returncode is None, self.said
                assert time.monotonic() < deadline, f"not ready within {timeout:.0f} s:\n{self.said}"
                await asyncio.sleep(0.02)

    async def dies(self, timeout: float = 30.0) -> None:
        """Wait for the end a step brought it."""
        process = self._process
        assert process is not None
        assert await asyncio.wait_for(process.wait(), timeout) == -signal.SIGKILL
        self._process = None

    async def comes_back(self) -> None:
        """Wait for the end a step brought it, and bring it up once more."""
        await self.dies()
        await self.start()
        await self.ready()

    async def kill(self) -> None:
        """End it as a power cut would."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def again(self) -> None:
        """Kill it and bring it up once more."""
        await self.kill()
        await self.start()
        await self.ready()

    async def stop(self, how: signal.Signals = signal.SIGTERM, timeout: float = 20.0) -> int:
        """Ask it to end and return its exit code."""
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(how)
        try:
            return await asyncio.wait_for(process.wait(), timeout)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"it did not end within {timeout:.0f} s:\n{self.said}") from None


async def answers(http: aiohttp.ClientSession, address: str) -> bool:
    """Tell whether an address answers 200."""
    try:
        async with http.get(address, timeout=aiohttp.ClientTimeout(total=5)) as reply:
            return reply.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


@asynccontextmanager
async def running(env: dict[str, str], folder: Path, *, shift: Shift | None = None) -> AsyncIterator[Bot]:
    """A bot that is ready."""
    async with Bot(env, folder, shift=shift) as bot:
        await bot.ready()
        yield bot


async def run(
    *arguments: str, env: dict[str, str], folder: Path, timeout: float = 60.0
) -> tuple[int, str, str]:
    """Run a command to its end and return its code and both streams."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *BOT,
        *arguments,
        env={**surroundings(), **env},
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), timeout)
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise AssertionError(f"{arguments} did not end within {timeout:.0f} s") from None
    return process.returncode or 0, out.decode(), err.decode()
