"""New resources on HDHive: over time, for every title somebody asks for, and on demand."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.catalogue import Resource, Verdict
from sandbox.catalogue.links import PAN_TYPES

if TYPE_CHECKING:
    from sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]
Key = tuple[str, int]

# Whoever comes back after a long time finds no more than this many of each title.
MOST_MEANWHILE = 3
MOST_AT_ONCE = 100
# What may be said of a resource on demand.
FACTS: dict[str, type | tuple[type, ...]] = {
    "title": (str, type(None)),
    "unlock_points": (int, type(None)),
    "share_size": (str, type(None)),
    "video_resolution": list,
    "source": list,
    "remark": (str, type(None)),
    "is_official": bool,
}


def appear(
    world: "World", key: Key, *, drive: str | None = None, verdict: str = "alive", **facts: Any
) -> Resource:
    """Let one more resource of a title appear; raises ValueError for what cannot be."""
    title = world.catalogue.titles.get(key)
    if title is None:
        raise ValueError(f"no such title: {key[0]} {key[1]}")
    if drive is not None and drive not in (*PAN_TYPES, "disktop"):
        raise ValueError(f"no such drive: {drive}")
    for name, value in facts.items():
        if name not in FACTS or not isinstance(value, FACTS[name]):
            raise ValueError(f"{name}: unknown, or of the wrong type")
    made = world.catalogue.maker.another(title, drive, Verdict(verdict))
    made.created_at = int(world.now())
    for name, value in facts.items():
        setattr(made, name, value)
    world.catalogue.add(made)
    return made


def meanwhile(world: "World", key: Key) -> None:
    """Let appear what came since a title was last asked for."""
    now, every = world.now(), world.options.hdhive_new_every
    since = world.hdhive.asked.pop(key, now)
    if every > 0 and key in world.catalogue.titles:
        number = int((now - since) // every)
        for _ in range(min(number, MOST_MEANWHILE)):
            appear(world, key)
        since += number * every
    else:
        since = now
    world.hdhive.asked[key] = since


def routes(world: "World", guarded: Callable[[Handler], Handler]) -> list[BaseRoute]:
    """Return the control API's routes: the titles that were asked for, and new resources of one."""

    async def handle(request: Request) -> Response:
        if request.method == "POST":
            return JSONResponse({"slugs": _wished(world, await request.json())})
        return JSONResponse({"titles": [_asked(world, key) for key in reversed(world.hdhive.asked)]})

    return [Route("/resources", guarded(handle), methods=["GET", "POST"])]


def _wished(world: "World", wish: dict[str, Any]) -> list[str]:
    key = str(wish.pop("media_type", "")), int(wish.pop("tmdb_id", 0))
    count = int(wish.pop("count", 1))
    if not 0 < count <= MOST_AT_ONCE:
        raise ValueError(f"count must be from 1 to {MOST_AT_ONCE}")
    return [appear(world, key, **wish).slug for _ in range(count)]


def _asked(world: "World", key: Key) -> dict[str, Any]:
    title = world.catalogue.titles.get(key)
    names = {} if title is None else {"title": dict(title.title), "year": title.year}
    return {
        "media_type": key[0],
        "tmdb_id": key[1],
        "resources": len(world.catalogue.of_title(*key)),
        **names,
    }
