"""The link checker's errors, by HTTP status (its document names no codes)."""

import time
from collections.abc import Mapping
from typing import Any

from clients.errors import ClientError, Misconfigured, NotFound, RateLimited, Rejected, UpstreamBroken
from clients.reply import Reply
from clients.retry_after import DEFAULT_SECONDS, retry_delay


def error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer is, or None for a success."""
    body = reply.envelope
    message = message_of(body)
    if reply.status == 429:
        delay = retry_delay(reply.headers, body, time.time())
        return RateLimited(service, operation, DEFAULT_SECONDS if delay is None else delay, message=message)
    if reply.is_html or reply.status >= 500:
        return UpstreamBroken(service, operation, reply.status, html=reply.is_html)
    if 200 <= reply.status < 300:
        return None
    code = str(reply.status)
    if reply.status in (401, 403):
        # The only credential is the application's own key.
        return Misconfigured(service, operation, code, message)
    if reply.status in (404, 410):
        return NotFound(service, operation, code, message)
    return Rejected(service, operation, code, message, _fields(body))


def message_of(body: Mapping[str, Any]) -> str | None:
    """Find the upstream's own text (its documentation pages are those of FastAPI: `detail`)."""
    texts = (body.get("detail"), body.get("message"), body.get("error"))
    return next((text.strip()[:500] for text in texts if isinstance(text, str) and text.strip()), None)


def _fields(body: Mapping[str, Any]) -> dict[str, str]:
    details = body.get("detail")
    found = [item for item in details if isinstance(item, Mapping)] if isinstance(details, list) else []
    return {_place(item.get("loc")): str(item.get("msg", ""))[:200] for item in found}


def _place(loc: object) -> str:
    return ".".join(map(str, loc)) if isinstance(loc, list) else ""
