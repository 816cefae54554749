"""Disk.Top's file endpoints: list, search, details, links, new folder, rename, move, copy, delete."""

import mimetypes
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.disktop.content import LINK_SECONDS, VIDEO, Wares, signed, streams
from sandbox.disktop.door import Caller
from sandbox.disktop.envelope import Refusal, form_of, list_of, ok
from sandbox.states.drive import Item

ANY_FILES = ("files.app_data", "files.read_all", "files.write_all")
WRITING = ("files.app_data", "files.write_all")


def _number(request: Request, name: str, default: int, most: int) -> int:
    value = request.query_params.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Refusal("invalid_param", f"{name} 无效")
    return min(int(value), most)


def _public(caller: Caller, item: Item) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": item.id, "name": item.name}
    if not item.is_dir:
        shown |= {"size": item.size, "md5": item.md5}
    if caller.world.options.disktop_list_times:
        shown["create_time"] = int(item.created)
    return shown


async def listing(caller: Caller, request: Request) -> Response:
    """Answer GET /v1/files."""
    caller.need(*ANY_FILES)
    path = request.query_params.get("path", "/")
    folder = caller.drive.at(caller.root, path)
    if folder is None:
        raise Refusal("path_not_found")
    inside = caller.drive.children(folder.id)
    page, limit = _number(request, "page", 1, 100_000), _number(request, "limit", 50, 200)
    shown = inside[(page - 1) * limit : page * limit]
    return ok(
        {
            "path": path,
            "folders": [_public(caller, item) for item in shown if item.is_dir],
            "files": [_public(caller, item) for item in shown if not item.is_dir],
            "total": len(inside),
        }
    )


async def search(caller: Caller, request: Request) -> Response:
    """Answer GET /v1/files/search."""
    caller.need(*ANY_FILES)
    words, ext = request.query_params.get("q", "").casefold(), request.query_params.get("ext", "").lower()
    limit = _number(request, "limit", 50, 200)
    found = [
        item
        for item in caller.drive.below(caller.root)
        if not item.is_dir and words in item.name.casefold() and ext in ("", item.ext)
    ]
    return ok({"files": [_public(caller, item) for item in found[:limit]], "total": len(found)})


def _item(caller: Caller, file_id: int, *, is_dir: bool = False) -> Item:
    item = caller.drive.items.get(file_id)
    if item is None or item.is_dir is not is_dir or not caller.drive.inside(caller.root, item):
        raise Refusal("file_not_found")
    return item


async def meta(caller: Caller, request: Request) -> Response:
    """Answer GET /v1/files/{id}."""
    caller.need(*ANY_FILES)
    item = _item(caller, request.path_params["id"])
    kind = mimetypes.guess_type(item.name)[0] or "application/octet-stream"
    return ok(
        _public(caller, item)
        | {
            "ext": item.ext,
            "mime": kind,
            "path": caller.drive.path(item),
            "parent_folder": item.parent,
            "create_time": int(item.created),
        }
    )


def _wares(item: Item) -> Wares:
    return Wares(item.id, item.name, item.size, item.ext)


async def download(caller: Caller, request: Request) -> Response:
    """Answer GET /v1/files/{id}/download."""
    caller.need(*ANY_FILES)
    item = _item(caller, request.path_params["id"])
    url = signed(caller.world, f"/dl/{item.id}", _wares(item))
    return ok({"url": url, "expires_in": LINK_SECONDS} | _public(caller, item))


async def stream(caller: Caller, request: Request) -> Response:
    """Answer GET /v1/files/{id}/stream."""
    caller.need(*ANY_FILES)
    item = _item(caller, request.path_params["id"])
    if item.ext not in VIDEO:
        raise Refusal("file_not_found", "不是音视频文件")
    return ok(streams(caller.world, _wares(item)))


def valid_name(name: str, field: str = "name") -> str:
    """Return a name a file or folder may have; raises invalid_param."""
    name = name.strip()
    if not name or len(name) > 255 or "/" in name or name in (".", ".."):
        raise Refusal("invalid_param", f"{field} 无效")
    return name


async def new_folder(caller: Caller, request: Request) -> Response:
    """Answer POST /v1/files/folder."""
    caller.need(*WRITING)
    form = await form_of(request)
    name = valid_name(form.get("name", ""))
    parent = caller.drive.at(caller.root, form.get("parent_path") or "/")
    if parent is None:
        raise Refusal("path_not_found")
    if any(item.name == name and item.is_dir for item in caller.drive.children(parent.id)):
        raise Refusal("name_conflict")
    made = caller.drive.add(parent.id, name, caller.world.now(), is_dir=True)
    return ok({"folder_id": made.id, "name": made.name, "path": caller.drive.path(made)})


async def manage(caller: Caller, request: Request) -> Response:
    """Answer POST /v1/files/manage: rename, move, copy or delete many at once."""
    caller.need(*WRITING)
    form = await form_of(request)
    items = [_item(caller, one) for one in await list_of(request, "file_ids")]
    items += [_item(caller, one, is_dir=True) for one in await list_of(request, "folder_ids")]
    if not items:
        raise Refusal("invalid_param", "缺少 file_ids 或 folder_ids")
    match form.get("action"):
        case "delete":
            _delete(caller, items)
        case "rename":
            _rename(caller, items, form.get("new_name", ""))
        case "move" | "copy" as action:
            _place(caller, items, form.get("dest_path", "/"), copy=action == "copy")
        case _:
            raise Refusal("invalid_param", "action 无效")
    return ok({"affected": len(items)})


def _delete(caller: Caller, items: list[Item]) -> None:
    for item in items:
        if item.id in caller.drive.items:
            caller.person.disk_used = max(0, caller.person.disk_used - caller.drive.remove(item))
    caller.world.disktop.tidy()


def _rename(caller: Caller, items: list[Item], new_name: str) -> None:
    if len(items) != 1:
        raise Refusal("invalid_param", "new_name 无效")
    name = valid_name(new_name, "new_name")
    if name != items[0].name and caller.drive.has(items[0].parent, name):
        raise Refusal("name_conflict", "同名文件已存在")
    items[0].name = name


def _place(caller: Caller, items: list[Item], path: str, *, copy: bool) -> None:
    drive = caller.drive
    target = drive.at(caller.root, path)
    if target is None:
        raise Refusal("path_not_found")
    for item in items:
        if target.id == item.id or (item.is_dir and drive.inside(item.id, target)):
            raise Refusal("invalid_param", "不能移动到自身之内")
    if copy and caller.person.disk_used + sum(map(drive.weight, items)) > caller.person.disk_total:
        raise Refusal("quota_exceeded")
    for item in items:
        if copy:
            _copy(caller, item, target.id)
        else:
            drive.move(item, target.id)


def _copy(caller: Caller, item: Item, parent: int) -> None:
    drive = caller.drive
    inside = drive.children(item.id) if item.is_dir else []
    made = drive.add(parent, item.name, caller.world.now(), is_dir=item.is_dir, content=item.content)
    caller.person.disk_used += item.size
    for child in inside:
        _copy(caller, child, made.id)
