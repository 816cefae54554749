"""Controls of ACGBT: keys and their rights, new resources, new messages."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.states.acgbt import KINDS, PERMISSIONS, Account
from sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]
GIB = 1024**3


def routes(world: World, guarded: Callable[[Handler], Handler]) -> list[Route]:
    """Return the routes under /control that concern ACGBT."""
    return [
        Route("/acgbt", guarded(_accounts(world)), methods=["GET", "POST"]),
        Route("/acgbt/resources", guarded(_resources(world)), methods=["GET", "POST"]),
        Route("/acgbt/messages", guarded(_messages(world)), methods=["POST"]),
    ]


def _public(world: World, account: Account) -> dict[str, Any]:
    key = world.acgbt.main_key(account.person)
    keys = [one for one in world.acgbt.keys.values() if one.account == account.id]
    return {
        "person": account.person,
        "username": account.username,
        "role": account.role,
        "avatar": account.avatar,
        "key": key.key,
        "secret": key.secret,
        "permissions": key.permissions,
        "rate_limit": key.rate_limit,
        "revoked": key.revoked,
        "keys": [one.key for one in keys],
    }


def _accounts(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        if request.method == "POST":
            _change(world, await request.json())
        return JSONResponse({"accounts": [_public(world, one) for one in world.acgbt.accounts.values()]})

    return handle


def _change(world: World, wish: dict[str, Any]) -> None:
    """Change the first key of a person: permissions, rate_limit, revoked; and the account's role."""
    person = int(wish["person"])
    if person not in world.people:
        raise ValueError("nobody has this id")
    key, account = world.acgbt.main_key(person), world.acgbt.account_of(person)
    permissions = wish.get("permissions", key.permissions)
    role = wish.get("role", account.role)
    if any(one not in PERMISSIONS for one in permissions) or role not in ("user", "admin"):
        raise ValueError(f"permissions are of {', '.join(PERMISSIONS)}; role is user or admin")
    key.permissions, account.role = list(permissions), role
    key.rate_limit = int(wish.get("rate_limit", key.rate_limit))
    key.revoked = bool(wish.get("revoked", key.revoked))


def _resources(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        if request.method == "POST":
            return JSONResponse({"id": _appear(world, await request.json())})
        return JSONResponse({"resources": [asdict(one) for one in world.acgbt.resources.values()]})

    return handle


def _appear(world: World, wish: dict[str, Any]) -> int:
    """Let a new resource appear, shared just now by somebody else."""
    category = int(wish.get("category_id", 2))
    if category not in world.acgbt.names:
        raise ValueError("no such category")
    made = world.acgbt.stock.add(category, str(wish.get("title") or "新资源 New resource"), GIB)
    made.created_at, made.author = world.now(), "搬运姬"
    if made.torrent_file is not None:
        world.acgbt.files[made.torrent_file] = (
            world.acgbt.stock.files[made.torrent_file],
            "application/x-bittorrent",
        )
    return made.id


def _messages(world: World) -> Handler:
    async def handle(request: Request) -> Response:
        wish = await request.json()
        kind, person = wish.get("type", "system"), wish.get("person")
        if kind not in KINDS:
            raise ValueError(f"type must be one of {', '.join(KINDS)}")
        account = None if person is None else world.acgbt.account_of(int(person)).id
        letter = world.acgbt.write(
            kind, str(wish.get("title", "通知")), str(wish.get("content", "内容")), world.now(), account
        )
        return JSONResponse({"id": letter.id})

    return handle
