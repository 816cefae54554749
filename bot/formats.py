"""How settings are written: each function returns the value it read or raises ValueError with the reason."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from clients.fetch.addresses import is_public
from clients.fetch.gate import read_entry
from storage import crypto, url as database_urls

_TOKEN = re.compile(r"\d{5,20}:[A-Za-z0-9_-]{10,100}")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
# Names that lead somewhere only from within a network (RFC 6761, 6762, 8375).
_NEARBY = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


class Listen(NamedTuple):
    """Where the web server listens."""

    host: str
    port: int


def lower(value: object) -> object:
    """Accept a word in any case."""
    return value.strip().lower() if isinstance(value, str) else value


def upper(value: object) -> object:
    """Accept a word in any case."""
    return value.strip().upper() if isinstance(value, str) else value


def bot_token(value: str) -> str:
    """Check the look of a bot token."""
    if not _TOKEN.fullmatch(value):
        raise ValueError("not a bot token; BotFather gives one like 123456789:AAE…")
    return value


def webhook_secret(value: str) -> str:
    """Check what Telegram allows as a webhook secret."""
    if not _WEBHOOK_SECRET.fullmatch(value):
        raise ValueError("must be 1 to 256 characters of A-Z, a-z, 0-9, _ and -")
    return value


def secret(value: str) -> str:
    """Check that a credential can travel in an HTTP header."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("holds characters that no credential has; was it copied whole?")
    return value


def address(value: str) -> str:
    """Check a base address and return it without the closing slash."""
    parts = _split(value)
    if parts.scheme not in ("http", "https"):
        raise ValueError("must begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment or "?" in value or "#" in value:
        raise ValueError("must not hold ? or #")
    return value.rstrip("/")


def mika_address(value: str) -> str:
    """Check the base address of Mika, which ends in /api."""
    checked = address(value)
    if not checked.endswith("/api"):
        raise ValueError("must end in /api")
    return checked


def public_address(value: str) -> str:
    """Check where browsers reach us: https, except on this machine itself."""
    checked = address(value)
    parts = urlsplit(checked)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must be https:// (http:// is for 127.0.0.1 and localhost only)")
    return checked


def proxy(value: str) -> str:
    """Check the address of an HTTP proxy; `direct` means none."""
    if value == "direct":
        return value
    parts = _split(value)
    if parts.scheme not in ("http", "https"):
        raise ValueError("must be an HTTP proxy, like http://127.0.0.1:3128")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must not hold a path, ? or #")
    return value


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public_site(address: str) -> bool:
    """Tell whether everybody can open an address of ours: https, and not on this machine or network."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    try:
        reached = is_public(ipaddress.ip_address(host))
    except ValueError:
        reached = "." in host and not host.endswith(_NEARBY)
    return parts.scheme == "https" and reached


def listen(value: object) -> Listen:
    """Read host:port, with an IPv6 address in brackets."""
    if isinstance(value, Listen):
        return value
    host, colon, port = str(value).strip().rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("must be host:port, like 127.0.0.1:8080, with a port up to 65535")
    if host.startswith("[") and host.endswith("]"):
        return Listen(str(ipaddress.IPv6Address(host[1:-1])), int(port))
    if not _HOST.fullmatch(host):
        raise ValueError("must be host:port, like 127.0.0.1:8080 or [::1]:8080")
    return Listen(host, int(port))


def ids(value: object) -> frozenset[int]:
    """Read numeric Telegram ids between commas or spaces."""
    if isinstance(value, (frozenset, set, tuple, list)):
        return frozenset(int(each) for each in value)
    words = str(value).replace(",", " ").split()
    if value != "" and not words:
        # Set for a reason: read as nobody in particular it would let everybody in.
        raise ValueError("holds no id; leave it out, or empty, where that is meant")
    if not all(re.fullmatch(r"-?[1-9][0-9]{0,15}", word) for word in words):
        raise ValueError("must be numeric Telegram ids between commas (names do not work)")
    return frozenset(map(int, words))


def person_ids(value: object) -> frozenset[int]:
    """Read numeric ids of people, which groups' are not."""
    found = ids(value)
    if any(id_ < 0 for id_ in found):
        raise ValueError("must be ids of people; a group, whose id begins with -, cannot be one")
    return found


def scopes(value: object) -> tuple[str, ...]:
    """Read scope names between spaces or commas."""
    words = value if isinstance(value, (tuple, list)) else str(value).replace(",", " ").split()
    if not words or not all(_SCOPE.fullmatch(word) for word in words):
        raise ValueError("must be scope names between spaces")
    return tuple(dict.fromkeys(words))


def hosts(value: object) -> frozenset[str]:
    """Read `host` and `host:port` entries between commas or spaces."""
    words = (
        value if isinstance(value, (frozenset, set, tuple, list)) else str(value).replace(",", " ").split()
    )
    try:
        return frozenset(read_entry(str(word)) for word in words)
    except ValueError:
        raise ValueError("must be host or host:port entries between commas, without https://") from None


def database(value: str) -> str:
    """Check a database address."""
    database_urls.parse(value)
    return value


def keys(value: str) -> str:
    """Check the key ring."""
    crypto.KeyRing.from_setting(value)
    return value


def password(value: str) -> str | None:
    """Return the password inside an address."""
    try:
        return urlsplit(value).password if "://" in value else None
    except ValueError:
        return None


def _split(value: str) -> SplitResult:
    if any(c.isspace() or not c.isprintable() for c in value):
        raise ValueError("not an address: it holds a space")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("not an address") from None
    host = parts.hostname or ""
    named = _HOST.fullmatch(host) is not None and ".." not in host
    if "://" not in value or not (named or ":" in host):
        raise ValueError("not an address; it looks like https://host/path")
    if port == 0:
        raise ValueError("not an address: no port is 0")
    return parts
