"""Disk.Top's uploads: precreate at the API; parts, complete and abort at an endpoint of their own."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.contents import Kept
from sandbox.disktop.door import Caller
from sandbox.disktop.envelope import Refusal, form_of, ok
from sandbox.disktop.files import WRITING, valid_name
from sandbox.intake import metered, write_part
from sandbox.states.uploads import Session
from sandbox.world import World

MD5 = re.compile(r"[0-9a-f]{32}")
Work = Callable[[World, Session, Request], Awaitable[Response]]


async def precreate(caller: Caller, request: Request) -> Response:
    """Answer POST precreate: the file at once when its bytes are known, else a session to send them to."""
    caller.need(*WRITING)
    form, world = await form_of(request), caller.world
    name, size, md5 = valid_name(form.get("name", "")), form.get("size", ""), form.get("md5", "")
    if not size.isdecimal() or not MD5.fullmatch(md5):
        raise Refusal("invalid_param", "size 或 md5 无效")
    folder = caller.drive.at(caller.root, form.get("parent_path") or "/")
    if folder is None:
        raise Refusal("path_not_found")
    if caller.person.disk_used + int(size) > caller.person.disk_total:
        raise Refusal("quota_exceeded")
    content = world.disktop.known(int(size), md5)
    if content is not None:
        item = caller.drive.add(folder.id, name, world.now(), content=content)
        caller.person.disk_used += item.size
        path = caller.drive.path(item)
        return ok({"instant_upload": True, "file_id": item.id, "path": path, "size": item.size})
    return ok(_opened(caller, folder.id, name, int(size), md5))


def _opened(caller: Caller, folder: int, name: str, size: int, md5: str) -> dict[str, Any]:
    world, options = caller.world, caller.world.options
    session = Session(
        f"{world.rng.getrandbits(128):032x}",
        caller.person.id,
        name,
        size,
        options.disktop_chunk_bytes,
        world.now() + options.disktop_upload_seconds,
        world.shelf.place("upload"),
        folder=folder,
        md5=md5,
    )
    session.path.touch()
    world.disktop.uploads[session.id] = session
    return {
        "instant_upload": False,
        "upload_id": session.id,
        "endpoint": f"{world.origin}/disktop-upload",
        "chunk_size": session.chunk_size,
        "total_parts": session.total_parts,
        "expires_in": int(options.disktop_upload_seconds),
    }


def routes(world: World) -> list[BaseRoute]:
    """Return the routes of the upload endpoint; it asks for no token, the upload's id is enough."""
    table = [
        Route("/u", _route(world, chunk), methods=["POST"]),
        Route("/u/{upload_id}/parts", _route(world, parts), methods=["GET"]),
        Route("/u/{upload_id}/complete", _route(world, complete), methods=["POST"]),
        Route("/u/{upload_id}/abort", _route(world, abort), methods=["POST"]),
    ]
    return [Mount("/disktop-upload", routes=table)]


def _route(world: World, work: Work) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return await work(world, _session(world, request), request)
        except Refusal as refusal:
            return refusal.answer()
        except ClientDisconnect:
            return Response(status_code=499)

    return handle


def _session(world: World, request: Request) -> Session:
    upload_id = request.path_params.get("upload_id") or request.query_params.get("upload_id", "")
    session = world.disktop.uploads.get(upload_id)
    if session is None:
        raise Refusal("upload_not_found")
    if session.expires_at <= world.now() and session.outcome is None:
        session.parts.clear()
        session.path.unlink(missing_ok=True)
        raise Refusal("upload_expired")
    return session


async def chunk(world: World, session: Session, request: Request) -> Response:
    """Answer POST /u: keep one part."""
    value = request.query_params.get("part_seq", "")
    number = int(value) if value.isdecimal() else 0
    if not 1 <= number <= session.total_parts or session.outcome is not None:
        raise Refusal("invalid_param", "part_seq 无效")
    session.rewritten(number)
    pieces = metered(request.stream(), world.options.disktop_upload_rate)
    part = await write_part(session, number, pieces)
    if part is None:
        raise Refusal("invalid_param", "分块大小不符")
    fault = request.scope.get("extensions", {}).get("sandbox.fault")
    if fault is None or fault.kind != "lose":
        session.parts[number] = part
        world.spawn(session.hash_on())
    return ok(
        {
            "part_seq": number,
            "etag": part.etag,
            "size": part.size,
            "received_parts": len(session.parts),
            "total_parts": session.total_parts,
        }
    )


async def parts(_world: World, session: Session, _request: Request) -> Response:
    """Answer GET parts."""
    have = sorted(session.parts.items())
    whole = session.total_parts or 1
    return ok(
        {
            "upload_id": session.id,
            "total_parts": session.total_parts,
            "received_parts": [number for number, _ in have],
            "progress": round(100 * len(have) / whole, 1),
            "parts": {str(n): {"part_number": n, "etag": p.etag, "size": p.size} for n, p in have},
        }
    )


async def complete(world: World, session: Session, _request: Request) -> Response:
    """Answer POST complete; asked again, it tells the same file."""
    if session.outcome is not None:
        if world.options.disktop_complete_once:
            raise Refusal("upload_not_found")
        return ok(session.outcome)
    if len(session.parts) < session.total_parts:
        raise Refusal("incomplete", f"incomplete: {len(session.parts)}/{session.total_parts}")
    if await session.digest() != session.md5:
        raise Refusal("complete_failed", "complete failed: md5 mismatch")
    return ok(_entered(world, session))


def _entered(world: World, session: Session) -> dict[str, Any]:
    if session.outcome is not None:
        # Asked twice at once: the other was first.
        return session.outcome
    person, drive = world.people[session.person], world.disktop.drive(session.person, world.now())
    if person.disk_used + session.size > person.disk_total:
        raise Refusal("quota_exceeded")
    folder = session.folder if session.folder in drive.items else drive.app_root
    content = Kept(session.path, session.size, session.md5)
    world.disktop.kept.add(content)
    item = drive.add(folder, session.name, world.now(), content=content)
    person.disk_used += item.size
    session.outcome = {"file_id": item.id, "path": drive.path(item), "size": item.size, "md5": item.md5}
    return session.outcome


async def abort(world: World, session: Session, _request: Request) -> Response:
    """Answer POST abort: forget the upload; what was completed stays."""
    world.disktop.uploads.pop(session.id, None)
    if session.outcome is None:
        session.path.unlink(missing_ok=True)
    return ok({"ok": True})
