"""The browser's part of linking over real sockets: the page of a ticket, the button, the way back."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.web.shield import form_targets
from bot.wiring import House
from services.names import Service
from storage import attempts
from storage.crypto import digest
from tests.bot.browsing import *  # noqa: F403
from tests.bot.browsing import assert_shielded, base, get, post, ticket

ME = "linkhive_bot?start="


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
