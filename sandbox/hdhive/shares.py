"""HDHive's own shares: list, create, change, delete."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.catalogue import Resource, Verdict
from sandbox.catalogue.links import code_in, recognise
from sandbox.catalogue.resources import Sharer
from sandbox.hdhive.envelope import Refusal, ok
from sandbox.hdhive.oauth import body_of
from sandbox.hdhive.resources import SPELLED, detail, find
from sandbox.people import Person
from sandbox.world import World

TYPES: dict[str, type | tuple[type, ...]] = {
    "url": str,
    "title": (str, type(None)),
    "access_code": (str, type(None)),
    "unlock_points": (int, type(None)),
    "is_anonymous": bool,
    "hide_link": bool,
    "remark": (str, type(None)),
    "tmdb_id": (str, int),
    "media_type": str,
    "movie_id": int,
    "tv_id": int,
    "collection_id": int,
    "share_size": (str, type(None)),
    "video_resolution": list,
    "source": list,
    "subtitle_language": list,
    "subtitle_type": list,
}
MEDIA = frozenset({"tmdb_id", "media_type", "movie_id", "tv_id", "collection_id"})
PLAIN = frozenset(TYPES) - MEDIA - {"url"}
MOST_POINTS, MOST_LETTERS = 1000, 200
_LINK = re.compile(r"https?://[^\s/]+\.[^\s/]+/\S+|ed2k://\S+|magnet:\S+")
_CODE = re.compile(r"[0-9A-Za-z]{0,16}", re.ASCII)


def _page(request: Request, name: str, default: int, most: int) -> int:
    value = request.query_params.get(name, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise Refusal("400", f"{name} 无效")
    return int(value)


async def mine(world: World, request: Request, person: Person) -> Response:
    """Answer GET shares."""
    page, size = _page(request, "page", 1, 100_000), _page(request, "page_size", 20, 100)
    own = [r for r in world.catalogue.resources.values() if r.owner.person == person.id]
    own.sort(key=lambda r: (-r.created_at, r.slug))
    shown = [_with_link(world, r, person) for r in own[(page - 1) * size : page * size]]
    pages = (len(own) + size - 1) // size
    meta = {"total": len(own), "page": page, "page_size": size, "total_pages": pages}
    return ok(shown, meta=meta)


def _with_link(world: World, resource: Resource, person: Person) -> dict[str, Any]:
    # The sharer knows the link already.
    return detail(world, resource, person) | {
        "url": resource.url,
        "access_code": resource.access_code,
        "is_anonymous": resource.is_anonymous,
        "hide_link": resource.hide_link,
    }


def _checked(asked: dict[str, Any]) -> dict[str, Any]:
    known = {k: v for k, v in asked.items() if k in TYPES}
    for name, value in known.items():
        wrong_bool = isinstance(value, bool) and TYPES[name] is not bool
        if wrong_bool or not isinstance(value, TYPES[name]):
            raise Refusal("400", f"{name} 类型无效")
    points = known.get("unlock_points")
    if points is not None and not 0 <= points <= MOST_POINTS:
        raise Refusal("400", f"unlock_points 超出范围，应为 0 至 {MOST_POINTS}")
    if len(known.get("title") or "") > MOST_LETTERS:
        raise Refusal("400", f"title 不能超过 {MOST_LETTERS} 个字符")
    if not _CODE.fullmatch(known.get("access_code") or ""):
        raise Refusal("400", "access_code 格式无效")
    if known.get("url") and not _LINK.fullmatch(known["url"].strip()):
        raise Refusal("400", "url 不是有效的分享链接")
    return known


def _media(asked: dict[str, Any]) -> tuple[str, int]:
    if asked.get("tmdb_id") and asked.get("media_type") in ("movie", "tv"):
        if not str(asked["tmdb_id"]).isdecimal():
            raise Refusal("400", "tmdb_id 无效")
        return asked["media_type"], int(asked["tmdb_id"])
    for name, kind in (("movie_id", "movie"), ("tv_id", "tv"), ("collection_id", "collection")):
        if asked.get(name):
            return kind, asked[name]
    raise Refusal("400", "影视关联至少需要 tmdb_id + media_type、movie_id、tv_id、collection_id 之一")


async def create(world: World, request: Request, person: Person) -> Response:
    """Answer POST shares."""
    asked = _checked(await body_of(request))
    url = str(asked.get("url") or "").strip()
    if not url:
        raise Refusal("400", "缺少 url")
    kind, tmdb_id = _media(asked)
    resource = Resource(
        slug=f"{world.rng.getrandbits(128):032x}",
        media_type=kind,
        tmdb_id=tmdb_id,
        title=None,
        pan_type=_pan_type(url),
        url=url,
        access_code=code_in(url),
        unlock_points=0,
        verdict=Verdict.ALIVE,
        owner=Sharer(person.hdhive_id, person.hdhive_nickname, person.id),
        created_at=int(world.now()),
        own=True,
    )
    _apply(resource, asked)
    world.catalogue.add(resource)
    return ok(_with_link(world, resource, person), "分享成功")


def _pan_type(url: str) -> str:
    known = recognise(url)
    if known:
        return SPELLED.get(known[0], known[0])
    return "disktop" if "disk.top/" in url else url.split(":", 1)[0]


def _apply(resource: Resource, asked: dict[str, Any]) -> None:
    for name in PLAIN & set(asked):
        # An empty text takes a field away.
        setattr(resource, name, None if asked[name] == "" else asked[name])


def _own(world: World, request: Request, person: Person, missing: str) -> Resource:
    slug = request.path_params["slug"].replace("-", "").lower()
    if slug not in world.catalogue.resources:
        raise Refusal(missing, "分享不存在")
    resource = find(world, slug)
    if resource.owner.person != person.id:
        raise Refusal("403", "只能操作自己的分享")
    return resource


async def change(world: World, request: Request, person: Person) -> Response:
    """Answer PATCH shares/:slug; a missing slug answers 400, as real servers do."""
    resource = _own(world, request, person, "400")
    asked = _checked(await body_of(request))
    if asked.get("url"):
        resource.url, resource.pan_type = asked["url"].strip(), _pan_type(asked["url"])
    if MEDIA & set(asked):
        resource.media_type, resource.tmdb_id = _media(asked)
    _apply(resource, asked)
    world.catalogue.add(resource)
    return ok(_with_link(world, resource, person), "更新成功")


async def delete(world: World, request: Request, person: Person) -> Response:
    """Answer DELETE shares/:slug; it costs the sharer a point."""
    resource = _own(world, request, person, "404")
    del world.catalogue.resources[resource.slug]
    person.points = max(0, person.points - 1)
    return ok(None, "删除成功")
