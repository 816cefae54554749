"""One's own account: profile, avatar, keys (sections 10 to 14)."""

from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from sandbox.acgbt.door import Caller
from sandbox.acgbt.envelope import Refusal, body_of, moment, ok
from sandbox.acgbt.resources import absolute
from sandbox.states.acgbt import PERMISSIONS, ApiKey

AVATAR_BYTES = 2 * 1024 * 1024
SIGNS = (
    (b"\xff\xd8\xff", 0, "jpg"),
    (b"\x89PNG\r\n\x1a\n", 0, "png"),
    (b"GIF8", 0, "gif"),
    (b"WEBP", 8, "webp"),
)
KINDS = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}


async def profile(caller: Caller, _request: Request) -> Response:
    """Answer GET /user/profile."""
    account = caller.account
    return ok(
        caller.world,
        {
            "id": account.id,
            "username": account.username,
            "email": account.email,
            "avatar": absolute(caller, account.avatar),
            "role": account.role,
            "created_at": moment(account.created_at),
        },
    )


async def set_avatar(caller: Caller, request: Request) -> Response:
    """Answer POST /user/avatar."""
    account, value = caller.account, (await body_of(request)).get("avatar")
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal(400, "头像链接无效", errors={"avatar": "头像链接无效"})
    account.avatar = str(value)
    return ok(caller.world, {"avatar": account.avatar}, "头像更新成功")


async def upload_avatar(caller: Caller, request: Request) -> Response:
    """Answer POST /user/avatar/upload."""
    account = caller.account
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refusal(400, "请使用 multipart/form-data 上传")
    async with request.form(max_files=1, max_part_size=64 * 1024 * 1024) as form:
        file = form.get("avatar")
        data = await file.read() if isinstance(file, UploadFile) else b""
    ending = next((end for sign, at, end in SIGNS if data[at : at + len(sign)] == sign), None)
    if not data:
        raise Refusal(400, "请选择头像文件", errors={"avatar": "请选择头像文件"})
    if ending is None:
        raise Refusal(
            400, "只支持 JPG、PNG、GIF、WebP 格式", errors={"avatar": "只支持 JPG、PNG、GIF、WebP 格式"}
        )
    if len(data) > AVATAR_BYTES:
        raise Refusal(400, "头像文件不能超过 2MB", errors={"avatar": "头像文件不能超过 2MB"})
    path = f"/uploads/avatars/avatar_{account.id}_{int(caller.world.now())}.{ending}"
    caller.site.files[path] = (data, KINDS[ending])
    account.avatar = path
    return ok(caller.world, {"avatar": absolute(caller, path), "url": path}, "头像上传成功")


def public(key: ApiKey) -> dict[str, Any]:
    """Return a key as the list shows it, without its secret."""
    return {
        "id": key.id,
        "name": key.name,
        "api_key": key.key,
        "permissions": key.permissions,
        "rate_limit": key.rate_limit,
        "created_at": moment(key.created_at),
    }


async def keys(caller: Caller, _request: Request) -> Response:
    """Answer GET /user/keys."""
    mine = [key for key in caller.site.keys.values() if key.account == caller.account.id and not key.revoked]
    return ok(caller.world, [public(key) for key in mine])


async def new_key(caller: Caller, request: Request) -> Response:
    """Answer POST /user/keys: the secret is told this once."""
    account, asked = caller.account, await body_of(request)
    name, wanted, limit = asked.get("name"), asked.get("permissions", ["read"]), asked.get("rate_limit", 60)
    errors = {}
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 50:
        errors["name"] = "密钥名称为 1 到 50 字"
    if not isinstance(wanted, list) or not wanted or any(one not in PERMISSIONS for one in wanted):
        errors["permissions"] = "权限无效"
    if not isinstance(limit, int) or not 1 <= limit <= 1000:
        errors["rate_limit"] = "频率限制为 1 到 1000"
    if errors:
        raise Refusal(400, next(iter(errors.values())), errors=errors)
    key = caller.site.new_key(account.id, str(name).strip(), list(wanted), limit, caller.world.now())
    return ok(caller.world, {**public(key), "api_secret": key.secret}, "密钥创建成功，请妥善保存")
