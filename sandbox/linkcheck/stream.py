"""The link check's result stream: server-sent events with ids, resumed by Last-Event-ID."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox.linkcheck.jobs import job_of
from sandbox.states.linkcheck import Job
from sandbox.world import World


def frame(number: int, event: str, data: dict[str, Any]) -> str:
    """Return one event as text."""
    return f"id: {number}\nevent: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _start(world: World, request: Request, job: Job) -> int:
    last = request.headers.get("last-event-id") or request.query_params.get("last_event_id", "")
    at = min(int(last), len(job.events)) if last.isdecimal() else 0
    # Some events come twice after a cut, when the options say so.
    return max(0, at - world.options.linkcheck_repeats)


async def _events(world: World, job: Job, at: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    while True:
        moved = job.moved
        while at < len(job.events):
            event, data = job.events[at]
            at += 1
            yield frame(at, event, data)
            if event == "done":
                return
        if job.status != "running":
            return
        try:
            await asyncio.wait_for(moved.wait(), world.options.linkcheck_keep_alive)
        except TimeoutError:
            yield ": keep-alive\n\n"


async def events(world: World, request: Request) -> Response:
    """Answer GET /jobs/{id}/events."""
    job = job_of(world, request)
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    stream = _events(world, job, _start(world, request, job))
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")
