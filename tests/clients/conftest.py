"""A scripted server, and transports to it with short times."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from clients.transport import Timeouts, Transport
from tests.clients.scripts import Connect, Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    scripted = Server()
    listening = await asyncio.start_server(scripted.serve, "127.0.0.1", 0, backlog=512)
    scripted.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield scripted
    finally:
        listening.close()
        await listening.wait_closed()
        await scripted.stop()


@pytest.fixture
async def connect(server: Server) -> AsyncIterator[Connect]:
    """Make transports to the scripted server, with short times; all are closed at the end."""
    made: list[Transport] = []

    def build(service: str = "hdhive", url: str | None = None, **options: Any) -> Transport:
        settings: dict[str, Any] = {
            "timeout": Timeouts(1, 0.3, 2),
            "backoff": 0.001,
            "attempts": 3,
            **options,
        }
        made.append(Transport(service, url or server.url, **settings))
        return made[-1]

    yield build
    for transport in made:
        await transport.aclose()
