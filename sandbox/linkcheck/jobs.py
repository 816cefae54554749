"""The link check's jobs: create, look, urgent, cancel."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.catalogue.links import recognise
from sandbox.linkcheck.work import run
from sandbox.states.linkcheck import Item, Job
from sandbox.world import World

MOST_ITEMS = 500


class Refusal(Exception):
    """An error answer in the service's form, `{"detail": …}`."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self) -> JSONResponse:
        """Return the error as it goes over the wire."""
        return JSONResponse({"detail": self.detail}, self.status)


def require_key(world: World, request: Request) -> None:
    """Check the API key."""
    key = request.headers.get("x-api-key")
    if key != world.credentials.linkcheck_api_key:
        raise Refusal(401, "Missing API key" if key is None else "Invalid API key")


def job_of(world: World, request: Request) -> Job:
    """Return the job of a path."""
    require_key(world, request)
    job = world.linkcheck.jobs.get(request.path_params["id"])
    if job is None:
        raise Refusal(404, "Job not found")
    return job


async def _object(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(await request.body())
    except ValueError:
        raise Refusal(422, "Body is not valid JSON") from None
    if not isinstance(value, dict):
        raise Refusal(422, "Body must be an object")
    return value


def _items(world: World, asked: Any) -> list[Item]:
    if not isinstance(asked, list) or not 0 < len(asked) <= MOST_ITEMS:
        raise Refusal(422, f"items must hold 1 to {MOST_ITEMS} links")
    items = []
    for one in asked:
        url = one.get("url") if isinstance(one, dict) else None
        if not isinstance(url, str) or not url.strip():
            raise Refusal(422, "items[].url is required")
        known = recognise(url)
        items.append(Item(world.token(16), url, known[0] if known else "unknown", one.get("meta")))
    return items


async def create(world: World, request: Request) -> Response:
    """Answer POST /jobs."""
    require_key(world, request)
    items = _items(world, (await _object(request)).get("items"))
    job = Job(world.token(20), items, world.now())
    job.waiting.extend(items)
    world.linkcheck.jobs[job.id] = job
    world.spawn(run(world, job))
    return JSONResponse(
        {
            "job_id": job.id,
            "status": job.status,
            "total": len(items),
            "stream_url": f"/jobs/{job.id}/events",
            "items": [{"item_id": i.item_id, "url": i.url, "provider": i.provider} for i in items],
        },
        201,
    )


async def show(world: World, request: Request) -> Response:
    """Answer GET /jobs/{id}."""
    job = job_of(world, request)
    return JSONResponse(job.progress() | {"created_at": job.created_at, "last_event_id": len(job.events)})


async def urgent(world: World, request: Request) -> Response:
    """Answer POST /jobs/{id}/urgent: these go first."""
    job = job_of(world, request)
    urls = (await _object(request)).get("urls")
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise Refusal(422, "urls must be a list of strings")
    hurried = [item for item in job.waiting if item.url in urls]
    for item in hurried:
        item.urgent = True
    rest = [item for item in job.waiting if item.url not in urls]
    job.waiting.clear()
    job.waiting.extend([*hurried, *rest])
    known = {item.url for item in job.items}
    missing = [url for url in urls if url not in known]
    return JSONResponse({"job_id": job.id, "accepted": len(hurried), "not_found": missing})


async def cancel(world: World, request: Request) -> Response:
    """Answer DELETE /jobs/{id}."""
    job = job_of(world, request)
    if job.status == "running":
        job.waiting.clear()
        job.status = "cancelled"
        job.emit("done", job.progress())
    return JSONResponse({"job_id": job.id, "status": job.status})
