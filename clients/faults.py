"""What a transport exception means: what failed, and whether the request may have left."""

import ssl

import aiohttp

from clients.errors import UnreachableKind

# httpx-aiohttp 0.2.0 maps every lost connection to httpx.ConnectTimeout, so only the aiohttp
# exception behind it tells a refused connection from one that was reset after the request left.
_KINDS: tuple[tuple[type[BaseException], UnreachableKind, bool], ...] = (
    (aiohttp.ClientProxyConnectionError, "proxy", False),
    (aiohttp.ClientHttpProxyError, "proxy", False),
    (aiohttp.ClientConnectorDNSError, "dns", False),
    (aiohttp.ClientSSLError, "tls", False),
    (aiohttp.ConnectionTimeoutError, "timeout", False),
    (aiohttp.ServerTimeoutError, "timeout", True),
    (TimeoutError, "timeout", True),
    (aiohttp.ClientPayloadError, "reset", True),
    (aiohttp.ServerDisconnectedError, "reset", True),
)


def classify(error: BaseException) -> tuple[UnreachableKind, bool]:
    """Tell (kind, sent) of an exception raised by httpx on aiohttp."""
    cause = _root(error)
    for kind, name, sent in _KINDS:
        if isinstance(cause, kind):
            return name, sent
    if isinstance(cause, aiohttp.ClientConnectorError):
        return _connecting(cause.os_error), False
    if isinstance(cause, ssl.SSLError):
        return "tls", True
    if isinstance(cause, OSError):
        return "reset", True
    return "other", True


def is_garbled(error: BaseException) -> bool:
    """Tell whether something answered that does not speak HTTP, or not rightly."""
    cause = _root(error)
    if isinstance(cause, aiohttp.ClientHttpProxyError):
        return False
    return isinstance(cause, (aiohttp.ClientResponseError, aiohttp.http_exceptions.HttpProcessingError)) or (
        isinstance(cause, ValueError) and not isinstance(cause, (OSError, ssl.SSLError))
    )


def _root(error: BaseException) -> BaseException:
    behind = error.__cause__
    return behind if isinstance(behind, (aiohttp.ClientError, TimeoutError, OSError)) else error


def _connecting(error: OSError) -> UnreachableKind:
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "reset" if isinstance(error, ConnectionResetError) else "other"
