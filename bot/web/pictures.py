"""The pictures of what people publish: for everybody who knows their names, and kept by browsers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bot.web.shield import share
from services.sentpictures import SentPictures

log = logging.getLogger(__name__)

# So many are on their way side by side, and none for longer: who reads slowly takes up a megabyte.
AT_ONCE = 64
PATIENCE = 60.0
BUSY_SECONDS = "2"
BLOCK = 64 * 1024
KIND = "image/jpeg"


class PictureFiles:
    """Serve pictures by name."""

    def __init__(self, pictures: SentPictures, *, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._pictures = pictures
        self._free = at_once
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, to its last byte."""
        if self._free <= 0:
            raise HTTPException(503, headers={"retry-after": BUSY_SECONDS})
        self._free -= 1
        try:
            answer = await self._answer(Request(scope))
            async with asyncio.timeout(self._patience):
                await answer(scope, receive, send)
        except TimeoutError:
            log.info("somebody read a picture too slowly")
        finally:
            self._free += 1

    async def _answer(self, request: Request) -> Response:
        """Return a picture; a name that leads nowhere gets what any wrong path gets."""
        found = await self._pictures.show(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        share(request.scope)
        mark = f'"{found.mark}"'
        if _is_had(request.headers.get("if-none-match", ""), mark):
            return Response(status_code=304, headers={"etag": mark})
        headers = {"etag": mark, "content-length": str(len(found.content))}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=KIND)
        return StreamingResponse(_blocks(found.content), headers=headers, media_type=KIND)


def _is_had(told: str, mark: str) -> bool:
    """Tell whether a browser has the picture already; a picture never changes under its name."""
    return told.strip() == "*" or mark in (one.strip().removeprefix("W/") for one in told.split(","))


async def _blocks(content: bytes) -> AsyncIterator[bytes]:
    """Yield a picture block by block, so that each waits until the one before is taken."""
    for at in range(0, len(content), BLOCK):
        yield content[at : at + BLOCK]
