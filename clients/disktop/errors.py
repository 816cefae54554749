"""Disk.Top's error words and what each means for the caller."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
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


class DevicePending(ClientError):
    """The user has not answered yet: poll again after the interval."""


class DeviceSlowDown(ClientError):
    """Polled too fast: add 5 seconds to the interval (RFC 8628, 3.5)."""


class DeviceDenied(ClientError):
    """The user said no."""


class DeviceExpired(ClientError):
    """The code is too old: begin anew."""


@dataclass(eq=False, repr=False)
class Incomplete(Rejected):
    """Parts are missing: `received` of `total` are there (0 of 0 where the server does not say)."""

    received: int = 0
    total: int = 0


class Differing(UpstreamBroken):
    """The parts make another file than was announced: the server says so when it puts them together."""


_DEVICE: Mapping[str, type[ClientError]] = {
    "authorization_pending": DevicePending,
    "slow_down": DeviceSlowDown,
    "access_denied": DeviceDenied,
    "expired_token": DeviceExpired,
}
# invalid_redirect_uri: our address is not on the application's list.
_OPERATOR = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_redirect_uri", "unsupported_response_type"}
    | {"unsupported_grant_type"}
)
_TOKEN = frozenset(
    {"invalid_token", "expired_token", "token_expired", "unauthorized", "invalid_access_token"}
)
_MISSING = frozenset(
    {"invalid_surl", "share_not_found", "file_not_found", "folder_not_found", "path_not_found"}
    | {"not_found", "share_expired", "upload_not_found", "upload_expired"}
)
_FORBIDDEN = {
    "insufficient_scope": ForbiddenReason.USER_SCOPE,
    "scope_required": ForbiddenReason.USER_SCOPE,
    "vip_required": ForbiddenReason.PREMIUM,
    "premium_required": ForbiddenReason.PREMIUM,
}
# Words for a drive without room, and for a name that something else in the folder has.
FULL = frozenset({"quota_exceeded", "storage_full", "insufficient_storage", "no_space"})
TAKEN = frozenset({"name_conflict", "folder_exists", "already_exists", "file_exists"})
# Refusals of this one request, whatever status they come with.
_REJECTED = FULL | {"pwd_required_or_wrong", "name_conflict", "invalid_param"}
# The service's own failure, even inside a 200 (upload document: 502 complete failed).
_BROKEN = frozenset({"complete_failed", "internal_error", "server_error"})
_LIMITS = frozenset({"rate_limited", "rate_limit_exceeded", "too_many_requests"})
_KNOWN = _OPERATOR | _TOKEN | _MISSING | _REJECTED | _LIMITS | _FORBIDDEN.keys() | _DEVICE.keys()
_COUNTS = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
# What a server says of a 502 at complete when sending again is what helps; else asking again does.
_DIFFERS = re.compile(r"md5|check ?sum|hash|校验", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """An answer that is no success: where, and its code and text."""

    service: str
    operation: str
    status: int
    code: str | None
    message: str | None


def error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer of a business call is, or None for a success."""
    broken = _unusable(service, operation, reply)
    if broken is not None or _succeeded(reply):
        return broken
    return _business(_fault(service, operation, reply))


def upload_error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer of an upload endpoint is; whatever is missing there is the session."""
    error = error_for(service, operation, reply)
    if isinstance(error, UpstreamBroken) and operation == "complete":
        differs = _DIFFERS.search(message_of(reply.envelope) or "")
        return Differing(service, operation, error.status, html=error.html) if differs else error
    if not isinstance(error, NotFound):
        return error
    expired = reply.status == 410 or "expired" in (error.code or "")
    code = "upload_expired" if expired else "upload_not_found"
    return NotFound(service, operation, code, error.message)


def oauth_error_for(service: str, operation: str, reply: Reply) -> ClientError | None:
    """Tell which error an answer of an /oauth endpoint is ({"error": "..."}), or None."""
    broken = _unusable(service, operation, reply)
    if broken is not None or _succeeded(reply):
        return broken
    fault = _fault(service, operation, reply)
    waiting = _DEVICE.get(fault.code or "")
    if waiting is not None and operation == "poll_device":
        return waiting(service, operation)
    if fault.code in _OPERATOR:
        return Misconfigured(service, operation, fault.code, fault.message)
    if fault.code == "invalid_grant" and operation == "refresh":
        return NotAuthorized(service, operation, fault.code, fault.message, refreshable=False)
    return Rejected(service, operation, fault.code, fault.message)


def _unusable(service: str, operation: str, reply: Reply) -> ClientError | None:
    body = reply.envelope
    if reply.status == 429 and code_of(body) != "slow_down":
        return _limited(service, operation, reply)
    if reply.is_html or (reply.status >= 500 and code_of(body) not in _KNOWN):
        return UpstreamBroken(service, operation, reply.status, html=reply.is_html)
    # An error number above 499 inside a 200 is the same thing.
    number = code_of(body) or ""
    if number in _BROKEN:
        return UpstreamBroken(service, operation, max(reply.status, 500))
    if number.isdecimal() and len(number) == 3 and int(number) >= 500:
        return UpstreamBroken(service, operation, int(number))
    return None


def _succeeded(reply: Reply) -> bool:
    body = reply.envelope
    return 200 <= reply.status < 300 and not body.get("error") and str(body.get("errno") or 0).strip() == "0"


def _fault(service: str, operation: str, reply: Reply) -> Fault:
    code = code_of(reply.envelope)
    status = reply.status
    if 200 <= status < 300 and code is not None and code.isdecimal() and len(code) == 3:
        status = int(code)
    return Fault(service, operation, status, code, message_of(reply.envelope))


def _business(fault: Fault) -> ClientError:
    code, message = fault.code, fault.message
    if code in _LIMITS:
        return RateLimited(fault.service, fault.operation, DEFAULT_SECONDS, None, code, message)
    # A known word says more than the status it comes with.
    if code in _MISSING:
        return NotFound(fault.service, fault.operation, code, message)
    if code in _FORBIDDEN:
        return Forbidden(fault.service, fault.operation, _FORBIDDEN[code], code, message)
    if code in _REJECTED:
        return Rejected(fault.service, fault.operation, code, message)
    if fault.status == 425 or code == "incomplete":
        return _incomplete(fault)
    if fault.status == 401 or code in _TOKEN:
        return NotAuthorized(fault.service, fault.operation, code, message, refreshable=True)
    if fault.status == 403:
        return Forbidden(fault.service, fault.operation, ForbiddenReason.OTHER, code, message)
    kind = NotFound if fault.status in (404, 410) else Rejected
    return kind(fault.service, fault.operation, code, message)


def _incomplete(fault: Fault) -> Incomplete:
    counts = _COUNTS.search(fault.message or "")
    received, total = map(int, counts.groups()) if counts else (0, 0)
    return Incomplete(fault.service, fault.operation, "incomplete", fault.message, {}, received, total)


def _limited(service: str, operation: str, reply: Reply) -> RateLimited:
    body = reply.envelope
    delay = retry_delay(reply.headers, body, time.time())
    after = DEFAULT_SECONDS if delay is None else delay
    return RateLimited(service, operation, after, None, code_of(body), message_of(body))


def code_of(body: Mapping[str, Any]) -> str | None:
    """Find the error word: documented ones stand in errno, error or errmsg, else a number in errno."""
    values = [body.get(name) for name in ("errno", "error", "errmsg")]
    words = [value.strip().casefold() for value in values if isinstance(value, str)]
    found = next((word for word in words if _WORD.fullmatch(word) and word != "ok"), None)
    number = str(values[0]).strip() if isinstance(values[0], (int, str)) else ""
    return found or (number if number.lstrip("-").isdecimal() and number != "0" else None)


def message_of(body: Mapping[str, Any]) -> str | None:
    """The upstream's own text, unless it is only a code word."""
    texts = [body.get(name) for name in ("error_description", "message", "errmsg")]
    words = (text.strip()[:500] for text in texts if isinstance(text, str))
    return next((word for word in words if word and not _WORD.fullmatch(word.casefold())), None)
