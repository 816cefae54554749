"""Resources: lists, details, categories, search; all open (sections 1 to 5)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.acgbt.door import Caller
from sandbox.acgbt.envelope import PREVIEW, Refusal, moment, ok, paged, whole
from sandbox.catalogue.torrents import Torrent
from sandbox.states.acgbt import AcgBt

ORDERS = ("created_at", "downloads", "seeders", "title")
ENDPOINTS = (
    "GET /resources",
    "GET /resources/{id}",
    "GET /categories",
    "GET /search",
    "GET /resources/{id}/comments",
    "POST /publish",
    "POST /comments",
    "GET /user/profile",
    "GET /messages",
)


async def info(caller: Caller, _request: Request) -> Response:
    """Answer GET /api/v1."""
    return ok(caller.world, {"name": "ACGBT API", "version": "1.2", "endpoints": list(ENDPOINTS)})


async def listing(caller: Caller, request: Request) -> Response:
    """Answer GET /resources."""
    found = list(caller.site.resources.values())
    if (category := whole(request, "category_id")) is not None:
        found = [one for one in found if one.category_id in caller.site.within(category)]
    return _page(caller, request, _sorted(request, found))


async def search(caller: Caller, request: Request) -> Response:
    """Answer GET /search: every word in title or description, newest first."""
    words = request.query_params.get("q", "").casefold().split()
    if not words:
        raise Refusal(400, "搜索关键词不能为空", errors={"q": "搜索关键词不能为空"})
    everything = caller.site.resources.values()
    found = [
        one for one in everything if all(w in f"{one.title} {one.description}".casefold() for w in words)
    ]
    return _page(caller, request, sorted(found, key=lambda one: one.created_at, reverse=True))


async def detail(caller: Caller, request: Request) -> Response:
    """Answer GET /resources/{id}."""
    return ok(caller.world, full(caller, resource_of(caller.site, request.path_params["id"])))


async def categories(caller: Caller, _request: Request) -> Response:
    """Answer GET /categories; a parent counts what lies below it as well."""
    site = caller.site
    own = [one.category_id for one in site.resources.values()]
    rows = [
        {
            "id": number,
            "name": name,
            "parent_id": parent,
            "resource_count": sum(category in site.within(number) for category in own),
        }
        for number, name, parent in site.categories
    ]
    return ok(caller.world, rows)


def resource_of(site: AcgBt, number: int) -> Torrent:
    """Return a resource; 404 where there is none."""
    if number not in site.resources:
        raise Refusal(404)
    return site.resources[number]


def absolute(caller: Caller, place: str) -> str:
    """Return the address of a path of the site; addresses elsewhere stay."""
    return place if "://" in place else f"{caller.world.origin}/acgbt{place}"


def brief(caller: Caller, one: Torrent) -> dict[str, Any]:
    """Return a resource as lists show it."""
    account = next((a for a in caller.site.accounts.values() if a.username == one.author), None)
    avatar = account.avatar if account else "/uploads/avatars/avatar_0_0.png"
    return {
        "id": one.id,
        "title": one.title,
        "category_id": one.category_id,
        "category_name": caller.site.names[one.category_id],
        "description": one.description[:PREVIEW],
        "images": [absolute(caller, place) for place in one.images],
        "image_layout": one.image_layout,
        "file_size": one.file_size,
        "seeders": one.seeders,
        "leechers": one.leechers,
        "downloads": one.downloads,
        "author": one.author,
        "author_avatar": absolute(caller, avatar),
        "created_at": moment(one.created_at),
    }


def full(caller: Caller, one: Torrent) -> dict[str, Any]:
    """Return a resource as its own page shows it."""
    links = {
        "torrent_file": one.torrent_file,
        "magnet_link": one.magnet_link,
        "ipfs_cid": one.ipfs_cid,
    }
    return {**brief(caller, one), "description": one.description, **links}


def _sorted(request: Request, found: list[Torrent]) -> list[Torrent]:
    by = request.query_params.get("order_by", "created_at")
    way = request.query_params.get("order_dir", "asc" if by == "title" else "desc")
    if by not in ORDERS or way not in ("asc", "desc"):
        raise Refusal(400, "排序参数无效", errors={"order_by": "排序参数无效"})
    return sorted(found, key=lambda one: (getattr(one, by), one.id), reverse=way == "desc")


def _page(caller: Caller, request: Request, found: list[Torrent]) -> Response:
    shown, pagination = paged(request, found)
    return ok(caller.world, {"items": [brief(caller, one) for one in shown], "pagination": pagination})
