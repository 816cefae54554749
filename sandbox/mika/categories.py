"""The tree of categories."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.mika.door import Caller
from sandbox.mika.envelope import Refusal, json_of, ok
from sandbox.states.mika import Category, Mika
from sandbox.world import World

_LONGEST = 30


async def tree(world: World, _request: Request) -> Response:
    """Answer GET categories; it needs no token."""
    return ok(_below(world.mika, 0))


def _below(mika: Mika, parent: int) -> list[dict[str, Any]]:
    here = sorted((c for c in mika.categories.values() if c.parent == parent), key=lambda c: (c.sort, c.id))
    return [_public(one) | {"children": _below(mika, one.id)} for one in here]


def _public(one: Category) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "parent_id": one.parent, "sort": one.sort}


async def create(caller: Caller, request: Request) -> Response:
    """Answer POST admin/categories."""
    body, mika = await json_of(request), caller.mika
    parent = str(body.get("parent_id", 0))
    errors = _wrong({"name": "", **body})
    if not parent.isdecimal() or (int(parent) and int(parent) not in mika.categories):
        errors["parent_id"] = "上级分类不存在"
    if errors:
        raise Refusal(400, "参数错误", errors=errors)
    number = max(mika.categories, default=0) + 1
    made = Category(number, str(body["name"]).strip(), int(parent), int(body.get("sort", 0)))
    mika.categories[number] = made
    return ok(_public(made))


async def update(caller: Caller, request: Request) -> Response:
    """Answer PUT admin/categories/{id}."""
    one, body = _of(caller, request), await json_of(request)
    if errors := _wrong(body):
        raise Refusal(400, "参数错误", errors=errors)
    one.name = str(body.get("name", one.name)).strip()
    one.sort = int(body.get("sort", one.sort))
    return ok(_public(one))


async def delete(caller: Caller, request: Request) -> Response:
    """Answer DELETE admin/categories/{id}; one that is in use stays."""
    one, mika = _of(caller, request), caller.mika
    if any(other.parent == one.id for other in mika.categories.values()):
        raise Refusal(400, "请先删除下级分类")
    if any(video.category == one.id for video in mika.videos.values()):
        raise Refusal(400, "分类下还有视频,不能删除")
    mika.categories.pop(one.id)
    return ok()


def _of(caller: Caller, request: Request) -> Category:
    one = caller.mika.categories.get(request.path_params["id"])
    if one is None:
        raise Refusal(404, "分类不存在")
    return one


def _wrong(body: dict[str, Any]) -> dict[str, str]:
    errors = {}
    if "name" in body and not 0 < len(str(body["name"] or "").strip()) <= _LONGEST:
        errors["name"] = f"分类名称长度为 1 到 {_LONGEST} 个字"
    sort = body.get("sort", 0)
    if not isinstance(sort, int) or isinstance(sort, bool) or not 0 <= sort <= 9999:
        errors["sort"] = "排序为 0 到 9999 的整数"
    return errors
