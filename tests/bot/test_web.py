"""The web server over real sockets: the headers on every response there is, and whether it is ready."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.formats import Listen
from bot.web import app as web
from bot.web.linking import LinkPages
from bot.web.pages import Pages
from bot.web.server import CannotListen, WebServer
from bot.web.shield import Shield
from bot.wiring import House
from handlers.texts import Texts
from tests.bot.browsing import *  # noqa: F403
from tests.bot.browsing import HEADERS, assert_shielded, base, get, post, ticket


async def test_hostile_headers_change_no_address(house: House, http: aiohttp.ClientSession) -> None:
    hostile = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "x-forwarded-for": "1.2.3.4",
        "forwarded": "host=evil.example;proto=https",
        "x-original-url": "https://evil.example/",
    }
    response = await post(http, await ticket(house), headers=hostile)
    location = response.headers["location"]
    assert "evil" not in location
    assert parse_qs(urlsplit(location).query)["redirect_uri"] == [
        f"{house.settings.public_url}/oauth/hdhive/callback"
    ]
    assert "Secure" not in response.headers["set-cookie"]
    for path in ("/link/x", "/link/x/", "//evil.example", "/nope", "/oauth/hdhive/callback?state=x&code=y"):
        answer = await get(http, base(house) + path, headers=hostile)
        assert "evil" not in str(answer.headers)
        assert "evil" not in await answer.text()


async def test_every_route_and_method_has_the_headers(
    start: Callable[..., Any], http: aiohttp.ClientSession
) -> None:
    paths = (
        "/",
        "/link/x",
        "/link/",
        "/oauth/hdhive/callback",
        "/oauth/disktop/callback",
        "/oauth/tmdb/callback",
        "/telegram/webhook",
        "/healthz",
        "/readyz",
        "/metrics",
        "/%00",
        "/" + "x" * 2000,
    )
    async with start(telegram_updates="webhook") as house:
        for path in paths:
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
                response = await http.request(method, base(house) + path, allow_redirects=False)
                assert_shielded(response)
                assert response.status < 500, (method, path)
                assert "server" not in response.headers


async def test_what_is_no_http_is_refused_with_the_headers(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.web_port)
    writer.write(b"NONSENSE\r\n\r\n")
    answer = (await reader.read()).decode().lower()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith("http/1.1 400")
    for name, value in HEADERS.items():
        assert f"{name}: {value.lower()}" in answer
    assert "content-security-policy: default-src 'none'" in answer


class Raising:
    """A linking service that is broken, and one that is behind https."""

    async def look(self, _: str) -> None:
        raise RuntimeError("broken")

    async def bind(self, _: str) -> Any:
        from services.linking.tickets import Bound

        return Bound("hdhive", "https://hdhive.com/openapi/authorize?state=s", "cookie-value")


async def test_over_https_the_cookie_is_bound_to_the_host_and_errors_are_pages(
    http: aiohttp.ClientSession,
) -> None:
    class Nothing:
        live = ready = scrape = staticmethod(lambda _: None)

    pages = LinkPages(Raising(), Pages(Texts.load()), "https://bot.example.org", "https://t.me/b", {})  # type: ignore[arg-type]
    server = WebServer(web.build(pages, Nothing(), None), Listen("127.0.0.1", 0))  # type: ignore[arg-type]
    await server.start()
    try:
        url = f"http://127.0.0.1:{server.port}/link/x"
        response = await post(http, url)
        cookie = response.headers["set-cookie"]
        assert cookie.startswith("__Host-linkhive-hdhive=cookie-value")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert response.headers["strict-transport-security"] == "max-age=31536000"
        broken = await get(http, url, headers={"accept-language": "de, zh;q=0.9, en;q=0.8, x;q=nonsense"})
        assert broken.status == 500
        assert "服务器出错" in await broken.text()
        assert "broken" not in await broken.text()
        assert_shielded(broken)
        webhook = await post(http, f"http://127.0.0.1:{server.port}/telegram/webhook", data=b"{}")
        assert webhook.status == 404
        with pytest.raises(CannotListen, match="LISTEN"):
            await WebServer(web.build(pages, Nothing(), None), Listen("127.0.0.1", server.port)).start()  # type: ignore[arg-type]
    finally:
        await server.stop()
        await server.stop()


async def test_the_guard_answers_for_an_application_that_cannot() -> None:
    sent: list[Any] = []

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    async def send(message: Any) -> None:
        sent.append(message)

    guard = Shield(broken, https=True)
    await guard({"type": "http", "path": "/"}, None, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 500
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]
    await guard({"type": "http", "path": "/late"}, None, send)  # type: ignore[arg-type]
    assert sent[-1]["status"] == 200
    with pytest.raises(RuntimeError):
        await guard({"type": "lifespan", "path": "/"}, None, send)  # type: ignore[arg-type]


async def test_readiness_tells_database_and_upstreams(house: House, http: aiohttp.ClientSession) -> None:
    assert (await http.get(f"{base(house)}/healthz")).status == 200
    for _ in range(100):
        answer = await (await http.get(f"{base(house)}/readyz")).json()
        if answer["upstreams"]:
            break
        await asyncio.sleep(0.02)
    assert answer["ready"] is True
    assert answer["database"] == "ok"
    names = ("acgbt", "disktop", "hdhive", "linkcheck", "mika", "tmdb")
    assert answer["upstreams"] == dict.fromkeys(names, "ok")
    text = await (await http.get(f"{base(house)}/metrics")).text()
    assert 'linkhive_upstream_up{service="hdhive"} 1.0' in text
    assert 'linkhive_inbox_rows{state="pending"} 0.0' in text
    assert house.settings.telegram_token not in text


async def test_a_house_without_a_database_is_not_ready(
    house: House, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: object) -> None:
        raise OSError

    monkeypatch.setattr(house.db, "write", refuse)
    response = await http.get(f"{base(house)}/readyz")
    assert response.status == 503
    assert (await response.json())["database"] == "failing"
    monkeypatch.undo()
