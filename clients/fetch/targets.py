"""Read an address once, strictly, so that no two readers of it can disagree about the host."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from yarl import URL

from clients.fetch.addresses import IP
from clients.fetch.errors import AddressRefused

LONGEST = 4096
PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# The last label of a number in any of its spellings (URL standard: "ends in a number").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT_IN_PATH = "!$%&'()*+,/:;=?@[]~-._"


@dataclass(frozen=True)
class Target:
    """Where one request goes; `literal` is set when the host is an IP address."""

    url: URL
    host: str
    port: int
    literal: IP | None

    @property
    def key(self) -> str:
        """The host and port as the operator's list names them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_target(text: str, *, base: URL | None = None) -> Target:
    """Read an http(s) address, or one relative to `base`; raises AddressRefused."""
    parts = _split(text.strip(), base)
    if parts.scheme not in PORTS:
        raise AddressRefused.because("scheme")
    if "@" in parts.netloc:
        raise AddressRefused.because("credentials")
    host, literal = _host(parts)
    port = _port(parts)
    authority = f"[{host}]" if ":" in host else host
    rest = quote(parts.path or "/", safe=_KEPT_IN_PATH)
    if parts.query:
        rest += "?" + quote(parts.query, safe=_KEPT_IN_PATH)
    shown = "" if port == PORTS[parts.scheme] else f":{port}"
    url = URL(f"{parts.scheme}://{authority}{shown}{rest}", encoded=True)
    return Target(url, host, port, literal)


def _split(text: str, base: URL | None) -> SplitResult:
    # Backslashes, spaces and control characters are where readers of URLs differ most.
    if len(text) > LONGEST or not text.isprintable() or any(sign in text for sign in " \\"):
        raise AddressRefused.because("malformed")
    try:
        return urlsplit(text if base is None else urljoin(str(base), text))
    except ValueError:
        raise AddressRefused.because("malformed") from None


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        raise AddressRefused.because("malformed") from None
    if parts.netloc.endswith(":"):
        raise AddressRefused.because("malformed")
    return PORTS[parts.scheme] if port is None else port


def _host(parts: SplitResult) -> tuple[str, IP | None]:
    given = parts.hostname or ""
    if not given:
        raise AddressRefused.because("malformed")
    if "%" in parts.netloc:
        # An IPv6 zone, or characters hidden from a careless check.
        raise AddressRefused.because("disguised")
    if "[" in parts.netloc or ":" in given:
        return _ipv6(given)
    name = _ascii(given)
    if not all(_LABEL.fullmatch(label) for label in name.split(".")) or len(name) > 253:
        raise AddressRefused.because("host")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(given)
    return name, None


def _ascii(name: str) -> str:
    if not name.isascii():
        try:
            name = URL.build(scheme="http", host=name).raw_host or ""
        except ValueError:
            raise AddressRefused.because("host") from None
    return name.lower().removesuffix(".")


def _ipv4(given: str) -> tuple[str, IP]:
    """Accept four plain decimal numbers; octal, hex, short and full-width forms hide where they lead."""
    try:
        ip = ipaddress.IPv4Address(given)
    except ValueError:
        raise AddressRefused.because("disguised") from None
    return str(ip), ip


def _ipv6(given: str) -> tuple[str, IP]:
    try:
        ip = ipaddress.IPv6Address(given)
    except ValueError:
        raise AddressRefused.because("malformed") from None
    return str(ip), ip
