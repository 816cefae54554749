"""Disk.Top's token endpoint: code with PKCE, and refresh that rotates on each use."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.disktop.envelope import OAuthRefusal, form_of
from sandbox.people import Person
from sandbox.states.disktop import SCOPES, Code
from sandbox.states.grants import Grant
from sandbox.world import World

CODE_SECONDS = 600


def check_client(world: World, form: dict[str, str], *, secret: bool = True) -> None:
    """Check the app's id, and its secret where one is due."""
    own = world.credentials
    known = form.get("client_id") == own.disktop_client_id
    if not known or (secret and form.get("client_secret") != own.disktop_client_secret):
        raise OAuthRefusal("invalid_client", "client_id / secret 不匹配")


def parse_scopes(text: str) -> tuple[str, ...]:
    """Return the scopes asked for; raises invalid_scope."""
    scopes = tuple(dict.fromkeys(text.split()))
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise OAuthRefusal("invalid_scope", "scope 无效")
    return scopes


def granted(person: Person, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the part of the scopes this person can grant."""
    return tuple(s for s in scopes if person.scopes is None or s in person.scopes)


def new_code(world: World, person: Person, uri: str, scopes: tuple[str, ...], challenge: str) -> Code:
    """Make a code for what a person allowed."""
    until = world.now() + CODE_SECONDS
    code = Code(world.token(), person.id, uri, granted(person, scopes), challenge or None, until)
    world.disktop.codes[code.value] = code
    return code


async def token(world: World, request: Request) -> Response:
    """Answer POST /oauth/token."""
    try:
        form = await form_of(request)
        check_client(world, form)
        match form.get("grant_type"):
            case "authorization_code":
                return JSONResponse(_exchange(world, form))
            case "refresh_token":
                return JSONResponse(_refresh(world, form.get("refresh_token", "")))
            case _:
                return OAuthRefusal("unsupported_grant_type").answer()
    except OAuthRefusal as refusal:
        return refusal.answer()


def _exchange(world: World, form: dict[str, str]) -> dict[str, Any]:
    code = world.disktop.codes.get(form.get("code", ""))
    if code is None or code.used or code.expires_at < world.now():
        raise OAuthRefusal("invalid_grant", "code 过期或已使用")
    # One use, right or wrong: a code that met a wrong verifier is spent.
    code.used = True
    if form.get("redirect_uri") != code.redirect_uri:
        raise OAuthRefusal("invalid_grant", "redirect_uri 不匹配")
    if code.challenge is not None and not _proves(form.get("code_verifier", ""), code.challenge):
        raise OAuthRefusal("invalid_grant", "code_verifier 不匹配")
    return open_grant(world, code.person, code.scopes)


def _proves(verifier: str, challenge: str) -> bool:
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return 43 <= len(verifier) <= 128 and hmac.compare_digest(digest, challenge)


def open_grant(world: World, person: int, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Note a consent and return its first tokens."""
    until = world.now() + world.options.disktop_refresh_seconds
    return _answer(world, world.disktop.grants.open(person, scopes, world.token(), until))


def _refresh(world: World, value: str) -> dict[str, Any]:
    grant = world.disktop.grants.by_refresh(value)
    if grant is None or grant.revoked or grant.refresh_expires_at < world.now():
        raise OAuthRefusal("invalid_grant", "refresh_token 无效或已过期")
    if value in grant.spent:
        graced = float(world.options.extra.get("disktop_grace_seconds", 0))
        if world.now() - grant.spent[value] <= graced:
            return grant.last_answer
        # A spent refresh token seen again means it was stolen: the whole grant ends (RFC 9700).
        grant.revoked = True
        raise OAuthRefusal("invalid_grant", "refresh_token 已被使用")
    until = world.now() + world.options.disktop_refresh_seconds
    world.disktop.grants.rotate(grant, world.token(), world.now(), until)
    return _answer(world, grant)


def _answer(world: World, grant: Grant) -> dict[str, Any]:
    access, seconds = world.token(), world.options.disktop_access_seconds
    world.disktop.grants.give(grant, access, world.now() + seconds)
    grant.last_answer = {
        "access_token": access,
        "refresh_token": grant.refresh_token,
        "token_type": "Bearer",
        "expires_in": int(seconds),
        "scope": " ".join(grant.scopes),
    }
    return dict(grant.last_answer)
