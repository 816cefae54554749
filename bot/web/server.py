"""Run the web application in the bot's own loop: uvicorn's protocol, none of its process handling."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from bot.formats import Listen
from bot.web.shield import Protocol

KEEP_ALIVE_SECONDS = 75
BACKLOG = 2048


class CannotListen(Exception):
    """Say that the address to listen on cannot be had."""


class WebServer:
    """Listen on one port; `port` is right after `start`."""

    def __init__(self, app: ASGIApp, listen: Listen) -> None:
        self.port = listen.port
        self._listen = listen
        self._state = ServerState()
        self._config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=64 * 1024,
        )
        self._server: asyncio.Server | None = None
        self._clock: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, or raise `CannotListen`."""
        self._config.load()
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._connected, self._listen.host, self._listen.port, backlog=BACKLOG
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CannotListen(f"LISTEN: {self._listen.host}:{self._listen.port}: {reason}") from None
        self.port = self._server.sockets[0].getsockname()[1]
        self._clock = asyncio.create_task(self._date())

    def _connected(self) -> Protocol:
        return Protocol(config=self._config, server_state=self._state, app_state={})

    async def stop(self, patience: float = 5.0) -> None:
        """Take no new requests and let those under way end."""
        if self._server is None or self._clock is None:
            return
        self._server.close()
        self._clock.cancel()
        await asyncio.gather(self._clock, return_exceptions=True)
        for connection in list(self._state.connections):
            connection.shutdown()
        tasks: set[asyncio.Task[Any]] = set(self._state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        await self._server.wait_closed()
        self._server = None

    async def _date(self) -> None:
        """Keep the Date header right without building it for every response."""
        while True:
            date = formatdate(time.time(), usegmt=True).encode()
            self._state.default_headers = [(b"date", date)]
            await asyncio.sleep(1)
