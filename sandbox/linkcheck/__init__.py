"""The stand-in of the link check: jobs, the result stream, the pool."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.linkcheck import jobs, stream
from sandbox.linkcheck.jobs import Refusal
from sandbox.states.linkcheck import PROVIDERS
from sandbox.world import World

Handler = Callable[[World, Request], Awaitable[Response]]


def routes(world: World) -> list[BaseRoute]:
    """Return the routes under /linkcheck."""
    return [
        Mount(
            "/linkcheck",
            routes=[
                _route(world, "/jobs", "POST", jobs.create),
                _route(world, "/jobs/{id}", "GET", jobs.show),
                _route(world, "/jobs/{id}", "DELETE", jobs.cancel),
                _route(world, "/jobs/{id}/urgent", "POST", jobs.urgent),
                _route(world, "/jobs/{id}/events", "GET", stream.events),
                _route(world, "/pool", "GET", _pool),
                _route(world, "/pool/{provider}", "GET", _provider),
                _route(world, "/health", "GET", _health),
            ],
        )
    ]


def _route(world: World, path: str, method: str, work: Handler) -> Route:
    async def handle(request: Request) -> Response:
        try:
            return await work(world, request)
        except Refusal as refusal:
            return refusal.answer()

    return Route(path, handle, methods=[method])


def _snapshot(world: World, provider: str) -> dict[str, Any]:
    waiting = [i for job in world.linkcheck.jobs.values() for i in job.waiting if i.provider == provider]
    return {
        "provider": provider,
        "queued": len(waiting),
        "urgent": sum(item.urgent for item in waiting),
        "workers": 1,
        "enabled": True,
    }


def _all(world: World) -> dict[str, Any]:
    pools = {name: _snapshot(world, name) for name in PROVIDERS}
    running = sum(job.status == "running" for job in world.linkcheck.jobs.values())
    totals = {
        "queued": sum(pool["queued"] for pool in pools.values()),
        "jobs_running": running,
        "checked": world.linkcheck.checked,
    }
    return {"providers": pools, "totals": totals}


async def _pool(world: World, _request: Request) -> Response:
    return JSONResponse(_all(world))


async def _provider(world: World, request: Request) -> Response:
    name = request.path_params["provider"]
    if name not in PROVIDERS:
        raise Refusal(404, "Unknown provider")
    return JSONResponse(_snapshot(world, name))


async def _health(world: World, _request: Request) -> Response:
    return JSONResponse({"status": "ok"} | _all(world))
