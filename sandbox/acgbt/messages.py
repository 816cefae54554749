"""The message centre (sections 15 to 19)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.acgbt.door import Caller
from sandbox.acgbt.envelope import Refusal, moment, ok, paged
from sandbox.states.acgbt import KINDS, Letter


def brief(letter: Letter, account: int) -> dict[str, Any]:
    """Return a message as the list shows it."""
    return {
        "id": letter.id,
        "title": letter.title,
        "content": letter.content,
        "type": letter.kind,
        "is_read": int(account in letter.read_by),
        "created_at": moment(letter.created_at),
    }


async def listing(caller: Caller, request: Request) -> Response:
    """Answer GET /messages, newest first."""
    account, kind = caller.account.id, request.query_params.get("type")
    if kind not in (None, "", *KINDS):
        raise Refusal(400, "消息类型无效", errors={"type": "消息类型无效"})
    found = [one for one in caller.site.letters_for(account) if kind in (None, "", one.kind)]
    shown, pagination = paged(request, found)
    return ok(caller.world, {"items": [brief(one, account) for one in shown], "pagination": pagination})


async def unread(caller: Caller, _request: Request) -> Response:
    """Answer GET /messages/unread-count."""
    account = caller.account.id
    count = sum(account not in one.read_by for one in caller.site.letters_for(account))
    return ok(caller.world, {"count": count})


async def detail(caller: Caller, request: Request) -> Response:
    """Answer GET /messages/{id}, which marks it as read."""
    letter = _letter(caller, request)
    letter.read_by.add(caller.account.id)
    more = {"user_id": letter.account, "sender_id": letter.sender}
    return ok(caller.world, {**brief(letter, caller.account.id), **more})


async def mark(caller: Caller, request: Request) -> Response:
    """Answer POST /messages/{id}/read."""
    _letter(caller, request).read_by.add(caller.account.id)
    return ok(caller.world, None, "已标记为已读")


async def mark_all(caller: Caller, _request: Request) -> Response:
    """Answer POST /messages/read-all."""
    account = caller.account.id
    for letter in caller.site.letters_for(account):
        letter.read_by.add(account)
    return ok(caller.world, None, "已全部标记为已读")


def _letter(caller: Caller, request: Request) -> Letter:
    letter = caller.site.letters.get(request.path_params["id"])
    if letter is None or not letter.meant_for(caller.account.id):
        raise Refusal(404, "消息不存在")
    return letter
