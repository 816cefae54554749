"""The site's files: torrents, pictures and avatars."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from sandbox.tmdb.posters import draw
from sandbox.world import World

SIZES = {"images": (960, 540), "avatars": (256, 256)}


async def upload(world: World, request: Request) -> Response:
    """Answer GET /uploads/…: what was uploaded, and pictures, which are drawn on demand."""
    folder, name = request.path_params["folder"], request.path_params["name"]
    known = world.acgbt.files.get(f"/uploads/{folder}/{name}")
    if known is not None:
        return Response(known[0], media_type=known[1])
    if folder in SIZES and name.endswith(".png") and name != "missing.png":
        drawn = await asyncio.to_thread(draw, f"acgbt:{folder}:{name}", *SIZES[folder])
        return Response(drawn, media_type="image/png")
    return Response("<html><body><h1>404 Not Found</h1></body></html>", 404, media_type="text/html")
