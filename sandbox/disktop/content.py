"""Signed links, and the bytes behind them."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.contents import Content, Plain
from sandbox.serving import serve
from sandbox.tmdb.posters import draw
from sandbox.waiting import in_thread
from sandbox.world import World

LINK_SECONDS = 600
# An MPEG transport stream packet a player skips.
NULL_PACKET = b"\x47\x1f\xff\x10" + b"\xff" * 184
VIDEO = frozenset({"mkv", "mp4", "avi", "mov", "ts", "mp3", "flac"})


@dataclass(frozen=True)
class Wares:
    """A file one can download, wherever it lies."""

    id: int
    name: str
    size: int
    ext: str


def sign(world: World, path: str, until: int) -> str:
    """Return the signature of a link; all of a video's play lists and segments share one."""
    place, _, file = path.partition("?")[0].rpartition("/")
    if file.endswith((".m3u8", ".ts")):
        path = f"{place}?{path.partition('?')[2]}"
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


def _valid(world: World, request: Request) -> bool:
    query = request.query_params
    path = request.url.path.removeprefix("/disktop")
    described = f"name={quote(query.get('name', ''))}&size={query.get('size', '')}"
    until = query.get("ts", "")
    if not until.isdecimal() or int(until) < world.now():
        return False
    return hmac.compare_digest(sign(world, f"{path}?{described}", int(until)), query.get("sig", ""))


def _content(world: World, request: Request) -> Content | None:
    """Return the bytes behind a link, as long as the file is there."""
    number, surl = request.path_params["id"], request.path_params.get("surl")
    if surl is not None:
        node = world.catalogue.shares[surl].find(number)
        return None if node is None else node.content
    found = (drive.items.get(number) for drive in world.disktop.drives.values())
    return next((item.content for item in found if item is not None), None)


async def download(world: World, request: Request) -> Response:
    """Answer a signed link with the file's bytes; ranges work."""
    if not _valid(world, request):
        return PlainTextResponse("link expired or signature mismatch", 403)
    content = _content(world, request)
    if content is None:
        return PlainTextResponse("file not found", 404)
    rate = world.options.disktop_download_rate
    # The link is another each time, the bytes are the same: a rest can be told from a rest of something else.
    name, validator = request.query_params["name"], f'"{content.md5}"'
    return serve(request, content, name=name, rate=rate, validator=validator)


async def playlist(world: World, request: Request) -> Response:
    """Answer a play list: the master names the qualities, each of them its segments."""
    if not _valid(world, request):
        return PlainTextResponse("link expired or signature mismatch", 403)
    name, query = request.path_params["name"], request.url.query
    if name == "master.m3u8":
        lines = [
            f"#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION={size}\n{quality}.m3u8?{query}"
            for quality, rate, size in (("1080p", 2_500_000, "1920x1080"), ("720p", 1_400_000, "1280x720"))
        ]
    else:
        pieces = [f"#EXTINF:10,\nsegment{number}.ts?{query}" for number in range(3)]
        lines = ["#EXT-X-TARGETDURATION:10", *pieces, "#EXT-X-ENDLIST"]
    text = "\n".join(["#EXTM3U", "#EXT-X-VERSION:3", *lines, ""])
    return PlainTextResponse(text, media_type="application/vnd.apple.mpegurl")


async def segment(world: World, request: Request) -> Response:
    """Answer a segment of a video: packets that carry nothing."""
    if not _valid(world, request):
        return PlainTextResponse("link expired or signature mismatch", 403)
    return serve(request, Plain(NULL_PACKET * 500), "video/mp2t")


async def cover(request: Request) -> Response:
    """Answer the cover of a video: a picture drawn for it."""
    picture = await in_thread(draw, f"cover {request.path_params['id']}", 640, 360)
    return serve(request, Plain(picture), "image/png")
