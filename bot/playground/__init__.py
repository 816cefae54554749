"""`linkhive sandbox`: stand-ins of the world in this process, the real bot in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import aiohttp

from bot import formats
from sandbox.server import Sandbox

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104
READY_PATIENCE = 30.0
STOP_PATIENCE = 12.0
# A bot that dies faster than this, so many times in a row, will not come up by being started again.
SHORT_LIFE = 5.0
SHORT_LIVES = 3


async def run(host: str, port: int, data: Path | None, seed: int) -> int:
    """Serve until Ctrl-C and return the exit code."""
    stop = asyncio.Event()
    # A closed terminal ends it too, and the bot with it.
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linkhive-")))
        folder.mkdir(parents=True, exist_ok=True)
        box = Sandbox(host=host, port=port, seed=seed, data=folder if data else None)
        try:
            await box.start()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return _say(
                f"port {port} cannot be used ({reason}); try another: linkhive sandbox --port 8010", 1
            )
        try:
            return await Child(_environment(box, folder), box.url, stop).run()
        finally:
            await box.stop()


def _environment(box: Sandbox, folder: Path) -> dict[str, str]:
    """Return the settings of the bot; of a real one's only where a container listens gets through to it."""
    outside = _outside(os.environ.get("LISTEN", ""))
    port = outside or _free_port()
    own = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "SYSTEMROOT", "TMPDIR"}
    kept = {name: value for name, value in os.environ.items() if name in own}
    quiet = {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"), "PYTHONUNBUFFERED": "1"}
    database = {"DATABASE_URL": f"sqlite:///{(folder / 'linkhive.db').absolute()}"}
    # Nobody who tries it out waits a quarter of an hour for what is new.
    eager = {"SUBSCRIPTION_POLL_SECONDS": "60"}
    reached = {"LISTEN": os.environ["LISTEN"]} if outside else {}
    return {**kept, **quiet, **box.settings(port), **reached, **database, **eager}


def _outside(listen: str) -> int | None:
    """Return the port on which a container is reached: what it publishes must be known beforehand."""
    with suppress(ValueError):
        place = formats.listen(listen)
        return place.port if place.host in EVERYWHERE else None
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """Keep the bot running beside the sandbox."""

    def __init__(self, environment: dict[str, str], url: str, stop: asyncio.Event) -> None:
        self._environment = environment
        self._url = url
        self._stop = stop
        self._told = False

    async def run(self) -> int:
        """Start the bot, and start it again when it dies, until the end is asked for."""
        short = 0
        while not self._stop.is_set():
            began = time.monotonic()
            process = await self._start()
            code = await self._watch(process)
            if self._stop.is_set():
                break
            short = short + 1 if time.monotonic() - began < SHORT_LIFE else 0
            if short >= SHORT_LIVES:
                return _say("The bot does not come up; its last words are above.", 1)
            _say(f"The bot ended (code {code}); starting it again. Nothing is lost.", 0)
        return _say("Good-bye.", 0)

    async def _start(self) -> asyncio.subprocess.Process:
        # A session of its own: Ctrl-C reaches only us, and we end the bot in order. Should we be killed,
        # the pipe breaks and the bot ends by itself.
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.playground.leash",
            self._url,
            env=self._environment,
            cwd=Path(__file__).parents[2],
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def _watch(self, process: asyncio.subprocess.Process) -> int | None:
        """Wait for the end of the bot, or end it."""
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stop.wait())
        ready = asyncio.create_task(self._tell_when_ready())
        await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in (ready, stopping):
            task.cancel()
        await asyncio.gather(ready, stopping, return_exceptions=True)
        if not ended.done():
            process.terminate()
            done, _ = await asyncio.wait((ended,), timeout=STOP_PATIENCE)
            if not done:
                process.kill()
        return await ended

    async def _tell_when_ready(self) -> None:
        address = f"{self._environment['PUBLIC_URL']}/readyz"
        deadline = time.monotonic() + READY_PATIENCE
        async with aiohttp.ClientSession() as http:
            while time.monotonic() < deadline:
                if await _answers(http, address):
                    self._tell()
                    return
                await asyncio.sleep(0.05)
        _say("The bot takes unusually long to start.", 0)

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            _say(f"LinkHive sandbox: open {self._url} in a browser. Ctrl-C ends it.", 0)


async def _answers(http: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with http.get(address, timeout=aiohttp.ClientTimeout(total=2)) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def _say(line: str, code: int) -> int:
    print(line, flush=True)  # noqa: T201 - this is a command line
    return code
