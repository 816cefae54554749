"""Files at the scripted server, and the fetcher that reads them with short limits."""

from typing import Any

from clients.fetch.fetched import Limits
from clients.fetch.fetcher import Fetcher
from tests.clients.scripts import Script, Server, answer

SHORT = Limits(max_bytes=1000, connect=1, answer=1, silence=0.3, pace=0.3, pace_bytes=1000)


def fetcher(server: Server, limits: Limits = SHORT) -> Fetcher:
    return Fetcher(allowed_hosts=frozenset({server.url.removeprefix("http://")}), limits=limits)


def file(content: bytes = b"0123456789", status: int = 200, **headers: object) -> Script:
    return answer(status=status, body=content, **{"content_type": "video/mp4", **headers})


async def read(fetch: Fetcher, url: str, offset: int = 0, validator: str | None = None) -> tuple[Any, bytes]:
    async with fetch.open(url, offset, validator) as got:
        return got, b"".join([block async for block in got.blocks()])
