"""The door: who calls (key and secret, or a signature), how often, and what the key allows."""

import hmac
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.acgbt.envelope import Refusal
from sandbox.states.acgbt import Account, AcgBt, ApiKey
from sandbox.world import World

WINDOW_SECONDS = 60.0
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Caller:
    """Who calls; without a key nobody in particular."""

    world: World
    key: ApiKey | None

    @property
    def site(self) -> AcgBt:
        """Return the service's state."""
        return self.world.acgbt

    @property
    def account(self) -> Account:
        """Return whose key it is; 401 without one."""
        if self.key is None:
            raise Refusal(401, "缺少 API 密钥")
        return self.site.accounts[self.key.account]

    def need(self, permission: str) -> None:
        """Demand a permission of the key."""
        if self.account and self.key is not None and not self.key.may(permission):
            raise Refusal(403, f"API 密钥没有 {permission} 权限")


Work = Callable[[Caller, Request], Awaitable[Response]]


async def _nothing(_caller: Caller, _request: Request) -> Response:
    raise Refusal(404, "接口不存在")


def route(world: World, path: str, **methods: Work) -> Route:
    """Return a route whose refusals become answers; every call goes through the door."""

    async def handle(request: Request) -> Response:
        try:
            return await methods.get(request.method, _nothing)(admit(world, request), request)
        except Refusal as refusal:
            return refusal.answer(world)

    return Route(path, handle, methods=METHODS)


def admit(world: World, request: Request) -> Caller:
    """Find out who calls, and count the call."""
    key = _key(world, request)
    limit = world.options.acgbt_rate_limit if key is None else key.rate_limit
    host = request.client.host if request.client else ""
    calls = world.acgbt.open_calls.setdefault(host, deque()) if key is None else key.calls
    now = world.now()
    while calls and (calls[0] <= now - WINDOW_SECONDS or calls[0] > now):
        calls.popleft()
    if len(calls) >= limit:
        wait = max(1, int(calls[0] + WINDOW_SECONDS - now) + 1)
        raise Refusal(429, f"请求频率超限，每分钟最多 {limit} 次", retry_after=wait)
    calls.append(now)
    return Caller(world, key)


def _key(world: World, request: Request) -> ApiKey | None:
    told = request.headers.get("x-api-key")
    if told is None:
        return None
    key = world.acgbt.keys.get(told)
    if key is None or key.revoked:
        raise Refusal(401, "API 密钥无效")
    if "x-signature" in request.headers or "x-timestamp" in request.headers:
        _check_signature(world, request, key)
    elif not hmac.compare_digest(request.headers.get("x-api-secret", "").encode(), key.secret.encode()):
        raise Refusal(401, "API 密钥无效")
    return key


def _check_signature(world: World, request: Request, key: ApiKey) -> None:
    if world.options.acgbt_refuse_signatures:
        raise Refusal(401, "未启用签名验证")
    stamp = request.headers.get("x-timestamp", "")
    if not stamp.isdecimal() or abs(int(stamp) - world.now()) > world.options.acgbt_tolerance_seconds:
        raise Refusal(401, "时间戳无效或已过期")
    right = hmac.new(key.secret.encode(), (stamp + key.key).encode(), sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), request.headers.get("x-signature", "").lower().encode()):
        raise Refusal(401, "签名错误")
