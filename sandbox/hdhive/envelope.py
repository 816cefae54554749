"""HDHive's envelope, and every refusal it knows."""

from typing import Any

from starlette.responses import JSONResponse

# code: HTTP status, message, description
REFUSALS: dict[str, tuple[int, str, str]] = {
    "400": (400, "Bad request", "请求参数无效"),
    "401": (401, "Unauthorized", "请先登录"),
    "403": (403, "Forbidden", "没有权限执行此操作"),
    "404": (404, "Not found", "资源不存在"),
    "405": (405, "Method not allowed", "不支持的请求方法"),
    "MISSING_API_KEY": (401, "API key is missing", "缺少 API Key"),
    "INVALID_API_KEY": (401, "API key is invalid", "API Key 无效"),
    "DISABLED_API_KEY": (401, "API key is disabled", "API Key 已被禁用"),
    "EXPIRED_API_KEY": (401, "API key has expired", "API Key 已过期"),
    "INVALID_GRANT": (400, "The code is invalid, used or expired", "授权码无效、已使用或已过期"),
    "OPENAPI_USER_REQUIRED": (403, "A user token is required", "此接口需要用户授权"),
    "OPENAPI_REFRESH_REQUIRED": (401, "The access token has expired", "用户令牌已过期，请刷新"),
    "OPENAPI_REAUTH_REQUIRED": (401, "The authorization is gone", "用户授权已失效，请重新授权"),
    "INVALID_OPENAPI_USER_TOKEN": (401, "The user token is invalid", "用户令牌无效"),
    "SCOPE_NOT_ALLOWED": (403, "The app may not use this scope", "应用未获得该权限"),
    "USER_SCOPE_NOT_ALLOWED": (403, "The user did not grant this scope", "用户未授予该权限"),
    "VIP_REQUIRED": (403, "Premium is required", "此功能需要 Premium 会员"),
    "ENDPOINT_DISABLED": (403, "This endpoint is disabled", "该接口已停用"),
    "INSUFFICIENT_POINTS": (402, "Insufficient points", "积分不足，无法解锁该资源"),
    "RATE_LIMIT_EXCEEDED": (429, "Too many requests", "解锁过于频繁，请稍后再试"),
    "ENDPOINT_QUOTA_EXCEEDED": (429, "The endpoint's quota is used up", "该接口今日配额已用完"),
}


class Refusal(Exception):
    """A documented refusal; its code decides the HTTP status."""

    def __init__(
        self, code: str, description: str | None = None, retry_after: int | None = None, scope: str = "user"
    ):
        super().__init__(code)
        self.code = code
        self.description = description
        self.retry_after = retry_after
        self.scope = scope

    def answer(self) -> JSONResponse:
        """Return the refusal as it goes over the wire."""
        status, message, description = REFUSALS[self.code]
        body: dict[str, Any] = {
            "success": False,
            "code": self.code,
            "message": message,
            "description": self.description or description,
            "data": None,
        }
        headers = {}
        if self.retry_after is not None:
            body |= {"retry_after_seconds": self.retry_after, "limit_scope": self.scope}
            headers["retry-after"] = str(self.retry_after)
        return JSONResponse(body, status, headers)


def ok(data: Any, message: str = "success", meta: dict[str, Any] | None = None) -> JSONResponse:
    """Return a success."""
    body: dict[str, Any] = {"success": True, "code": "200", "message": message, "data": data}
    if meta is not None:
        body["meta"] = meta
    return JSONResponse(body)
