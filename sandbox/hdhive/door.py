"""The door before the business endpoints: key, user token, scope, quota, and the count of calls."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.hdhive.envelope import Refusal
from sandbox.hdhive.oauth import app_scopes, require_key
from sandbox.people import Person
from sandbox.world import World

BEIJING = ZoneInfo("Asia/Shanghai")
Open = Callable[[World, Request], Awaitable[Response]]
Business = Callable[[World, Request, Person], Awaitable[Response]]


def beijing(world: World) -> datetime:
    """Return the sandbox's time in Beijing."""
    return datetime.fromtimestamp(world.now(), BEIJING)


def today(world: World) -> str:
    """Return the Beijing date, at whose midnight the day turns."""
    return beijing(world).date().isoformat()


def next_midnight(world: World) -> int:
    """Return when the Beijing day turns."""
    start = beijing(world).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((start + timedelta(days=1)).timestamp())


async def _wrong_method(_world: World, request: Request) -> Response:
    raise Refusal("404" if "rest" in request.path_params else "405")


def route(world: World, path: str, methods: dict[str, Open]) -> Route:
    """Return a route whose refusals become answers."""

    async def handle(request: Request) -> Response:
        try:
            work = methods.get("GET" if request.method == "HEAD" else request.method, _wrong_method)
            return await work(world, request)
        except Refusal as refusal:
            return refusal.answer()

    return Route(path, handle, methods=["GET", "POST", "PATCH", "DELETE", "PUT"])


def business(endpoint: str, scope: str, work: Business, *, premium: bool = False) -> Open:
    """Wrap an endpoint that acts for a user."""

    async def handle(world: World, request: Request) -> Response:
        return await _counted(world, request, endpoint, scope, work, premium=premium)

    return handle


def for_app(endpoint: str, work: Open) -> Open:
    """Wrap an endpoint of scope `meta`, which answers to the app's key alone, too."""

    async def inner(world: World, request: Request, _person: Person | None) -> Response:
        return await work(world, request)

    async def handle(world: World, request: Request) -> Response:
        return await _counted(world, request, endpoint, "meta", inner, premium=False)

    return handle


async def _counted(
    world: World,
    request: Request,
    endpoint: str,
    scope: str,
    work: Callable[[World, Request, Person], Awaitable[Response]],
    *,
    premium: bool,
) -> Response:
    try:
        person = _admit(world, request, endpoint, scope, premium=premium)
        answer = await work(world, request, person)
    except Refusal:
        world.hdhive.calls[(today(world), endpoint, False)] += 1
        raise
    world.hdhive.calls[(today(world), endpoint, True)] += 1
    return answer


def _admit(world: World, request: Request, endpoint: str, scope: str, *, premium: bool) -> Person:
    require_key(world, request)
    if endpoint in world.options.disabled_endpoints:
        raise Refusal("ENDPOINT_DISABLED")
    limit = world.options.extra.get("hdhive_endpoint_limit")
    if limit is not None and used_today(world, endpoint) >= limit:
        wait = next_midnight(world) - int(world.now())
        raise Refusal("ENDPOINT_QUOTA_EXCEEDED", retry_after=wait, scope="app")
    if scope not in app_scopes(world):
        raise Refusal("SCOPE_NOT_ALLOWED")
    person = user_of(world, request, scope)
    if premium and not person.premium:
        raise Refusal("VIP_REQUIRED")
    return person


def used_today(world: World, endpoint: str) -> int:
    """Return how often an endpoint was called today."""
    return sum(world.hdhive.calls[(today(world), endpoint, done)] for done in (True, False))


def user_of(world: World, request: Request, scope: str) -> Person:
    """Return whose token this is; raises the documented refusals."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if not token or kind.lower() != "bearer":
        if scope == "meta":
            # The app's key alone stands for the user it is bound to.
            return next(iter(world.people.values()))
        raise Refusal("OPENAPI_USER_REQUIRED")
    grant = world.hdhive.grants.by_access(token)
    if grant is None:
        raise Refusal("INVALID_OPENAPI_USER_TOKEN")
    if grant.revoked:
        raise Refusal("OPENAPI_REAUTH_REQUIRED")
    if grant.access[token] <= world.now():
        live = grant.refresh_expires_at > world.now()
        raise Refusal("OPENAPI_REFRESH_REQUIRED" if live else "OPENAPI_REAUTH_REQUIRED")
    person = world.people[grant.person]
    if scope not in grant.scopes or (person.scopes is not None and scope not in person.scopes):
        raise Refusal("USER_SCOPE_NOT_ALLOWED")
    return person
