"""The control API: faults, journal, people, tokens, clock, options, reset."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox import appearing, disks, dying
from sandbox.acgbt import control as acgbt
from sandbox.faults import FaultError
from sandbox.mika import control as mika_control
from sandbox.options import OptionError
from sandbox.people import Person
from sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]
EDITABLE: dict[str, type | tuple[type, ...]] = {
    "points": int,
    "premium": bool,
    "scopes": (list, type(None)),
    "disk_used": int,
    "disk_total": int,
    "disk_vip": bool,
}


def bad(message: str) -> JSONResponse:
    """Answer 400 with what was wrong."""
    return JSONResponse({"error": message}, status_code=400)


async def wish(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request; raises ValueError."""
    value = await request.json() if await request.body() else {}
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")  # noqa: TRY004 - one error for all bad input
    return value


def routes(world: World) -> list[BaseRoute]:
    """Return the routes under /control."""
    table = [
        Route("/faults", _guarded(_faults(world)), methods=["GET", "POST", "DELETE"]),
        Route("/doors", _guarded(_doors(world)), methods=["POST"]),
        Route("/journal", _guarded(_journal(world)), methods=["GET", "DELETE"]),
        Route("/people", _guarded(_people(world)), methods=["GET"]),
        Route("/people/{id:int}", _guarded(_person(world)), methods=["POST"]),
        Route("/tokens/expire", _guarded(_expire(world)), methods=["POST"]),
        Route("/clock", _guarded(_clock(world)), methods=["GET", "POST"]),
        Route("/options", _guarded(_options(world)), methods=["GET", "POST"]),
        Route("/charges", _guarded(_charges(world)), methods=["GET"]),
        *disks.routes(world, _guarded),
        *acgbt.routes(world, _guarded),
        *appearing.routes(world, _guarded),
        *dying.routes(world, _guarded),
        *mika_control.routes(world, _guarded),
        Route("/reset", _guarded(_reset(world)), methods=["POST"]),
    ]
    return [Mount("/control", routes=table)]


def _guarded(handler: Handler) -> Handler:
    async def run(request: Request) -> Response:
        try:
            return await handler(request)
        except (FaultError, OptionError, ValueError, KeyError) as error:
            return bad(str(error))

    return run


def _faults(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        if request.method == "POST":
            return JSONResponse(world.faults.add(await wish(request)).public())
        if request.method == "DELETE":
            which = request.query_params.get("id")
            world.faults.clear(int(which) if which else None)
        return JSONResponse({"faults": [f.public() for f in world.faults.waiting]})

    return handle


def _doors(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        return JSONResponse(asdict(await world.doors.open(str((await wish(request)).get("kind", "")))))

    return handle


def _journal(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        if request.method == "DELETE":
            world.journal.clear()
        since = int(request.query_params.get("since") or 0)
        entries = world.journal.since(since, request.query_params.get("service"))
        return JSONResponse({"entries": entries, "last": world.journal.last})

    return handle


def _people(world: World) -> Handler:
    async def handle(_request: Request) -> Response:
        return JSONResponse({"people": [p.public() for p in world.people.values()]})

    return handle


def _edit(person: Person, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name not in EDITABLE or not isinstance(value, EDITABLE[name]):
            raise ValueError(f"{name}: unknown, or of the wrong type")
    for name, value in changes.items():
        setattr(person, name, value)
    if changes.get("premium") is False:
        person.forever_premium = False


def _person(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        person = world.people.get(request.path_params["id"])
        if person is None:
            return JSONResponse({"error": "nobody has this id"}, status_code=404)
        changes = await wish(request)
        if (number := changes.pop("big_folder", None)) is not None:
            disks.fill(world, person.id, int(number))
        _edit(person, changes)
        return JSONResponse(person.public())

    return handle


def _expire(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        asked = await wish(request)
        which = asked.get("which", "access")
        if which not in ("access", "refresh", "grant"):
            raise ValueError("which is access, refresh or grant")
        person = asked.get("person")
        count = world.expire(asked.get("service", ""), None if person is None else int(person), which)
        return JSONResponse({"expired": count})

    return handle


def _clock(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        if request.method == "POST":
            world.clock.advance(float((await wish(request)).get("advance", 0)))
        elif "offset" in request.query_params:
            asked = request.query_params
            await world.clock.moved(float(asked["offset"]), min(float(asked.get("timeout", 0)), 60.0))
        return JSONResponse({"now": world.now(), "offset": world.clock.offset})

    return handle


def _options(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        if request.method == "POST":
            world.options.change(await wish(request))
        return JSONResponse(world.options.public())

    return handle


def _charges(world: World) -> Handler:
    async def handle(_request: Request) -> Response:
        return JSONResponse({"charges": [asdict(charge) for charge in world.hdhive.charges]})

    return handle


def _reset(world: World) -> Handler:
    async def handle(_request: Request) -> Response:
        world.reset()
        return JSONResponse({"ok": True})

    return handle
