"""Disk.Top's envelope, its refusals, and the forms it reads."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

# errno: HTTP status, errmsg. The first four are the document's; the rest are what such a server must say too.
REFUSALS: dict[str, tuple[int, str]] = {
    "invalid_surl": (400, "surl 解码失败"),
    "share_not_found": (404, "分享不存在或已删除"),
    "pwd_required_or_wrong": (403, "提取码缺失或错误"),
    "file_not_found": (404, "文件不存在"),
    "invalid_token": (401, "access_token 无效或已过期"),
    "insufficient_scope": (403, "授权范围不足"),
    "quota_exceeded": (403, "网盘空间不足"),
    "premium_required": (403, "会员专享分享"),
    "path_not_found": (404, "目录不存在"),
    "invalid_param": (400, "参数无效"),
    "name_conflict": (409, "同名文件夹已存在"),
    "upload_not_found": (404, "上传任务不存在"),
    "upload_expired": (404, "上传任务已过期"),
    "incomplete": (425, "incomplete"),
    "complete_failed": (502, "complete failed"),
}


class Refusal(Exception):
    """A refusal of the business API."""

    def __init__(self, errno: str, errmsg: str | None = None) -> None:
        super().__init__(errno)
        self.errno = errno
        self.errmsg = errmsg

    def answer(self, *, plain: bool = False) -> JSONResponse:
        """Return the refusal; plain: as HTTP 200, which the document allows as well."""
        status, errmsg = REFUSALS[self.errno]
        body = {"errno": self.errno, "errmsg": self.errmsg or errmsg}
        return JSONResponse(body, 200 if plain and status != 401 else status)


class OAuthRefusal(Exception):
    """A refusal of the OAuth endpoints."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description

    def answer(self) -> JSONResponse:
        """Return the refusal as RFC 6749 words it."""
        body = {"error": self.error}
        if self.description:
            body["error_description"] = self.description
        return JSONResponse(body, 401 if self.error == "invalid_client" else 400)


def ok(data: Any) -> JSONResponse:
    """Return a success."""
    return JSONResponse({"errno": 0, "errmsg": "ok", "data": data})


async def form_of(request: Request) -> dict[str, str]:
    """Return the single values of a form body; JSON bodies are not read, as the document says."""
    return {k: v for k, v in (await request.form()).items() if isinstance(v, str)}


async def list_of(request: Request, name: str) -> list[int]:
    """Return an array of ids of a form body."""
    form = await request.form()
    values = [*form.getlist(f"{name}[]"), *form.getlist(name)]
    if not all(isinstance(v, str) and v.isdecimal() for v in values):
        raise Refusal("invalid_param", f"{name} 无效")
    return [int(str(v)) for v in values]
