"""Put the security headers on every response there is, those of errors and of the server itself included."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger(__name__)

RawHeaders = list[tuple[bytes, bytes]]

_POLICY = (
    "default-src 'none'; style-src {style}; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
)
PLAIN_POLICY = _POLICY.format(style="'none'", forms="'none'")
_FIXED: RawHeaders = [
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
]
# What everybody may see, and show on pages of their own: a picture that was published. Kept for a day only,
# because its person may take it away.
_SHARED: RawHeaders = [
    (b"cache-control", b"public, max-age=86400, immutable"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_SHARED_KEY = "linkhive.shared"
_SHARED_STATUS = (200, 304)
_POLICY_NAME = b"content-security-policy"
_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


def page_policy(style_hash: str, form_targets: tuple[str, ...] = ()) -> str:
    """Return the policy of a page with our own style and, on the ticket page, one form."""
    return _POLICY.format(style=f"'sha256-{style_hash}'", forms=" ".join(form_targets) or "'none'")


def form_targets(authorize_url: str) -> tuple[str, ...]:
    """Return where the form may lead: browsers hold its redirects to this list as well.

    A service's authorize page may itself redirect to its sign-in page on a sister host.
    """
    parts = urlsplit(authorize_url)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    targets = ["'self'", f"{parts.scheme}://{parts.netloc}"]
    if parts.scheme == "https" and any(c.isalpha() for c in host.rpartition(".")[2]):
        domain = host.split(".", 1)[1] if host.count(".") > 1 else host
        targets += [f"https://{domain}{port}", f"https://*.{domain}{port}"]
    return tuple(dict.fromkeys(targets))


def share(scope: Scope) -> None:
    """Let the answer to a request be kept and shown by everybody, where it is no error.

    Two headers change with that, to values that stand here; all others stay.
    """
    scope[_SHARED_KEY] = True


class Shield:
    """Wrap an application; what it raises becomes an empty 500."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._fixed = [*_FIXED, _TRANSPORT] if https else _FIXED
        others = dict(_SHARED)
        self._shared = [(name, others.get(name, value)) for name, value in self._fixed]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def shielded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                shared = scope.get(_SHARED_KEY) is True and message["status"] in _SHARED_STATUS
                message = {**message, "headers": self._headers(message.get("headers", []), shared=shared)}
            await send(message)

        try:
            await self._app(scope, receive, shielded)
        except Exception:
            log.exception("a web request failed")
            if started:
                return
            await shielded(
                {"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"0")]}
            )
            await send({"type": "http.response.body", "body": b""})

    def _headers(self, own: RawHeaders, *, shared: bool = False) -> RawHeaders:
        named = {name.lower() for name, _ in own}
        policy = [] if _POLICY_NAME in named else [(_POLICY_NAME, PLAIN_POLICY.encode())]
        return [*own, *(self._shared if shared else self._fixed), *policy]


class Protocol(HttpToolsProtocol):
    """Answer requests that are no HTTP with the same headers as all others."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed."""
        ours = [*_FIXED, (_POLICY_NAME, PLAIN_POLICY.encode())]
        head = [b"HTTP/1.1 400 Bad Request", *(name + b": " + value for name, value in ours)]
        body = msg.encode("ascii", "replace")
        head += [
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        self.transport.close()
