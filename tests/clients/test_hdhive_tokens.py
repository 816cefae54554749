"""Tokens of HDHive: the consent page, the code, and refreshes at the one endpoint or the other."""

from urllib.parse import parse_qs, urlsplit

import pytest

from clients.errors import (
    BadResponse,
    ClientError,
    Misconfigured,
    NotAuthorized,
    Rejected,
    Unreachable,
    UpstreamBroken,
)
from clients.hdhive.client import HDHive
from clients.oauth import TokenGrant
from tests.clients.hdhiveways import *  # noqa: F403
from tests.clients.hdhiveways import ok, refused
from tests.clients.scripts import Script, Server, answer, html, raw, reset


def test_the_consent_page(hive: HDHive, server: Server) -> None:
    url = hive.authorize_url("https://bot.example/cb?x=1", ["query", "unlock"], "st&te")
    assert url.startswith(f"{server.url}/openapi/authorize?client_id=app_1&redirect_uri=https%3A%2F%2Fbot")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["app_1"],
        "redirect_uri": ["https://bot.example/cb?x=1"],
        "scope": ["query unlock"],
        "state": ["st&te"],
    }


TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": "3600", "scopes": ["query"]}


async def test_tokens(hive: HDHive, server: Server) -> None:
    server.will(ok(TOKENS), ok({"access_token": "b"}), answer(TOKENS), ok())
    assert await hive.exchange_code("c0de", "https://cb") == TokenGrant("a", "r", 3600.0, None, ("query",))
    assert server.last.target == "/api/public/openapi/oauth/token"
    assert server.last.headers["x-api-key"] == "app-secret"
    assert "authorization" not in server.last.headers
    assert server.last.json == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": "https://cb",
    }
    assert (await hive.refresh("r")).refresh_token is None
    assert server.last.json == {"grant_type": "refresh_token", "refresh_token": "r"}
    assert (await hive.refresh("r")).access_token == "a"
    await hive.revoke("r")
    assert (server.last.target, server.last.json) == (
        "/api/public/openapi/oauth/revoke",
        {"refresh_token": "r"},
    )


@pytest.mark.parametrize(
    "first",
    [
        refused(404, "404"),
        refused(405, "405"),
        html(404),
        raw(b"HTTP/1.1 404 X\r\ncontent-length: 9\r\n\r\nnot found"),
    ],
)
async def test_refresh_tries_the_other_endpoint(hive: HDHive, server: Server, first: Script) -> None:
    server.will(first, ok(TOKENS))
    assert (await hive.refresh("r")).access_token == "a"
    assert server.last.target == "/api/public/openapi/oauth/refresh"


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (refused(401, "OPENAPI_REAUTH_REQUIRED"), NotAuthorized),
        (refused(400, "INVALID_GRANT"), NotAuthorized),
        (refused(401, "INVALID_API_KEY"), Misconfigured),
        (html(502), UpstreamBroken),
        (html(200), UpstreamBroken),
        (refused(400, "400"), Rejected),
        (reset, Unreachable),
        (ok({"access_token": ""}), BadResponse),
    ],
)
async def test_refresh_is_never_sent_twice_otherwise(
    hive: HDHive, server: Server, first: Script, kind: type[ClientError]
) -> None:
    server.will(first)
    with pytest.raises(kind):
        await hive.refresh("r")
    assert len(server.requests) == 1


async def test_a_wrong_code_is_rejected(hive: HDHive, server: Server) -> None:
    server.will(refused(400, "INVALID_GRANT"))
    with pytest.raises(Rejected):
        await hive.exchange_code("c", "u")
