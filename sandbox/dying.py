"""Shares whose link dies, and comes back, on demand."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.catalogue import Resource, Verdict
from sandbox.catalogue.links import recognise

if TYPE_CHECKING:
    from sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]


def judge(world: "World", wish: dict[str, Any]) -> Resource:
    """Give a share a verdict (dead unless told otherwise): the one named, else one of a person's own."""
    verdict = Verdict(wish.get("verdict", "dead"))
    found = _named(world, str(wish["slug"])) if "slug" in wish else _own(world, int(wish["person"]), verdict)
    found.verdict = verdict
    share = world.catalogue.shares.get(found.url.rpartition("/")[2]) if found.pan_type == "disktop" else None
    if share is not None:
        share.deleted = verdict is Verdict.DEAD
    return found


def _named(world: "World", slug: str) -> Resource:
    found = world.catalogue.resources.get(slug)
    if found is None:
        raise ValueError(f"no such share: {slug}")
    return found


def _own(world: "World", person: int, verdict: Verdict) -> Resource:
    """Return a person's latest own share whose link can be checked and is not so yet."""
    own = [
        one
        for one in world.catalogue.resources.values()
        if one.owner.person == person and one.verdict is not verdict and recognise(one.url)
    ]
    if not own:
        raise ValueError("this person has no such share")
    return max(own, key=lambda one: (one.created_at, one.slug))


def routes(world: "World", guarded: Callable[[Handler], Handler]) -> list[BaseRoute]:
    """Return the control API's route that lets a share die."""

    async def handle(request: Request) -> Response:
        found = judge(world, await request.json())
        return JSONResponse({"slug": found.slug, "title": found.title, "verdict": found.verdict})

    return [Route("/shares", guarded(handle), methods=["POST"])]
