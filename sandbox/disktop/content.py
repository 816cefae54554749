"""Signed links, and the bytes behind them."""

import hmac
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sandbox.world import World

LINK_SECONDS = 600
BLOCK = 64 * 1024
VIDEO = frozenset({"mkv", "mp4", "avi", "mov", "ts", "mp3", "flac"})
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Wares:
    """A file one can download, wherever it lies."""

    id: int
    name: str
    size: int
    ext: str


def sign(world: World, path: str, until: int) -> str:
    """Return the signature of a link."""
    return hmac.new(f"disktop-{world.seed}".encode(), f"{path}:{until}".encode(), sha256).hexdigest()[:32]


def signed(world: World, path: str, wares: Wares) -> str:
    """Return an address that works for ten minutes without a token."""
    until = int(world.now()) + LINK_SECONDS
    described = f"name={quote(wares.name)}&size={wares.size}"
    signature = sign(world, f"{path}?{described}", until)
    return f"{world.origin}/disktop{path}?{described}&ts={until}&sig={signature}"


def streams(world: World, wares: Wares) -> dict[str, Any]:
    """Return the play list addresses of a video."""
    master = signed(world, f"/hls/{wares.id}/master.m3u8", wares)
    names = ("1080p", "720p")
    return {
        "stream_url": master,
        "duration": 1800 + wares.id % 3600,
        "qualities": [{"name": n, "url": signed(world, f"/hls/{wares.id}/{n}.m3u8", wares)} for n in names],
        "expires_in": LINK_SECONDS,
    }


async def content(file_id: int, start: int, length: int) -> AsyncIterator[bytes]:
    """Yield a stretch of a file's bytes: the same block again and again, its own for each file."""
    block = sha256(str(file_id).encode()).digest() * (BLOCK // 32)
    while length > 0:
        offset = start % BLOCK
        part = block[offset : offset + min(length, BLOCK - offset)]
        yield part
        start, length = start + len(part), length - len(part)


def _valid(world: World, request: Request) -> bool:
    query = request.query_params
    path = request.url.path.removeprefix("/disktop")
    described = f"name={quote(query.get('name', ''))}&size={query.get('size', '')}"
    until = query.get("ts", "")
    if not until.isdecimal() or int(until) < world.now():
        return False
    return hmac.compare_digest(sign(world, f"{path}?{described}", int(until)), query.get("sig", ""))


async def serve(world: World, request: Request) -> Response:
    """Answer a signed link with bytes; ranges work."""
    if not _valid(world, request):
        return PlainTextResponse("link expired or signature mismatch", 403)
    size, name = int(request.query_params["size"]), request.query_params["name"]
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "accept-ranges": "bytes",
    }
    start, end, status = 0, size - 1, 200
    if wanted := RANGE.fullmatch(request.headers.get("range", "")):
        first, last = wanted.groups()
        start = int(first) if first else max(0, size - int(last or 0))
        end = min(int(last), size - 1) if first and last else size - 1
        status = 206
        if start > end:
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
        headers["content-range"] = f"bytes {start}-{end}/{size}"
    headers["content-length"] = str(end - start + 1)
    body = content(request.path_params["id"], start, end - start + 1)
    return StreamingResponse(body, status, headers, media_type="application/octet-stream")


async def playlist(world: World, request: Request) -> Response:
    """Answer a play list."""
    if not _valid(world, request):
        return PlainTextResponse("link expired or signature mismatch", 403)
    text = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsegment0.ts\n#EXT-X-ENDLIST\n"
    return PlainTextResponse(text, media_type="application/vnd.apple.mpegurl")
