"""Mika's errors, by the envelope's code and the HTTP status (section 错误处理)."""

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
from clients.reply import Reply
from clients.retry_after import DEFAULT_SECONDS, date_told, retry_delay

# Calls that prove nobody's token: a 401 there is about what was typed.
_OPEN = frozenset({"login", "register"})
_LONGEST = 200


def error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer is, or None for a success."""
    status = reply.status
    if status == 413:
        # A proxy in front says it with a page of its own.
        return Rejected(service, operation, "too_large", message_of(reply.envelope))
    if reply.is_html or (status >= 500 and not reply.envelope):
        return UpstreamBroken(service, operation, status, html=reply.is_html)
    code = _code(reply.envelope)
    if 200 <= status < 300:
        if code in (None, 0, 200):
            return None
        # An error under HTTP 200: the envelope's code is the status.
        status = code if code is not None and 400 <= code < 600 else 400
    return _refusal(service, operation, status, reply)


def message_of(body: Mapping[str, Any]) -> str | None:
    """Find the upstream's own text."""
    texts = (body.get("message"), body.get("msg"), body.get("error"))
    return next((text.strip()[:500] for text in texts if isinstance(text, str) and text.strip()), None)


def fields_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Read the `errors` map: a field's name and what is wrong with it (the first of several)."""
    errors = body.get("errors")
    if not isinstance(errors, Mapping):
        return {}
    found = {str(name): _first(told) for name, told in errors.items()}
    return {name: told[:_LONGEST] for name, told in found.items() if told}


def _first(told: object) -> str:
    if isinstance(told, list):
        return _first(told[0]) if told else ""
    return told.strip() if isinstance(told, str) else ""


def _code(body: Mapping[str, Any]) -> int | None:
    value = body.get("code")
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    word = str(value).strip()
    return int(word) if word.lstrip("-").isdecimal() and len(word) < 10 else None


def _refusal(service: str, operation: str, status: int, reply: Reply) -> ClientError:
    body = reply.envelope
    message, code = message_of(body), str(_code(body) or status)
    if status == 429:
        delay = retry_delay(reply.headers, body, time.time())
        after = DEFAULT_SECONDS if delay is None else delay
        return RateLimited(service, operation, after, None, code, message)
    if status >= 500 or status < 200:
        return UpstreamBroken(service, operation, status)
    if status == 401 and operation not in _OPEN:
        return NotAuthorized(service, operation, code, message, service_time=date_told(reply.headers))
    if status == 403 and operation not in _OPEN:
        return Forbidden(service, operation, ForbiddenReason.OTHER, code, message)
    if status in (404, 405, 410):
        return NotFound(service, operation, code, message)
    return Rejected(service, operation, code, message, fields_of(body))
