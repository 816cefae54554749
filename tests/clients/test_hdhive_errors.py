"""HDHive's errors: by code, by status, with the time to wait."""

import json
from typing import Any

import pytest

from clients.errors import (
    ClientError,
    Forbidden,
    Misconfigured,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.hdhive.errors import error_for
from clients.reply import Reply


def judge(status: int, body: Any, **headers: str) -> ClientError | None:

    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_for("hdhive", "op", Reply(status, headers, content))


@pytest.mark.parametrize(
    ("status", "code", "kind", "detail"),
    [
        (401, "MISSING_API_KEY", Misconfigured, None),
        (401, "INVALID_API_KEY", Misconfigured, None),
        (401, "DISABLED_API_KEY", Misconfigured, None),
        (401, "EXPIRED_API_KEY", Misconfigured, None),
        (403, "OPENAPI_USER_REQUIRED", Forbidden, "unlinked"),
        (401, "openapi_user_required", Forbidden, "unlinked"),
        (401, "OPENAPI_REFRESH_REQUIRED", NotAuthorized, True),
        (401, "OPENAPI_REAUTH_REQUIRED", NotAuthorized, False),
        (401, "Invalid_OpenAPI_User_Token", NotAuthorized, False),
        (401, "SOMETHING_NEW", NotAuthorized, True),
        (403, "SCOPE_NOT_ALLOWED", Forbidden, "app_scope"),
        (403, "USER_SCOPE_NOT_ALLOWED", Forbidden, "user_scope"),
        (403, "VIP_REQUIRED", Forbidden, "premium"),
        (403, "USER_LEVEL_REQUIRED", Forbidden, "level"),
        (403, "ENDPOINT_DISABLED", Forbidden, "disabled"),
        (403, "IP_NOT_ALLOWED", Forbidden, "ip"),
        (403, "RISK_BLOCKED", Forbidden, "risk"),
        (403, "403", Forbidden, "other"),
        (402, "INSUFFICIENT_POINTS", Rejected, None),
        (400, "400", Rejected, None),
        (404, "404", NotFound, None),
        (429, "RATE_LIMIT_EXCEEDED", RateLimited, None),
        (429, "ENDPOINT_QUOTA_EXCEEDED", RateLimited, None),
        (429, "GLOBAL_RATE_LIMIT_EXCEEDED", RateLimited, "global"),
        (429, "APP_RATE_LIMIT_EXCEEDED", RateLimited, "app"),
        (429, "user_rate_limit_exceeded", RateLimited, "user"),
        (429, "OPENAPI_COOLDOWN", RateLimited, None),
        (403, "OPENAPI_COOLDOWN", RateLimited, None),
        (500, "500", UpstreamBroken, None),
        (200, "404", NotFound, None),
        (200, "503", UpstreamBroken, None),
        (200, 401, NotAuthorized, True),
        (200, "INSUFFICIENT_POINTS", Rejected, None),
    ],
)
def test_every_code(status: int, code: object, kind: type[ClientError], detail: object) -> None:
    error = judge(status, {"success": False, "code": code, "message": "m", "description": "说明"})
    assert type(error) is kind
    known = [getattr(error, name, None) for name in ("reason", "refreshable", "scope")]
    assert next((one for one in known if one is not None), None) == detail
    assert getattr(error, "message", "说明") == "说明"


@pytest.mark.parametrize(
    ("body", "headers", "after", "scope"),
    [
        ({"code": "RATE_LIMIT_EXCEEDED"}, {}, 60, None),
        ({"retry_after_seconds": "9", "limit_scope": "USER"}, {}, 9, "user"),
        ({"data": {"retry_after_seconds": 5, "limit_scope": "app"}}, {"retry-after": "3"}, 3, "app"),
        ({"data": [], "limit_scope": "galaxy"}, {}, 60, None),
        (b"<html>slow down</html>", {"content-type": "text/html", "retry-after": "30"}, 30, None),
    ],
)
def test_how_long_to_wait(body: Any, headers: dict[str, str], after: float, scope: str | None) -> None:
    error = error_for(
        "hdhive",
        "op",
        Reply(429, headers, body if isinstance(body, bytes) else json.dumps(body).encode()),
    )
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.scope) == (after, scope)


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_a_page_is_no_answer_whatever_its_status(status: int) -> None:
    error = judge(status, b"<!doctype html>")
    assert isinstance(error, UpstreamBroken)
    assert (error.html, error.status) == (True, status)


def test_successes() -> None:
    assert judge(200, {"success": True, "code": "200"}) is None
    assert judge(200, {"success": True, "code": "RATE_LIMIT_EXCEEDED"}) is None
    assert judge(201, {}) is None
