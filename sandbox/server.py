"""One server, one port, all stand-ins."""

import asyncio
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from sandbox import acgbt, chat, control, disktop, hdhive, linkcheck, mika, source, telegram, tmdb
from sandbox.gate import Gate
from sandbox.world import BOT_TOKEN, World


class Protocol(HttpToolsProtocol):
    """Put the transport into the scope, so that a fault can break the connection."""

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox.transport": self.transport}  # type: ignore[dict-item]


def all_routes(world: World) -> list[BaseRoute]:
    """Collect the routes of every stand-in; the chat page comes last because it owns `/`."""
    parts = (control, hdhive, disktop, linkcheck, tmdb, acgbt, mika, source, telegram, chat)
    return [route for part in parts for route in part.routes(world)]


class Sandbox:
    """Run the sandbox inside the caller's event loop: `async with Sandbox() as box: box.url`."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
        data: Path | None = None,
        bot_token: str = BOT_TOKEN,
        fast: bool = True,
    ) -> None:
        self.host = host
        self.port = port
        self.world = World(seed=seed, fast=fast, data=data, bot_token=bot_token)
        self.url = ""
        self._closing = False
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; `url` is right afterwards."""
        app = Gate(Starlette(routes=all_routes(self.world)), self.world, lambda: self._closing)
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=75,
        )
        config.load()
        self._state.default_headers = [(b"date", formatdate(usegmt=True).encode()), *config.encoded_headers]
        loop = asyncio.get_running_loop()
        # uvicorn's own Server ticks every 0.1 s to start and stop; its protocol needs none of that.
        self._server = await loop.create_server(
            lambda: Protocol(config=config, server_state=self._state, app_state={}, _loop=loop),
            self.host,
            self.port,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        self.url = self.world.origin = f"http://{shown}:{self.port}"

    async def stop(self) -> None:
        """Close every connection and end every request."""
        if self._server is None:
            return
        self._closing = True
        self._server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        # The connections learn of their end in the loop's next round.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks: list[asyncio.Task[Any]] = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.world.close()
        await self._server.wait_closed()
        self._server = None

    def settings(self, port: int) -> dict[str, str]:
        """Return the environment for `linkhive run` on a port against this sandbox."""
        world, own = self.world, self.world.credentials
        return {
            "TELEGRAM_TOKEN": world.bot_token,
            "TELEGRAM_API_URL": f"{self.url}/telegram",
            "TELEGRAM_ME_URL": f"{self.url}/t.me",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LISTEN": f"127.0.0.1:{port}",
            "HDHIVE_URL": f"{self.url}/hdhive",
            "HDHIVE_CLIENT_ID": own.hdhive_client_id,
            "HDHIVE_APP_SECRET": own.hdhive_app_secret,
            "DISKTOP_URL": f"{self.url}/disktop",
            "DISKTOP_CLIENT_ID": own.disktop_client_id,
            "DISKTOP_CLIENT_SECRET": own.disktop_client_secret,
            "LINKCHECK_URL": f"{self.url}/linkcheck",
            "LINKCHECK_API_KEY": own.linkcheck_api_key,
            "MIKA_URL": f"{self.url}/mika/api",
            "TMDB_URL": f"{self.url}/tmdb",
            "TMDB_TOKEN": own.tmdb_token,
            "TMDB_IMAGE_URL": f"{self.url}/tmdb/t/p",
            "ACGBT_URL": f"{self.url}/acgbt/api/v1",
            # Whoever moves the clock on wants to see what happens then.
            "CHECKIN_SPREAD_SECONDS": "60",
            "FETCH_ALLOWED_HOSTS": f"127.0.0.1:{self.port}",
        }
