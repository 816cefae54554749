"""Videos: list, detail, edit, delete."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.contents import Kept
from sandbox.mika.door import Caller
from sandbox.mika.envelope import Refusal, json_of, ok, whole, written
from sandbox.states.mika import Video

LONGEST_TITLE = 200
_LONGEST_DESCRIPTION = 5000
_MOST_TAGS = 10
_ORDERS = ("views", "created_at")


async def listing(caller: Caller, request: Request) -> Response:
    """Answer GET videos: what is published, and one's own."""
    page, size = whole(request, "page", 1), whole(request, "size", 20, 100)
    found = _matching(caller, request)
    order = request.query_params.get("order", "created_at")
    if order not in _ORDERS:
        raise Refusal(400, "参数错误", errors={"order": "order 只能是 views 或 created_at"})
    found.sort(key=lambda video: (-getattr(video, order), video.id))
    shown = [brief(caller, video) for video in found[(page - 1) * size : page * size]]
    return ok({"list": shown, "total": len(found), "page": page, "size": size})


def _matching(caller: Caller, request: Request) -> list[Video]:
    query, mika = request.query_params, caller.mika
    found = [video for video in mika.videos.values() if _visible(caller, video)]
    if "category_id" in query:
        within = mika.below(whole(request, "category_id", 0))
        found = [video for video in found if video.category in within]
    if word := query.get("keyword", "").strip().casefold():
        found = [video for video in found if word in f"{video.title} {video.description}".casefold()]
    if query.get("status") == "1":
        found = [video for video in found if video.status == "published"]
    return found


def _visible(caller: Caller, video: Video) -> bool:
    mine = video.owner == caller.account.id or caller.account.rights == "admin"
    return mine or video.status == "published"


def brief(caller: Caller, video: Video) -> dict[str, Any]:
    """Return a video as a list shows it."""
    category = caller.mika.categories.get(video.category)
    shown = {
        "id": video.id,
        "title": video.title,
        "description": video.description,
        "cover": f"/covers/{video.id}.png",
        "duration": video.duration,
        "views": video.views,
        "category": None if category is None else {"id": category.id, "name": category.name},
        "created_at": written(video.created_at),
    }
    return shown | ({"status": video.status} if caller.world.options.mika_video_status else {})


def video_of(caller: Caller, request: Request) -> Video:
    """Return the video a call is about; raises 404."""
    video = caller.mika.videos.get(request.path_params["id"])
    if video is None or not _visible(caller, video):
        raise Refusal(404, "视频不存在")
    return video


async def detail(caller: Caller, request: Request) -> Response:
    """Answer GET videos/{id}; one that is not transcoded yet has no play_url."""
    video = video_of(caller, request)
    ready = video.status == "published"
    more = {
        "play_url": f"/videos/{video.id}/index.m3u8" if ready else None,
        "resolution": video.resolution if ready else "",
        "file_size": video.content.size,
        "tags": list(video.tags),
    }
    return ok(brief(caller, video) | more)


async def edit(caller: Caller, request: Request) -> Response:
    """Answer PUT videos/{id}."""
    video, body = _mine(caller, request), await json_of(request)
    if errors := wrong(caller, body):
        raise Refusal(400, "参数错误", errors=errors)
    video.title = str(body.get("title", video.title)).strip()
    video.description = str(body.get("description", video.description))
    video.category = int(body.get("category_id", video.category))
    video.tags = [str(tag) for tag in body.get("tags", video.tags)]
    return ok(brief(caller, video))


async def delete(caller: Caller, request: Request) -> Response:
    """Answer DELETE videos/{id}; its tasks go with it."""
    video = _mine(caller, request)
    caller.mika.videos.pop(video.id)
    if isinstance(video.content, Kept):
        video.content.path.unlink(missing_ok=True)
    for task in [task for task in caller.mika.tasks.values() if task.video == video.id]:
        caller.mika.tasks.pop(task.id)
    return ok()


def _mine(caller: Caller, request: Request) -> Video:
    video = video_of(caller, request)
    if caller.account.rights == "reader" or (
        video.owner != caller.account.id and caller.account.rights != "admin"
    ):
        raise Refusal(403)
    return video


def wrong(caller: Caller, body: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with the fields of a video, by name."""
    errors = {}
    if "title" in body and not 0 < len(str(body["title"]).strip()) <= LONGEST_TITLE:
        errors["title"] = f"标题长度为 1 到 {LONGEST_TITLE} 个字"
    if len(str(body.get("description") or "")) > _LONGEST_DESCRIPTION:
        errors["description"] = f"简介最多 {_LONGEST_DESCRIPTION} 个字"
    if "category_id" in body and _category(caller, body["category_id"]) is None:
        errors["category_id"] = "分类不存在"
    tags = body.get("tags", [])
    if not isinstance(tags, list) or len(tags) > _MOST_TAGS:
        errors["tags"] = f"标签最多 {_MOST_TAGS} 个"
    return errors


def _category(caller: Caller, value: object) -> object:
    word = str(value)
    return caller.mika.categories.get(int(word)) if word.isdecimal() else None
