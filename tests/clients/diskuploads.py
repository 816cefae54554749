"""Disk.Top's client before the scripted server, and the body of a part."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from clients.disktop.client import DiskTop
from tests.clients.scripts import Connect, Script, answer


@pytest.fixture
async def disk(connect: Connect) -> AsyncIterator[DiskTop]:
    made = DiskTop(connect("disktop"), "my id", "s&cret")
    yield made
    await made.aclose()


def ok(data: Any = None) -> Script:
    return answer({"errno": 0, "errmsg": "ok", "data": data})


def body(*blocks: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def run() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    return run
