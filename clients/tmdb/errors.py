"""TMDB's errors: `{"success": false, "status_code": 7, "status_message": "..."}`."""

import time

from clients.errors import (
    ClientError,
    Forbidden,
    ForbiddenReason,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.reply import Reply
from clients.retry_after import retry_delay

# TMDB counts in windows of a few seconds; without a Retry-After that is what a wait means.
_DEFAULT_WAIT = 10.0
# Bad or suspended keys.
_KEY_CODES = frozenset({"3", "7", "10", "14", "35"})


def error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer is, or None for a success."""
    body = reply.envelope
    said = body.get("status_message")
    message = said.strip()[:500] if isinstance(said, str) and said.strip() else None
    code = str(body["status_code"]) if isinstance(body.get("status_code"), (int, str)) else None
    if reply.status == 429 or code == "25":
        delay = retry_delay(reply.headers, body, time.time())
        return RateLimited(
            service, operation, _DEFAULT_WAIT if delay is None else delay, "app", code, message
        )
    if reply.is_html or reply.status >= 500:
        return UpstreamBroken(service, operation, reply.status, html=reply.is_html)
    if 200 <= reply.status < 300 and body.get("success") is not False:
        return None
    if reply.status == 401 or code in _KEY_CODES:
        return Misconfigured(service, operation, code, message)
    if reply.status == 403:
        return Forbidden(service, operation, ForbiddenReason.OTHER, code, message)
    kind = NotFound if reply.status == 404 or code == "34" else Rejected
    return kind(service, operation, code, message)
