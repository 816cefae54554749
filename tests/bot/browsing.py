"""A browser at the bot's own web server, and the headers that it is to see on every page."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.wiring import House
from services.names import Service

HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def base(house: House) -> str:
    return f"http://127.0.0.1:{house.web_port}"


async def ticket(house: House, service: Service = Service.HDHIVE, language: str | None = "zh") -> str:
    return await house.services.linking.start(1001, service, "<小雨> & Co", 1001, None, language)


def assert_shielded(response: aiohttp.ClientResponse) -> None:
    for name, value in HEADERS.items():
        assert response.headers.getall(name) == [value], (response.url, name)
    (policy,) = response.headers.getall("content-security-policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action" in policy
    assert "unsafe" not in policy


async def post(http: aiohttp.ClientSession, url: str, **more: Any) -> aiohttp.ClientResponse:
    return await http.post(url, allow_redirects=False, **more)


async def get(http: aiohttp.ClientSession, url: str, **more: Any) -> aiohttp.ClientResponse:
    return await http.get(url, allow_redirects=False, **more)
