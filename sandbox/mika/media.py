"""What the site serves without a token: covers, avatars, playlists and their segments."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.contents import Plain
from sandbox.mika.tasks import settle
from sandbox.serving import serve
from sandbox.tmdb.posters import draw
from sandbox.waiting import in_thread
from sandbox.world import World

# An MPEG transport stream packet a player skips.
_NULL_PACKET = b"\x47\x1f\xff\x10" + b"\xff" * 184


def picture(kind: str, width: int, height: int) -> Callable[[Request], Awaitable[Response]]:
    """Answer a picture drawn for a number."""

    async def handle(request: Request) -> Response:
        drawn = await in_thread(draw, f"mika {kind} {request.path_params['id']}", width, height)
        return serve(request, Plain(drawn), "image/png")

    return handle


async def playlist(world: World, request: Request) -> Response:
    """Answer a video's play list, once it is transcoded."""
    settle(world)
    video = world.mika.videos.get(request.path_params["id"])
    if video is None or video.status != "published":
        return PlainTextResponse("not found", 404)
    pieces = [f"#EXTINF:10,\nsegment{number}.ts" for number in range(3)]
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:10", *pieces, "#EXT-X-ENDLIST", ""]
    return PlainTextResponse("\n".join(lines), media_type="application/vnd.apple.mpegurl")


async def segment(request: Request) -> Response:
    """Answer a segment: packets that carry nothing."""
    return serve(request, Plain(_NULL_PACKET * 500), "video/mp2t")
