"""HDHive's query endpoints: resources of a title, a share's details, the kind of a link."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox import appearing
from sandbox.catalogue import Resource, Verdict
from sandbox.catalogue.links import code_in, recognise
from sandbox.hdhive.door import beijing
from sandbox.hdhive.envelope import Refusal, ok
from sandbox.hdhive.oauth import body_of
from sandbox.people import Person
from sandbox.world import World

WEEKLY_FREE = 3
SPELLED = {"xunlei": "xunLei"}
VALIDATED = {Verdict.ALIVE: "valid", Verdict.DEAD: "invalid", Verdict.UNCERTAIN: "error"}


def find(world: World, slug: str) -> Resource:
    """Return a resource by its slug, hyphens allowed."""
    resource = world.catalogue.resources.get(slug.replace("-", "").lower())
    if resource is None:
        raise Refusal("404")
    return resource


def owned(resource: Resource, person: Person) -> bool:
    """Tell whether a person has a resource already."""
    return person.id in resource.unlocked_by or resource.owner.person == person.id


def week(world: World) -> str:
    """Return the Beijing week the weekly quota counts in."""
    year, number, _ = beijing(world).isocalendar()
    return f"{year}-W{number:02d}"


def free_left(world: World, person: Person) -> int:
    """Return how many free unlocks of official resources a long-term Premium has left."""
    if not person.forever_premium:
        return 0
    return max(0, WEEKLY_FREE - world.hdhive.free_used[(person.id, week(world))])


def price_for(world: World, resource: Resource, person: Person) -> tuple[int, str | None]:
    """Return what a resource costs this person now, and why if it is free."""
    price = resource.unlock_points or 0
    if owned(resource, person):
        return 0, "已拥有该资源"
    if price == 0:
        return 0, None
    if resource.is_official and free_left(world, person):
        return 0, f"本周免费解锁剩余 {free_left(world, person)} 次"
    return price, None


def public(resource: Resource, person: Person) -> dict[str, Any]:
    """Return a resource as the list shows it."""
    sharer = None
    if not resource.is_anonymous:
        sharer = {"id": resource.owner.id, "nickname": resource.owner.nickname, "avatar_url": None}
    return {
        "slug": resource.slug,
        "title": resource.title,
        "pan_type": resource.pan_type,
        "share_size": resource.share_size,
        "video_resolution": resource.video_resolution,
        "source": resource.source,
        "subtitle_language": resource.subtitle_language,
        "subtitle_type": resource.subtitle_type,
        "unlock_points": resource.unlock_points,
        "is_unlocked": owned(resource, person),
        "user": sharer,
        "remark": resource.remark,
        "is_official": resource.is_official,
        "unlocked_users_count": resource.unlocked_users_count,
        "validate_status": VALIDATED.get(resource.verdict),
        "validate_message": None,
        "last_validated_at": None,
        "created_at": resource.created_at,
    }


def detail(world: World, resource: Resource, person: Person) -> dict[str, Any]:
    """Return a share's details for this person, without its link."""
    price, why = price_for(world, resource, person)
    return public(resource, person) | {
        "media_type": resource.media_type,
        "tmdb_id": str(resource.tmdb_id),
        "actual_unlock_points": price,
        "is_free_for_user": price == 0,
        "unlock_message": why,
    }


async def of_title(world: World, request: Request, person: Person) -> Response:
    """Answer GET resources/:type/:tmdb_id; an unknown title has an empty list."""
    kind, tmdb_id = request.path_params["type"], request.path_params["tmdb_id"]
    if kind not in ("movie", "tv") or not tmdb_id.isdecimal():
        raise Refusal("400", "媒体类型或 TMDB ID 无效")
    appearing.meanwhile(world, (kind, int(tmdb_id)))
    found = [public(r, person) for r in world.catalogue.of_title(kind, int(tmdb_id))]
    return ok(found, meta={"total": len(found)})


async def share(world: World, request: Request, person: Person) -> Response:
    """Answer GET shares/:slug."""
    return ok(detail(world, find(world, request.path_params["slug"]), person))


async def check(_world: World, request: Request, _person: Person) -> Response:
    """Answer POST check/resource: which drive, and the code if the text has one."""
    text = str((await body_of(request)).get("url") or "").strip()
    if not text:
        raise Refusal("400", "缺少 url")
    known = recognise(text)
    kind = SPELLED.get(known[0], known[0]) if known else None
    for pattern, other in ((r"^ed2k://", "ed2k"), (r"^magnet:", "magnet"), (r"guangyapan\.com/", "guangYa")):
        if kind is None and re.search(pattern, text):
            kind = other
    address = re.search(r"(?:https?|ed2k)://\S+|magnet:\S+", text)
    return ok(
        {
            "pan_type": kind,
            "url": address.group() if address else text,
            "access_code": code_in(text),
            "supported": kind is not None,
        }
    )
