"""ACGBT's client before the scripted server: made, signed in, and what it is answered."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from clients.acgbt.client import ACGBT
from clients.credentials import ApiKey
from tests.clients.scripts import Connect, Server, answer

KEY = ApiKey("ak_0123456789abcdef0123456789abcdef", "s3cr3t")
Open = Callable[..., ACGBT]


@pytest.fixture
async def opened(connect: Connect, server: Server) -> AsyncIterator[Open]:
    """Make clients of the scripted server; all are closed at the end."""
    made: list[ACGBT] = []

    def build(**more: Any) -> ACGBT:
        made.append(ACGBT(connect("acgbt", f"{server.url}/api/v1"), **more))
        return made[-1]

    yield build
    for client in made:
        await client.aclose()


@pytest.fixture
def acgbt(opened: Open) -> ACGBT:
    return opened(now=lambda: 1_700_000_000.9)


def ok(data: Any = None, **more: Any) -> Any:
    return answer({"code": 0, "message": "success", "data": data, **more})
