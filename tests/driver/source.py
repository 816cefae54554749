"""Files to upload from: addresses at the sandbox's source server, and the bytes behind links."""

from hashlib import md5
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from sandbox.source import content


class Source:
    """Make addresses: `Source(box.url)("film.mkv", size=10_000, mode="cut", at=4_000)`.

    The modes stand in sandbox/source.py.
    """

    def __init__(self, box_url: str) -> None:
        self._url = box_url

    def __call__(self, name: str, size: int, **query: Any) -> str:
        return f"{self._url}/files/{quote(name)}?{urlencode({'size': size, **query})}"

    @staticmethod
    def md5(size: int, seed: str = "") -> str:
        """Return the digest of a file of this size."""
        return content(size, seed).true_md5()


async def bytes_of(url: str, **headers: str) -> bytes:
    """Download a link; `Range="bytes=0-9"` for a part."""
    async with httpx.AsyncClient(trust_env=False, timeout=60, follow_redirects=True) as http:
        return (await http.get(url, headers=headers)).raise_for_status().content


async def md5_of(url: str) -> str:
    """Download a link of any size and return its digest."""
    digest = md5(usedforsecurity=False)
    async with (
        httpx.AsyncClient(trust_env=False, timeout=60, follow_redirects=True) as http,
        http.stream("GET", url) as reply,
    ):
        async for block in reply.raise_for_status().aiter_raw():
            digest.update(block)
    return digest.hexdigest()
