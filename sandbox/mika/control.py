"""Controls of Mika: rights, tokens and uploads that end, tasks that fail, what was uploaded."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.contents import Kept
from sandbox.mika import tasks
from sandbox.states.mika import RIGHTS
from sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]
_ACCOUNT: dict[str, type] = {"rights": str, "points": int, "vip_level": int, "secret": str, "password": str}


def routes(world: World, guarded: Callable[[Handler], Handler]) -> list[BaseRoute]:
    """Return the routes under /control that concern Mika."""

    async def handle(request: Request) -> Response:
        told = {}
        if request.method == "POST":
            told = _wished(world, await request.json())
        return JSONResponse(told | _state(world))

    return [Route("/mika", guarded(handle), methods=["GET", "POST"])]


def _wished(world: World, wish: dict[str, Any]) -> dict[str, int]:
    """Do what is asked: `person` with facts of an account, `expire`, `fail` with `at`, `settings`."""
    mika = world.mika
    if (person := wish.pop("person", None)) is not None:
        _account(world, int(person), wish)
        return {}
    told = {}
    match wish.pop("expire", None):
        case "uploads":
            told["expired"] = _end_uploads(world)
        case "tokens":
            told["expired"] = len(mika.tokens)
            mika.tokens.clear()
    if "fail" in wish:
        mika.failing, mika.fails_at = int(wish.pop("fail")), int(wish.pop("at", 45))
    mika.settings.update(wish.pop("settings", {}))
    if wish:
        raise ValueError(f"unknown fields: {', '.join(sorted(wish))}")
    return told


def _account(world: World, person: int, facts: dict[str, Any]) -> None:
    if person not in world.people:
        raise ValueError("nobody has this id")
    for name, value in facts.items():
        fits = isinstance(value, _ACCOUNT.get(name, type(None)))
        if not fits:
            raise ValueError(f"{name}: unknown, or of the wrong type")
        if name == "rights" and value not in RIGHTS:
            raise ValueError(f"rights is one of {', '.join(RIGHTS)}")
    for name, value in facts.items():
        setattr(world.mika.account_of(person), name, value)


def _end_uploads(world: World) -> int:
    open_ones = [upload for upload in world.mika.uploads.values() if upload.outcome is None]
    for upload in open_ones:
        upload.expires_at = 0.0
    return len(open_ones)


def _state(world: World) -> dict[str, Any]:
    tasks.settle(world)
    mika = world.mika
    return {
        "accounts": [
            {
                name: getattr(account, name)
                for name in ("id", "person", "username", "password", "rights", "key", "secret", "points")
            }
            for account in mika.accounts.values()
        ],
        "videos": [
            {
                "id": video.id,
                "title": video.title,
                "description": video.description,
                "category_id": video.category,
                "owner": video.owner,
                "status": video.status,
                "size": video.content.size,
                "md5": video.content.md5,
            }
            for video in mika.videos.values()
            if isinstance(video.content, Kept)
        ],
        "tasks": [tasks.public(world, task) for task in mika.tasks.values()],
        "uploads": [
            {"upload_id": upload.id, "received": len(upload.parts), "total_chunks": upload.total_parts}
            for upload in mika.uploads.values()
            if upload.outcome is None
        ],
    }
