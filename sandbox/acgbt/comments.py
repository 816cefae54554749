"""Comments: read by all, written by who has a key, deleted by their writer or an administrator."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.acgbt.door import Caller
from sandbox.acgbt.envelope import Refusal, body_of, moment, ok, paged
from sandbox.acgbt.resources import absolute, resource_of
from sandbox.catalogue.torrents import Remark

MOST_CHARACTERS = 1000


def public(caller: Caller, one: Remark) -> dict[str, Any]:
    """Return a comment as the document shows it."""
    account = next((a for a in caller.site.accounts.values() if a.username == one.author), None)
    return {
        "id": one.id,
        "content": one.content,
        "parent_id": one.parent_id,
        "created_at": moment(one.created_at),
        "user_id": account.id if account else 1,
        "username": one.author,
        "avatar": absolute(caller, account.avatar if account else "/uploads/avatars/avatar_0_0.png"),
    }


async def listing(caller: Caller, request: Request) -> Response:
    """Answer GET /resources/{id}/comments, oldest first."""
    resource = resource_of(caller.site, request.path_params["id"])
    mine = [one for one in caller.site.remarks.values() if one.resource_id == resource.id]
    shown, pagination = paged(request, sorted(mine, key=lambda one: (one.created_at, one.id)))
    return ok(caller.world, {"items": [public(caller, one) for one in shown], "pagination": pagination})


async def write(caller: Caller, request: Request) -> Response:
    """Answer POST /comments."""
    account, asked = caller.account, await body_of(request)
    content, parent = asked.get("content"), asked.get("parent_id")
    if not isinstance(content, str) or not content.strip():
        raise Refusal(400, "评论内容不能为空", errors={"content": "评论内容不能为空"})
    if len(content) > MOST_CHARACTERS:
        raise Refusal(400, "评论内容最多1000字", errors={"content": "评论内容最多1000字"})
    number = asked.get("resource_id")
    if not isinstance(number, int):
        raise Refusal(400, "resource_id 无效", errors={"resource_id": "resource_id 无效"})
    resource = resource_of(caller.site, number)
    if parent is not None:
        above = caller.site.remarks.get(parent) if isinstance(parent, int) else None
        if above is None or above.resource_id != resource.id:
            raise Refusal(404, "父评论不存在")
    made = caller.site.stock.remark(resource.id, account.username, content, caller.world.now(), parent)
    return ok(caller.world, public(caller, made), "评论成功")


async def delete(caller: Caller, request: Request) -> Response:
    """Answer DELETE /comments/{id}; the replies go with it."""
    account, remarks = caller.account, caller.site.remarks
    one = remarks.get(request.path_params["id"])
    if one is None:
        raise Refusal(404, "评论不存在")
    if one.author != account.username and account.role != "admin":
        raise Refusal(403, "只能删除自己的评论")
    gone = {one.id}
    for other in sorted(remarks.values(), key=lambda r: r.id):
        if other.parent_id in gone:
            gone.add(other.id)
    for number in gone:
        del remarks[number]
    return ok(caller.world, None, "评论已删除")
