from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.server import Sandbox
from tests.driver import BotApi

Link = Callable[..., Awaitable[dict]]
CALLBACK = "http://127.0.0.1:8080/oauth/{}/callback"


@pytest.fixture
async def api(box: Sandbox) -> AsyncIterator[BotApi]:
    """The Bot API with our token, as a bot speaks to it."""
    async with BotApi(box.url, box.world.bot_token) as api:
        yield api


@pytest.fixture
async def web(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=box.url) as client:
        yield client


@pytest.fixture
def hdhive(box: Sandbox, web: httpx.AsyncClient) -> Link:
    """Link a person at HDHive; returns the answer of the token endpoint and ready headers."""

    async def link(person: int = 1001, scope: str = "meta query unlock write vip") -> dict:
        own = box.world.credentials
        asked = {
            "client_id": own.hdhive_client_id,
            "redirect_uri": CALLBACK.format("hdhive"),
            "scope": scope,
            "state": "s1",
            "decision": "allow",
        }
        back = await web.post(
            "/hdhive/openapi/authorize", data=asked, headers={"cookie": f"sandbox_person={person}"}
        )
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        key = {"X-API-Key": own.hdhive_app_secret}
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"]}
        answer = await web.post("/hdhive/api/public/openapi/oauth/token", json=body, headers=key)
        data = answer.json()["data"]
        data["headers"] = key | {"Authorization": f"Bearer {data['access_token']}"}
        return data

    return link


@pytest.fixture
def disktop(box: Sandbox, web: httpx.AsyncClient) -> Link:
    """Link a person at Disk.Top; returns the answer of the token endpoint and ready headers."""

    async def link(person: int = 1001, scope: str = "user.read files.app_data share.read") -> dict:
        own = box.world.credentials
        uri = CALLBACK.format("disktop")
        asked = {
            "client_id": own.disktop_client_id,
            "redirect_uri": uri,
            "response_type": "code",
            "scope": scope,
            "state": "s2",
            "decision": "allow",
        }
        back = await web.post(
            "/disktop/oauth/authorize", data=asked, headers={"cookie": f"sandbox_person={person}"}
        )
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": own.disktop_client_id,
            "client_secret": own.disktop_client_secret,
            "redirect_uri": uri,
        }
        data = (await web.post("/disktop/oauth/token", data=form)).json()
        data["headers"] = {"Authorization": f"Bearer {data['access_token']}"}
        return data

    return link
