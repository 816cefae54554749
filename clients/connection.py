"""httpx on aiohttp, set up to keep nothing between users and to obey no environment."""

import ssl
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

# Kept connections; those for one request (streams may last an hour) are not counted.
CONNECTIONS = 100
# Below the idle time of common servers, so that a request seldom meets a connection being closed.
KEEP_ALIVE_SECONDS = 10.0


def open_client(
    base_url: str, proxy: str | None, verify: ssl.SSLContext | bool, *, keep: bool
) -> httpx.AsyncClient:
    """Make a client; raises ValueError for a proxy that is no http(s) URL.

    Without `keep` every request gets a connection of its own: on a kept one that the server closes
    at that moment, nobody could tell whether the request arrived.
    """
    context = system_trust() if verify is True else httpx.create_ssl_context(verify)
    way, login = _proxy(proxy)
    headers = {"user-agent": "LinkHive", "accept": "application/json", "accept-encoding": "gzip"}
    if login and base_url.startswith("http:"):
        # aiohttp gives proxy headers to the proxy only where it opens a tunnel.
        headers |= login
    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=context, proxy=way, client=lambda: _session(context, keep)),
        # One client serves all users: a cookie of one must never reach another.
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        headers=headers,
        follow_redirects=False,
        trust_env=False,
    )


def _session(context: ssl.SSLContext, keep: bool) -> aiohttp.ClientSession:
    connector = (
        aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS)
        if keep
        else aiohttp.TCPConnector(ssl=context, limit=0, force_close=True)
    )
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    # aiohttp sends PUT and DELETE once more when no answer came, and has no public switch for that: the
    # second answer would tell that a thing is gone "already" which the first request took away.
    session._retry_connection = keep  # noqa: SLF001
    return session


@lru_cache(maxsize=1)
def system_trust() -> ssl.SSLContext:
    """Return the certificates that are trusted, read once."""
    return httpx.create_ssl_context()


def _proxy(url: str | None) -> tuple[httpx.Proxy | None, dict[str, str]]:
    """Read a proxy URL into the proxy and the header that opens it."""
    if not url:
        return None, {}
    try:
        proxy = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        raise ValueError("a proxy must be an http:// or https:// URL")
    if proxy.auth is None:
        return proxy, {}
    # httpx-aiohttp 0.2.0 would hand user and password to a class aiohttp has deprecated.
    login = {"proxy-authorization": aiohttp.encode_basic_auth(*proxy.auth, encoding="utf-8")}
    return httpx.Proxy(proxy.url, headers=login), login
