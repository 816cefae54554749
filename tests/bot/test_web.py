"""The browser's part of linking over real sockets, and the headers on every response there is."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.formats import Listen
from bot.web import app as web
from bot.web.linking import LinkPages
from bot.web.pages import Pages
from bot.web.server import CannotListen, WebServer
from bot.web.shield import Shield, form_targets
from bot.wiring import House
from handlers.texts import Texts
from services.names import Service
from storage import attempts
from storage.crypto import digest

HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
ME = "linkhive_bot?start="


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


async def bound(
    house: House, http: aiohttp.ClientSession, service: Service = Service.HDHIVE
) -> tuple[str, str]:
    """Press the button of a ticket page; return state and authorize address."""
    response = await post(http, await ticket(house, service))
    assert response.status == 303
    location = response.headers["location"]
    return parse_qs(urlsplit(location).query)["state"][0], location


async def test_a_ticket_page_names_service_and_account_and_changes_nothing(
    house: House, http: aiohttp.ClientSession
) -> None:
    url = await ticket(house)
    before = await house.db.read(lambda tx: attempts.by_ticket(tx, digest(url.rpartition("/")[2])))
    for method in ("GET", "HEAD") * 25:
        response = await http.request(method, url)
        assert response.status == 200
        assert "set-cookie" not in response.headers
        page = await response.text()
    page = await (await http.get(url)).text()
    assert "HDHive" in page
    assert "小雨" in page
    assert "<小雨>" not in page
    assert 'lang="zh-CN"' in page
    assert not re.search(r"<script|https?://|src=|<link", page)
    after = await house.db.read(lambda tx: attempts.by_ticket(tx, digest(url.rpartition("/")[2])))
    assert before == after
    assert (await post(http, url)).status == 303


@pytest.mark.parametrize("service", [Service.HDHIVE, Service.DISKTOP])
async def test_the_button_binds_the_browser_and_leads_to_the_service(
    house: House, http: aiohttp.ClientSession, service: Service
) -> None:
    response = await post(http, await ticket(house, service))
    settings = house.settings
    expected = settings.hdhive_url if service == "hdhive" else settings.disktop_url
    assert response.headers["location"].startswith(expected + "/")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"linkhive-{service}=")
    for part in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    assert_shielded(response)


async def test_the_way_back_leads_to_the_deep_link(house: House, http: aiohttp.ClientSession) -> None:
    state, _ = await bound(house, http)
    url = f"{base(house)}/oauth/hdhive/callback"
    head = await http.head(url, params={"state": state, "code": "c0de"}, allow_redirects=False)
    assert head.status == 200
    response = await get(http, url, params={"state": state, "code": "c0de"})
    assert response.status == 303
    location = response.headers["location"]
    assert location.startswith(f"{house.settings.telegram_me_url}/{ME}l_")
    assert len(parse_qs(urlsplit(location).query)["start"][0]) <= 64
    assert location in await response.text()
    assert 'linkhive-hdhive=""' in response.headers["set-cookie"]
    assert_shielded(response)


async def problem(response: aiohttp.ClientResponse, status: int, words: str) -> None:
    assert response.status == status
    page = await response.text()
    assert words in page
    assert "?start=link" in page
    assert_shielded(response)


async def test_every_way_to_fail_gets_a_page_with_a_way_on(house: House, http: aiohttp.ClientSession) -> None:
    english = {"accept-language": "en"}
    callback = f"{base(house)}/oauth/hdhive/callback"
    await problem(await get(http, f"{base(house)}/link/nonsense", headers=english), 404, "does not work")
    await problem(await post(http, f"{base(house)}/link/nonsense", headers=english), 404, "does not work")
    await problem(await get(http, callback, headers=english), 404, "does not work")

    state, _ = await bound(house, http)
    await problem(
        await get(http, callback, params={"state": state, "error": "access_denied"}), 200, "没有绑定"
    )

    state, _ = await bound(house, http)
    assert (await get(http, callback, params={"state": state, "code": "c"})).status == 303
    await problem(await get(http, callback, params={"state": state, "code": "c"}), 410, "已被使用")

    state, _ = await bound(house, http)
    failed = await get(http, callback, params={"state": state, "error": "server_<error>"})
    await problem(failed, 502, "server_&lt;error&gt;")

    state, _ = await bound(house, http)
    async with aiohttp.ClientSession() as other:
        await problem(await get(other, callback, params={"state": state, "code": "c"}), 403, "浏览器不一致")


async def test_an_expired_ticket_says_so(house: House, http: aiohttp.ClientSession) -> None:
    url = await ticket(house)
    hashed = digest(url.rpartition("/")[2])
    attempt = await house.db.read(lambda tx: attempts.by_ticket(tx, hashed))
    assert attempt is not None
    from sqlalchemy import update

    from storage.schema import attempts as table

    await house.db.write(lambda tx: tx.conn.execute(update(table).values(expires_at=1.0)))
    await problem(await get(http, url), 410, "过期")


async def test_a_service_that_is_off_says_so(start: Callable[..., Any], http: aiohttp.ClientSession) -> None:
    async with start() as house:
        url = await ticket(house)
    async with start(hdhive_client_id="", hdhive_app_secret="") as house:
        url = f"{base(house)}/link/{url.rpartition('/')[2]}"
        response = await post(http, url, headers={"accept-language": "en"})
        assert response.status == 503
        assert_shielded(response)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"origin": "null"}, 303),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
    ],
)
async def test_the_button_works_only_on_our_own_page(
    house: House, http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    response = await post(http, await ticket(house), headers=headers)
    assert response.status == status
    assert ("set-cookie" in response.headers) == (status == 303)
    origin = await post(http, await ticket(house), headers={"origin": house.settings.public_url})
    assert origin.status == 303


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
        from services.tickets import Bound

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


@pytest.mark.parametrize(
    ("url", "targets"),
    [
        ("https://hdhive.com", ("'self'", "https://hdhive.com", "https://*.hdhive.com")),
        (
            "https://openapi.disk.top/x",
            ("'self'", "https://openapi.disk.top", "https://disk.top", "https://*.disk.top"),
        ),
        ("http://127.0.0.1:8000/hdhive", ("'self'", "http://127.0.0.1:8000")),
        ("https://127.0.0.1:8443", ("'self'", "https://127.0.0.1:8443")),
    ],
)
def test_the_form_leads_to_the_service_only(url: str, targets: tuple[str, ...]) -> None:
    assert form_targets(url) == targets


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
