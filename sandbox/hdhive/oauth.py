"""HDHive's OAuth endpoints: authorize (JSON), token, refresh, revoke."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.consent import signed_in
from sandbox.hdhive.envelope import Refusal, ok
from sandbox.people import Person
from sandbox.redirects import registered
from sandbox.states.grants import Grant
from sandbox.states.hdhive import SCOPES, Code
from sandbox.world import World

CODE_SECONDS = 600


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request."""
    try:
        value = await request.json()
    except ValueError:
        raise Refusal("400", "请求体不是有效的 JSON") from None
    if not isinstance(value, dict):
        raise Refusal("400", "请求体不是 JSON 对象")
    return value


def require_key(world: World, request: Request) -> None:
    """Check the app's secret."""
    key = request.headers.get("x-api-key")
    if not key:
        raise Refusal("MISSING_API_KEY")
    if key != world.credentials.hdhive_app_secret:
        raise Refusal("INVALID_API_KEY")


def app_scopes(world: World) -> tuple[str, ...]:
    """Return what the app itself may use; the option `hdhive_app_scopes` narrows it."""
    return tuple(world.options.extra.get("hdhive_app_scopes", SCOPES))


def check_request(world: World, asked: dict[str, Any]) -> tuple[str, ...]:
    """Check an authorize request and return the scopes it asks for."""
    if asked.get("client_id") != world.credentials.hdhive_client_id:
        raise Refusal("400", "client_id 无效")
    if not registered(world, str(asked.get("redirect_uri", "")), "hdhive"):
        raise Refusal("400", "redirect_uri 不在应用配置中")
    scopes = tuple(dict.fromkeys(str(asked.get("scope") or "").split()))
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise Refusal("400", "scope 无效")
    return scopes


def grantable(world: World, person: Person, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the part of the scopes that app and person can really grant."""
    allowed = app_scopes(world)
    return tuple(s for s in scopes if s in allowed and (person.scopes is None or s in person.scopes))


def new_code(world: World, person: Person, redirect_uri: str, scopes: tuple[str, ...]) -> Code:
    """Make a code for what a person allowed."""
    code = Code(
        world.token(),
        person.id,
        redirect_uri,
        grantable(world, person, scopes),
        world.now() + CODE_SECONDS,
    )
    world.hdhive.codes[code.value] = code
    return code


async def preview(world: World, request: Request) -> Response:
    """Answer GET authorize: what the page shows."""
    person = signed_in(request, world)
    if person is None:
        raise Refusal("401")
    asked = dict(request.query_params)
    scopes = check_request(world, asked)
    return ok(
        {
            "client_id": asked["client_id"],
            "app_name": "LinkHive",
            "description": "Telegram 影音助手",
            "auth_level": "standard",
            "redirect_uri": asked["redirect_uri"],
            "requested_scopes": list(scopes),
            "allowed_scopes": list(app_scopes(world)),
            "user": {
                "id": person.hdhive_id,
                "nickname": person.hdhive_nickname,
                "username": person.hdhive_username,
            },
            "expires_in": CODE_SECONDS,
        }
    )


async def confirm(world: World, request: Request) -> Response:
    """Answer POST authorize: a code."""
    person = signed_in(request, world)
    if person is None:
        raise Refusal("401")
    asked = await body_of(request)
    scopes = check_request(world, asked)
    code = new_code(world, person, asked["redirect_uri"], scopes)
    return ok({"code": code.value, "redirect_uri": code.redirect_uri, "expires_in": CODE_SECONDS})


async def token(world: World, request: Request) -> Response:
    """Answer POST token for both grant types."""
    require_key(world, request)
    asked = await body_of(request)
    match asked.get("grant_type"):
        case "authorization_code":
            return ok(_exchange(world, asked))
        case "refresh_token":
            return ok(refresh_grant(world, str(asked.get("refresh_token") or "")))
    raise Refusal("400", "grant_type 无效")


async def refresh(world: World, request: Request) -> Response:
    """Answer POST refresh, which the document does not name but real servers have."""
    require_key(world, request)
    asked = await body_of(request)
    return ok(refresh_grant(world, str(asked.get("refresh_token") or "")))


async def revoke(world: World, request: Request) -> Response:
    """Answer POST revoke."""
    require_key(world, request)
    value = str((await body_of(request)).get("refresh_token") or "")
    if not value:
        raise Refusal("400", "缺少 refresh_token")
    grant = world.hdhive.grants.by_refresh(value)
    if grant is not None:
        grant.revoked = True
    return ok(None)


def _exchange(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    code = world.hdhive.codes.get(str(asked.get("code") or ""))
    if code is None or code.used or code.expires_at < world.now():
        raise Refusal("INVALID_GRANT")
    if asked.get("redirect_uri") != code.redirect_uri:
        raise Refusal("INVALID_GRANT", "redirect_uri 与授权时不一致")
    code.used = True
    seconds = world.options.hdhive_refresh_seconds
    grant = world.hdhive.grants.open(code.person, code.scopes, world.token(), world.now() + seconds)
    return _answer(world, grant)


def refresh_grant(world: World, value: str) -> dict[str, Any]:
    """Refresh as the option `hdhive_refresh` says; strict rotation punishes reuse."""
    grant = world.hdhive.grants.by_refresh(value)
    if grant is None or grant.revoked or grant.refresh_expires_at < world.now():
        raise Refusal("OPENAPI_REAUTH_REQUIRED")
    mode = world.options.hdhive_refresh
    if value in grant.spent:
        if mode == "grace" and world.now() - grant.spent[value] <= world.options.hdhive_grace_seconds:
            return grant.last_answer
        grant.revoked = True
        raise Refusal("OPENAPI_REAUTH_REQUIRED")
    if mode in ("rotate", "grace"):
        until = world.now() + world.options.hdhive_refresh_seconds
        world.hdhive.grants.rotate(grant, world.token(), world.now(), until)
    answer = _answer(world, grant)
    if mode == "none":
        del answer["refresh_token"], answer["refresh_expires_in"]
    return answer


def _answer(world: World, grant: Grant) -> dict[str, Any]:
    access, seconds = world.token(), world.options.hdhive_access_seconds
    world.hdhive.grants.give(grant, access, world.now() + seconds)
    grant.last_answer = {
        "access_token": access,
        "refresh_token": grant.refresh_token,
        "token_type": "Bearer",
        "expires_in": int(seconds),
        "refresh_expires_in": int(grant.refresh_expires_at - world.now()),
        "scope": " ".join(grant.scopes),
        "scopes": list(grant.scopes),
    }
    return dict(grant.last_answer)
