"""Signing in, registering, and the user's own account."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.mika.door import Caller, issue
from sandbox.mika.envelope import Refusal, json_of, ok, written
from sandbox.states.mika import INVITE_CODES, Account
from sandbox.world import World

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SHORTEST_PASSWORD = 8
_LONGEST_NICKNAME = 30


async def login(world: World, request: Request) -> Response:
    """Answer POST auth/login."""
    body = await json_of(request)
    username, password = str(body.get("username") or ""), str(body.get("password") or "")
    empty = {"username": "用户名不能为空"} if not username else {}
    empty |= {} if password else {"password": "密码不能为空"}
    if empty:
        raise Refusal(400, "参数错误", errors=empty)
    account = world.mika.named(username)
    if account is None or account.password != password:
        raise Refusal(401, "用户名或密码错误")
    token, expire = issue(world, account)
    user = {name: _public(account)[name] for name in ("id", "username", "nickname", "avatar")}
    return ok({"token": token, "expire": expire, "user": user})


async def register(world: World, request: Request) -> Response:
    """Answer POST auth/register; an invite code can be used once and is worth points."""
    body = await json_of(request)
    told = {
        name: str(body.get(name) or "").strip() for name in ("username", "password", "email", "invite_code")
    }
    if errors := _wrong(world, told):
        raise Refusal(400, "参数错误", errors=errors)
    if not world.mika.settings["allow_register"]:
        raise Refusal(403, "本站已关闭注册")
    mika, number = world.mika, max(world.mika.accounts) + 1
    mika.accounts[number] = Account(
        id=number,
        person=None,
        username=told["username"],
        password=told["password"],
        email=told["email"],
        nickname=told["username"],
        rights="member",
        key=f"mk_{number}_{world.token(12)}",
        secret=f"ms-{world.token(24)}",
        created_at=world.now(),
        points=INVITE_CODES.get(told["invite_code"], 0),
    )
    mika.used_codes.add(told["invite_code"])
    return ok({"id": number, "username": told["username"]})


def _wrong(world: World, told: dict[str, str]) -> dict[str, str]:
    errors = {}
    if not told["username"]:
        errors["username"] = "用户名不能为空"
    elif world.mika.named(told["username"]) is not None:
        errors["username"] = "用户名已存在"
    if len(told["password"]) < _SHORTEST_PASSWORD:
        errors["password"] = f"密码长度至少 {_SHORTEST_PASSWORD} 位"
    if not _EMAIL.fullmatch(told["email"]):
        errors["email"] = "邮箱格式不正确"
    code = told["invite_code"]
    if not code and world.options.mika_invite_required:
        errors["invite_code"] = "请填写邀请码"
    elif code and (code not in INVITE_CODES or code in world.mika.used_codes):
        errors["invite_code"] = "邀请码无效或已被使用"
    return errors


def _public(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "username": account.username,
        "nickname": account.nickname,
        "email": account.email,
        "avatar": account.avatar,
        "vip_level": account.vip_level,
        "vip_expire": account.vip_expire,
        "points": account.points,
        "created_at": written(account.created_at),
    }


async def profile(caller: Caller, _request: Request) -> Response:
    """Answer GET user/profile."""
    return ok(_public(caller.account))


async def edit_profile(caller: Caller, request: Request) -> Response:
    """Answer PUT user/profile."""
    body = await json_of(request)
    nickname, avatar = body.get("nickname"), body.get("avatar")
    errors = {}
    if nickname is not None and not 0 < len(str(nickname).strip()) <= _LONGEST_NICKNAME:
        errors["nickname"] = f"昵称长度为 1 到 {_LONGEST_NICKNAME} 个字"
    if avatar is not None and not str(avatar).startswith(("/", "http://", "https://")):
        errors["avatar"] = "头像地址无效"
    if errors:
        raise Refusal(400, "参数错误", errors=errors)
    if nickname is not None:
        caller.account.nickname = str(nickname).strip()
    if avatar is not None:
        caller.account.avatar = str(avatar)
    return ok(_public(caller.account))
