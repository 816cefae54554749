"""ACGBT's envelope, refusals, pages and moments."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.world import World

BEIJING = ZoneInfo("Asia/Shanghai")
MESSAGES = {
    400: "请求参数错误",
    401: "认证失败",
    403: "无权限访问",
    404: "资源不存在",
    429: "请求频率超限",
    500: "服务器内部错误",
}
# How many characters of a description a list shows.
PREVIEW = 200


class Refusal(Exception):
    """A refusal: one of the documented codes, with the service's words."""

    def __init__(
        self,
        code: int,
        message: str | None = None,
        *,
        errors: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message or MESSAGES[code])
        self.code = code
        self.errors = errors
        self.retry_after = retry_after

    def answer(self, world: World) -> JSONResponse:
        """Return the refusal as an answer; an option puts it on HTTP 200, which the document leaves open."""
        body = {
            "code": self.code,
            "message": str(self),
            "data": {"errors": dict(self.errors)} if self.errors else None,
            "timestamp": int(world.now()),
        }
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        plain = bool(world.options.extra.get("acgbt_errors_as_200"))
        return JSONResponse(body, 200 if plain else self.code, headers)


def ok(world: World, data: Any, message: str = "success") -> JSONResponse:
    """Return a success."""
    return JSONResponse({"code": 0, "message": message, "data": data, "timestamp": int(world.now())})


def moment(at: float) -> str:
    """Write a moment as the service does: Beijing's clock, no zone."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def paged(request: Request, found: Sequence[Any]) -> tuple[Sequence[Any], dict[str, int]]:
    """Cut out the page that was asked for."""
    page, size = _number(request, "page", 1), min(_number(request, "page_size", 20), 100)
    pages = max(1, -(-len(found) // size))
    shown = found[(page - 1) * size : page * size]
    return shown, {"total": len(found), "page": page, "page_size": size, "total_pages": pages}


def _number(request: Request, name: str, default: int) -> int:
    value = request.query_params.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Refusal(400, f"{name} 必须是正整数", errors={name: "必须是正整数"})
    return int(value)


def whole(request: Request, name: str) -> int | None:
    """Return a number of the query; None where it is not given."""
    value = request.query_params.get(name)
    if value in (None, ""):
        return None
    if not str(value).isdecimal():
        raise Refusal(400, f"{name} 必须是整数", errors={name: "必须是整数"})
    return int(str(value))


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request."""
    try:
        value = json.loads(await request.body())
    except ValueError:
        raise Refusal(400, "请求体不是有效的 JSON") from None
    if not isinstance(value, dict):
        raise Refusal(400, "请求体必须是对象")
    return value
