"""Controls of people's drives: what lies in them, a big folder, uploads that expire."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.serving import serve
from sandbox.states.drive import Drive, Item
from sandbox.world import World

BIG = "大文件夹 Big folder"
MOST = 20_000
Handler = Callable[[Request], Awaitable[Response]]


def routes(world: World, guarded: Callable[[Handler], Handler]) -> list[Route]:
    """Return the routes under /control that concern drives."""
    return [
        Route("/drives/{person:int}", guarded(_listing(world)), methods=["GET"]),
        Route("/drives/{person:int}/files/{id:int}", guarded(_bytes(world)), methods=["GET"]),
        Route("/uploads/expire", guarded(_expire(world)), methods=["POST"]),
    ]


def fill(world: World, person: int, number: int) -> None:
    """Give a person's app folder a folder of many files, if it has none yet."""
    if not 0 < number <= MOST:
        raise ValueError(f"big_folder is a number up to {MOST}")
    drive = world.disktop.drive(person, world.now())
    if drive.at(drive.app_root, BIG) is None:
        drive.fill(drive.make_path(drive.app_root, BIG, world.now()).id, number, world.now())


def _drive(world: World, request: Request) -> Drive:
    person = request.path_params["person"]
    if person not in world.people:
        raise ValueError("nobody has this id")
    return world.disktop.drive(person, world.now())


def _listing(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        drive = _drive(world, request)
        return JSONResponse({"items": [_public(drive, item) for item in drive.below(0)]})

    return handle


def _public(drive: Drive, item: Item) -> dict[str, Any]:
    kept = {"id": item.id, "path": drive.path(item), "is_dir": item.is_dir}
    return kept if item.is_dir else kept | {"size": item.size, "md5": item.md5}


def _bytes(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        item = _drive(world, request).items.get(request.path_params["id"])
        if item is None:
            return JSONResponse({"error": "there is no such file"}, status_code=404)
        return serve(request, item.content)

    return handle


def _expire(world: World) -> Handler:
    async def handle(_request: Request) -> Response:
        open_ones = [session for session in world.disktop.uploads.values() if session.outcome is None]
        for session in open_ones:
            session.expires_at = 0.0
        return JSONResponse({"expired": len(open_ones)})

    return handle
