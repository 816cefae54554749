"""The door before the API: a login's token or a signed key, the pace of calls, and rights."""

import base64
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.mika.envelope import Refusal
from sandbox.mika.tasks import settle
from sandbox.multipart import BadForm
from sandbox.states.mika import Account, Mika, Token
from sandbox.world import World

# How far a signature's time may be off.
SKEW_SECONDS = 300.0


@dataclass(frozen=True)
class Caller:
    """Who calls: the world and the account behind the token or the key."""

    world: World
    account: Account

    @property
    def mika(self) -> Mika:
        """Return the service's state."""
        return self.world.mika

    def need(self, *rights: str) -> None:
        """Demand rights; an administrator has all."""
        if self.account.rights not in (*rights, "admin"):
            raise Refusal(403)


Work = Callable[[Caller, Request], Awaitable[Response]]
Open = Callable[[World, Request], Awaitable[Response]]


def issue(world: World, account: Account) -> tuple[str, int]:
    """Make a JWT; returns it with the moment it ends."""
    expire = int(world.now() + world.options.mika_token_seconds)
    head, body = _packed({"alg": "HS256", "typ": "JWT"}), _packed({"uid": account.id, "exp": expire})
    # The same account may log in twice in a second: each login has a token of its own.
    proof = hmac.new(world.token(16).encode(), f"{head}.{body}".encode(), sha256).digest()
    token = f"{head}.{body}.{base64.urlsafe_b64encode(proof).decode().rstrip('=')}"
    world.mika.tokens[token] = Token(account.id, expire)
    return token, expire


def _packed(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _account(world: World, request: Request) -> Account:
    headers = request.headers
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        known = world.mika.tokens.get(token.strip())
        if known is None or known.expires_at <= world.now():
            raise Refusal(401)
        return world.mika.accounts[known.account]
    key = headers.get("x-api-key", "")
    account = next((a for a in world.mika.accounts.values() if key and a.key == key), None)
    if account is None:
        raise Refusal(401, "API Key 无效" if key else None)
    _check_sign(world, account, headers.get("x-timestamp", ""), headers.get("x-sign", ""))
    return account


def _check_sign(world: World, account: Account, timestamp: str, sign: str) -> None:
    # A caller's clock may be the real one or the one that was moved on here.
    clocks = (world.now(), time.time())
    if not timestamp.isdecimal() or all(abs(now - int(timestamp)) > SKEW_SECONDS for now in clocks):
        raise Refusal(401, "时间戳无效或已过期")
    right = sha256(f"{account.key}{timestamp}{account.secret}".encode()).hexdigest()
    if not hmac.compare_digest(right, sign):
        raise Refusal(401, "签名错误")


def _pace(world: World, account: Account) -> None:
    limit, now = world.options.mika_calls_per_minute, world.now()
    account.calls = [at for at in account.calls if at > now - 60]
    if limit and len(account.calls) >= limit:
        raise Refusal(429, retry_after=max(1, int(account.calls[0] + 60 - now)))
    account.calls.append(now)


def guarded(world: World, work: Open) -> Callable[[Request], Awaitable[Response]]:
    """Turn refusals into answers, and let the tasks get on before anybody looks."""

    async def handle(request: Request) -> Response:
        settle(world)
        try:
            return await work(world, request)
        except Refusal as refusal:
            return refusal.answer()
        except BadForm:
            return Refusal(400, "表单格式错误").answer()
        except ClientDisconnect:
            return Response(status_code=499)

    return handle


def open_route(world: World, path: str, method: str, work: Open) -> Route:
    """Return a route that asks for nothing."""
    return Route(path, guarded(world, work), methods=[method])


def route(world: World, path: str, **methods: Work) -> Route:
    """Return a route for signed-in callers, by method."""

    async def handle(world: World, request: Request) -> Response:
        account = _account(world, request)
        _pace(world, account)
        return await methods[request.method](Caller(world, account), request)

    return Route(path, guarded(world, handle), methods=list(methods))


def admin(work: Work) -> Work:
    """Let only administrators through."""

    async def handle(caller: Caller, request: Request) -> Response:
        caller.need("admin")
        return await work(caller, request)

    return handle
