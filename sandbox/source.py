"""A web server to upload from: files of any size and every manner of serving them.

`/files/{name}?size=&seed=&mode=&at=&rate=&times=`: size in bytes (1 MiB unless told); seed tells files apart.
Modes: ranges (the way it should be), noranges, nolength, cut (breaks off after `at` bytes, the first `times`
requests), changed (breaks off like cut, and is another file afterwards), slow (64 KiB/s unless `rate` says
otherwise), redirect (to `to`, or to itself `times` times), endless. `rate` works in every mode; `type` and
`filename` set headers.
"""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.contents import Made
from sandbox.serving import paced, serve
from sandbox.world import World

MIB = 1024 * 1024
SLOW = 64 * 1024
MODES = ("ranges", "noranges", "nolength", "cut", "changed", "slow", "redirect", "endless")
_ENDLESS = 1 << 50


def routes(world: World) -> list[BaseRoute]:
    """Return the route of the source server."""
    return [Route("/files/{name}", partial(_file, world), methods=["GET", "HEAD"])]


def content(size: int, seed: str) -> Made:
    """Return the bytes of a file of this server."""
    return Made(f"source {seed}", size)


async def _file(world: World, request: Request) -> Response:
    query, name = request.query_params, request.path_params["name"]
    mode = query.get("mode", "ranges")
    numbers = {field: query.get(field, "0") for field in ("size", "at", "rate", "times")}
    if mode not in MODES or not all(number.isdecimal() for number in numbers.values()):
        return PlainTextResponse("unknown mode, or a number is none", 400)
    return _answer(world, request, name, mode, {field: int(number) for field, number in numbers.items()})


def _answer(world: World, request: Request, name: str, mode: str, numbers: dict[str, int]) -> Response:
    query = request.query_params
    early = world.fetched[request.url.query] < (numbers["times"] or 1)
    if request.method == "GET":
        world.fetched[request.url.query] += 1
    if mode == "redirect" and (early or "to" in query):
        return RedirectResponse(query.get("to") or str(request.url), 302)
    other = "!" if mode == "changed" and not early else ""
    made = content(numbers["size"] or MIB, query.get("seed", "") + other)
    rate = numbers["rate"] or (SLOW if mode == "slow" else 0)
    if mode in ("nolength", "endless"):
        answer = _unmeasured(made, mode, rate)
    else:
        cut = mode in ("cut", "changed") and early
        through = partial(_broken, request, numbers["at"] or made.size // 2) if cut else None
        answer = serve(
            request,
            made,
            _kind(request, name),
            ranges=mode != "noranges",
            rate=rate,
            validator=f'"{made.md5}"',
            through=through,
        )
    if "filename" in query:
        answer.headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(query['filename'])}"
    return answer


def _kind(request: Request, name: str) -> str:
    return request.query_params.get("type") or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _unmeasured(made: Made, mode: str, rate: int) -> Response:
    size = _ENDLESS if mode == "endless" else made.size
    return StreamingResponse(paced(made.blocks(0, size), rate), media_type="application/octet-stream")


async def _broken(request: Request, left: int, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield so many bytes, then close the connection under the caller."""
    async for block in blocks:
        yield block[:left]
        left -= len(block)
        if left <= 0:
            break
    transport: asyncio.Transport = request.scope["extensions"]["sandbox.transport"]
    transport.close()
    # The answer is not over until the server knows that nobody listens any more.
    await asyncio.sleep(0.05)
