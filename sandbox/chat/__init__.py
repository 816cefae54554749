"""The chat page: plain HTML, CSS and JavaScript modules, served as files."""

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from sandbox.world import World

PAGE = Path(__file__).parent / "page"

# Pictures may come from any address a bot sends; everything else only from here.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src * data: blob:; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def routes(world: "World") -> list[BaseRoute]:  # noqa: ARG001 - the page knows the world by its API
    """Return the page at `/` and its files."""

    async def index(_request: Request) -> Response:
        return FileResponse(PAGE / "index.html", media_type="text/html", headers=_HEADERS)

    return [Route("/", index, methods=["GET"]), Mount("/page", StaticFiles(directory=PAGE))]
