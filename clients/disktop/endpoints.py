"""The upload endpoints that precreate names: one bounded set of connections to each origin."""

import ipaddress
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from clients.errors import BadResponse
from clients.transport import LONGEST_CALL_SECONDS, Timeouts, Transport

# Idle origins kept open; an endpoint is part of an answer, so their number is the server's choice.
KEPT = 4
# Merging the parts of a large file takes the server a while before it says a word.
PATIENT = Timeouts(connect=8.0, read=45.0, total=LONGEST_CALL_SECONDS)


@dataclass
class _Origin:
    """Connections to one origin, and how many calls are on them."""

    transport: Transport
    users: int = 0


class Endpoints:
    """Lend a transport for an endpoint; it has the proxy and the limits of the service's own."""

    def __init__(self, home: Transport) -> None:
        self._home = home
        self._origins: OrderedDict[str, _Origin] = OrderedDict()

    async def aclose(self) -> None:
        """Close all connections."""
        while self._origins:
            _, origin = self._origins.popitem()
            await origin.transport.aclose()

    @asynccontextmanager
    async def lend(self, operation: str, endpoint: str) -> AsyncGenerator[tuple[Transport, str]]:
        """Lend a transport and the endpoint's own path; raises BadResponse for an unsafe endpoint."""
        parts = _split(endpoint)
        if parts is None or not _safe(parts, self._home.base_url):
            raise BadResponse(self._home.service, operation, "unsafe upload endpoint")
        key = f"{parts.scheme}://{parts.netloc}"
        origin = self._origins.get(key)
        if origin is None:
            origin = self._origins[key] = _Origin(self._home.sibling(key, timeout=PATIENT))
        self._origins.move_to_end(key)
        origin.users += 1
        try:
            yield origin.transport, parts.path.rstrip("/")
        finally:
            origin.users -= 1
            await self._trim()

    async def _trim(self) -> None:
        idle = [key for key, origin in self._origins.items() if not origin.users]
        for key in idle[: max(0, len(self._origins) - KEPT)]:
            await self._origins.pop(key).transport.aclose()


def _split(endpoint: str) -> SplitResult | None:
    try:
        parts = urlsplit(endpoint)
        _ = parts.port  # a port that is no number raises
    except ValueError:
        return None
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return parts if plain and not (parts.query or parts.fragment) else None


def _safe(parts: SplitResult, home: str) -> bool:
    """Users' files travel by https only, unless they stay here or the operator chose plain http for all."""
    if parts.scheme == "https" or f"{parts.scheme}://{parts.netloc}" == "{0.scheme}://{0.netloc}".format(
        urlsplit(home)
    ):
        return True
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
