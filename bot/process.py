"""Run the bot as a process: until it is asked to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys

from bot.database import AlreadyRunning, CannotOpen
from bot.exits import BAD_SETTINGS, FAILED, OK
from bot.lostkeys import KeysLost
from bot.settings import Settings
from bot.telegram import TokenRefused
from bot.web.server import CannotListen
from bot.wiring import linkhive
from services.clock import Clock

log = logging.getLogger(__name__)


async def run(settings: Settings, clock: Clock | None = None) -> int:
    """Run until SIGTERM or SIGINT and return the exit code."""
    stop, up = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    working = asyncio.create_task(_work(settings, clock, stop, up))

    def asked() -> None:
        stop.set()
        if not up.is_set():
            working.cancel()  # it may be waiting for a Telegram that does not answer

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, asked)
    try:
        return await working
    except asyncio.CancelledError:
        return OK


async def _work(settings: Settings, clock: Clock | None, stop: asyncio.Event, up: asyncio.Event) -> int:
    try:
        async with linkhive(settings, clock=clock) as house:
            # What is here stays to the end: without this each full collection goes through all of it again,
            # and everybody waits a tenth of a second, every few seconds.
            gc.collect()
            gc.freeze()
            up.set()
            name, port = house.application.bot.username, house.web_port
            log.info("LinkHive is up", extra={"bot": name, "port": port})
            await stop.wait()
    except (AlreadyRunning, CannotListen, CannotOpen, TokenRefused) as error:
        return _fail(str(error))
    except KeysLost as error:
        return _fail(str(error), BAD_SETTINGS)
    return OK


def _fail(line: str, code: int = FAILED) -> int:
    print(line, file=sys.stderr)  # noqa: T201 - one line for the operator
    return code
