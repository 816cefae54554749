"""ACGBT's error codes: those of the document are those of HTTP, in the envelope, on the answer, or both."""

import time
from collections.abc import Mapping
from typing import Any

from clients.errors import (
    ClientError,
    Forbidden,
    ForbiddenReason,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.models import whole
from clients.reply import Reply
from clients.retry_after import DEFAULT_SECONDS, retry_delay


def error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer is, or None for a success."""
    body = reply.envelope
    code = code_of(reply, body)
    message = message_of(body)
    if code == 429:
        delay = retry_delay(reply.headers, body, time.time())
        seconds = DEFAULT_SECONDS if delay is None else delay
        return RateLimited(service, operation, seconds, "user", str(code), message)
    if reply.is_html or code >= 500:
        return UpstreamBroken(service, operation, max(code, reply.status), html=reply.is_html)
    match code:
        case 0:
            return None
        case 401:
            return NotAuthorized(service, operation, str(code), message, service_time=_time_told(body))
        case 403:
            return Forbidden(service, operation, ForbiddenReason.OTHER, "key_permission", message)
        case 404 | 410:
            return NotFound(service, operation, str(code), message)
    return Rejected(service, operation, str(code), message, fields_of(body))


def code_of(reply: Reply, body: Mapping[str, Any]) -> int:
    """Return the envelope's code, or the status where the envelope tells none; 0 is a success."""
    try:
        told = whole(body.get("code"))
    except ValueError:
        told = None
    # Some services of this kind put the status, or only the word success, in place of 0.
    if told in (None, 0) or (told is not None and 200 <= told < 300):
        return 0 if 200 <= reply.status < 300 else reply.status
    return abs(told)


def message_of(body: Mapping[str, Any]) -> str | None:
    """Return the service's own words."""
    texts = (body.get(name) for name in ("message", "msg", "error"))
    return next((text.strip()[:500] for text in texts if isinstance(text, str) and text.strip()), None)


def fields_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with each field, where the answer tells it (the document does not say how)."""
    data = body.get("data")
    places = (body.get("errors"), data.get("errors") if isinstance(data, Mapping) else None)
    found = next((place for place in places if isinstance(place, Mapping)), {})
    return {str(name)[:60]: _first(value)[:300] for name, value in found.items() if _first(value)}


def _time_told(body: Mapping[str, Any]) -> int | None:
    try:
        return whole(body.get("timestamp"))
    except ValueError:
        return None


def _first(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return value.strip() if isinstance(value, str) else ""
