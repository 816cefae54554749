"""Mika's envelope, its refusals, and the JSON it reads."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse

BEIJING = ZoneInfo("Asia/Shanghai")
# The document's table (错误处理).
MESSAGES = {
    400: "请求参数错误",
    401: "Token 无效或过期",
    403: "无权限访问",
    404: "资源不存在",
    429: "请求过于频繁",
    500: "服务器内部错误",
}


class Refusal(Exception):
    """A documented refusal; `errors` names the fields."""

    def __init__(
        self,
        code: int,
        message: str | None = None,
        *,
        errors: dict[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES[code]
        self.errors = errors
        self.retry_after = retry_after

    def answer(self) -> JSONResponse:
        """Return the refusal as it goes over the wire."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.errors:
            body["errors"] = self.errors
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return JSONResponse(body, self.code, headers)


def ok(data: Any = None) -> JSONResponse:
    """Return a success."""
    return JSONResponse({"code": 0, "message": "success", "data": data})


async def json_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise Refusal(400, "请求体不是有效的 JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "请求体不是 JSON 对象")
    return body


def whole(request: Request, name: str, default: int, most: int = 10**9) -> int:
    """Return a number of the query."""
    value = request.query_params.get(name)
    if value is None:
        return default
    if not value.isdecimal() or not 0 < int(value) <= most:
        raise Refusal(400, "参数错误", errors={name: f"{name} 无效"})
    return int(value)


def written(moment: float | None) -> str | None:
    """Write a moment as the site does: Beijing's clock, no zone."""
    return None if moment is None else f"{datetime.fromtimestamp(moment, BEIJING):%Y-%m-%d %H:%M:%S}"
