"""HDHive's error codes and what each means for the caller."""

import time
from collections.abc import Mapping
from typing import Any

from clients.errors import (
    ClientError,
    Forbidden,
    ForbiddenReason,
    Misconfigured,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.reply import Reply
from clients.retry_after import DEFAULT_SECONDS, retry_delay

_APP_SECRET = frozenset({"MISSING_API_KEY", "INVALID_API_KEY", "DISABLED_API_KEY", "EXPIRED_API_KEY"})
_REFRESHABLE = frozenset({"OPENAPI_REFRESH_REQUIRED"})
# The last ones are what a token endpoint says of a dead refresh token (RFC 6749, 5.2).
_GRANT_GONE = frozenset(
    {"OPENAPI_REAUTH_REQUIRED", "INVALID_OPENAPI_USER_TOKEN", "INVALID_GRANT", "INVALID_REFRESH_TOKEN"}
)
_FORBIDDEN = {
    "OPENAPI_USER_REQUIRED": ForbiddenReason.UNLINKED,
    "SCOPE_NOT_ALLOWED": ForbiddenReason.APP_SCOPE,
    "USER_SCOPE_NOT_ALLOWED": ForbiddenReason.USER_SCOPE,
    "VIP_REQUIRED": ForbiddenReason.PREMIUM,
    "USER_LEVEL_REQUIRED": ForbiddenReason.LEVEL,
    "ENDPOINT_DISABLED": ForbiddenReason.DISABLED,
    "IP_NOT_ALLOWED": ForbiddenReason.IP,
    "RISK_BLOCKED": ForbiddenReason.RISK,
}
# What is said where the account has too few points.
POOR = "INSUFFICIENT_POINTS"
_LIMITS = {
    "RATE_LIMIT_EXCEEDED": None,
    "ENDPOINT_QUOTA_EXCEEDED": None,
    "OPENAPI_COOLDOWN": None,
    "GLOBAL_RATE_LIMIT_EXCEEDED": "global",
    "APP_RATE_LIMIT_EXCEEDED": "app",
    "USER_RATE_LIMIT_EXCEEDED": "user",
}
_SCOPES = frozenset({"global", "app", "user"})


def error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer is, or None for a success."""
    body = reply.envelope
    code = _code(body)
    if reply.status == 429 or (code in _LIMITS and not _succeeded(reply, body)):
        return _limited(service, operation, reply, body, code)
    if reply.is_html or reply.status >= 500:
        return UpstreamBroken(service, operation, reply.status, html=reply.is_html)
    if _succeeded(reply, body):
        return None
    return _refusal(service, operation, reply.status, code, message_of(body))


def message_of(body: Mapping[str, Any]) -> str | None:
    """The upstream's own text: `description` (Chinese, often the better one) before `message`."""
    texts = (body.get("description"), body.get("message"), body.get("error_description"))
    return next((text.strip()[:500] for text in texts if isinstance(text, str) and text.strip()), None)


def _succeeded(reply: Reply, body: Mapping[str, Any]) -> bool:
    return 200 <= reply.status < 300 and body.get("success") is not False


def _code(body: Mapping[str, Any]) -> str | None:
    for name in ("code", "error"):
        value = body.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip().upper()
    return None


def _limited(
    service: str, operation: str, reply: Reply, body: Mapping[str, Any], code: str | None
) -> RateLimited:
    data = body.get("data")
    places = (body, data if isinstance(data, Mapping) else {})
    told = (str(place.get("limit_scope", "")).strip().casefold() for place in places)
    scope = next((word for word in told if word in _SCOPES), _LIMITS.get(code or ""))
    delay = retry_delay(reply.headers, body, time.time())
    after = DEFAULT_SECONDS if delay is None else delay
    return RateLimited(service, operation, after, scope, code, message_of(body))


def _refusal(service: str, operation: str, status: int, code: str | None, message: str | None) -> ClientError:
    if code in _APP_SECRET:
        return Misconfigured(service, operation, code, message)
    if operation == "exchange_code" and code in _GRANT_GONE:
        # There is no grant yet that could be gone: the code is used up, too old or another's.
        return Rejected(service, operation, code, message)
    if code in _REFRESHABLE or code in _GRANT_GONE:
        return NotAuthorized(service, operation, code, message, refreshable=code in _REFRESHABLE)
    if code in _FORBIDDEN:
        return Forbidden(service, operation, _FORBIDDEN[code], code, message)
    # success: false was seen under HTTP 200 with the status as the code.
    return _by_status(service, operation, _status(status, code), code, message)


def _by_status(
    service: str, operation: str, status: int, code: str | None, message: str | None
) -> ClientError:
    if status >= 500:
        return UpstreamBroken(service, operation, status)
    if status == 401:
        # Only the documented codes end a grant; anything else is worth one refresh.
        return NotAuthorized(service, operation, code, message, refreshable=True)
    if status == 403:
        return Forbidden(service, operation, ForbiddenReason.OTHER, code, message)
    if status in (404, 405, 410):
        return NotFound(service, operation, code, message)
    return Rejected(service, operation, code, message)


def _status(status: int, code: str | None) -> int:
    if 200 <= status < 300 and code is not None and code.isdecimal() and len(code) == 3:
        return int(code)
    return status
