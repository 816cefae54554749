"""Answer with the bytes of a file: whole or a range, streamed."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox.contents import Content

Blocks = AsyncIterator[bytes]
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def serve(
    request: Request,
    content: Content,
    kind: str = "application/octet-stream",
    *,
    name: str | None = None,
    ranges: bool = True,
    rate: float = 0,
    validator: str | None = None,
    through: Callable[[Blocks], Blocks] | None = None,
) -> Response:
    """Return the answer to a request for a file.

    Rate is in bytes a second, 0 means as fast as it goes; `through` may cut the bytes short.
    """
    headers = {"accept-ranges": "bytes"} if ranges else {}
    if name is not None:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    if validator is not None:
        headers["etag"] = validator
    start, end, status = 0, content.size, 200
    if ranges and (wanted := _wanted(request, content.size, validator)) is not None:
        start, end = wanted
        status = 206
        if start >= end:
            return Response(status_code=416, headers={"content-range": f"bytes */{content.size}"})
        headers["content-range"] = f"bytes {start}-{end - 1}/{content.size}"
    headers["content-length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=kind)
    blocks = paced(content.blocks(start, end - start), rate)
    return StreamingResponse(through(blocks) if through else blocks, status, headers, kind)


def _wanted(request: Request, size: int, validator: str | None) -> tuple[int, int] | None:
    """Return start and end of the range asked for; None: the whole file."""
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    condition = request.headers.get("if-range")
    if found is None or (condition is not None and condition != validator):
        return None
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size) if last else None
    return int(first), min(int(last) + 1, size) if last else size


async def paced(blocks: AsyncIterator[bytes], rate: float) -> AsyncIterator[bytes]:
    """Yield blocks no faster than so many bytes a second."""
    if rate <= 0:
        async for block in blocks:
            yield block
        return
    loop, step = asyncio.get_running_loop(), max(1, int(rate / 10))
    began, sent = loop.time(), 0
    async for block in blocks:
        for at in range(0, len(block), step):
            piece = block[at : at + step]
            sent += len(piece)
            yield piece
            await asyncio.sleep(max(0.0, sent / rate - (loop.time() - began)))
