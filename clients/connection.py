"""httpx on aiohttp, set up to keep nothing between users and to obey no environment."""

import ssl
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

CONNECTIONS = 100
# Below the idle time of common servers, so that a request seldom meets a connection being closed.
KEEP_ALIVE_SECONDS = 10.0


def open_client(proxy: str | None, verify: ssl.SSLContext | bool) -> httpx.AsyncClient:
    """Make a client; raises ValueError for a proxy that is no http(s) URL."""
    context = _system_trust() if verify is True else httpx.create_ssl_context(verify)
    return httpx.AsyncClient(
        transport=AiohttpTransport(
            verify=context,
            proxy=_proxy(proxy),
            client=lambda: aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=context, limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            ),
        ),
        # One client serves all users: a cookie of one must never reach another.
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        headers={"user-agent": "LinkHive", "accept": "application/json", "accept-encoding": "gzip"},
        follow_redirects=False,
        trust_env=False,
    )


@lru_cache(maxsize=1)
def _system_trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _proxy(url: str | None) -> httpx.Proxy | None:
    if not url:
        return None
    try:
        proxy = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        raise ValueError("a proxy must be an http:// or https:// URL")
    return proxy
