"""Statistics over ranges of days, and the site's settings."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.mika.door import Caller
from sandbox.mika.envelope import BEIJING, Refusal, json_of, ok
from sandbox.world import World

_LONGEST_RANGE = 366
_PRESETS = ("ultrafast", "fast", "medium", "slow")


def _date(moment: float) -> date:
    return datetime.fromtimestamp(moment, BEIJING).date()


def _day(world: World, day: date) -> dict[str, int]:
    """Return a day's numbers: made up, the same each time, plus what really happened here."""
    rng = random.Random(f"{world.seed}:{day.isoformat()}")
    weekend = 1.6 if day.weekday() >= 5 else 1.0
    mika = world.mika
    came = sum(_date(video.created_at) == day for video in mika.videos.values())
    joined = sum(_date(account.created_at) == day for account in mika.accounts.values())
    return {
        "new_videos": came,
        "views": round(rng.uniform(300, 1800) * weekend),
        "new_users": rng.randrange(0, 9) + joined,
        "active_users": round(rng.uniform(40, 160) * weekend),
    }


async def overview(caller: Caller, _request: Request) -> Response:
    """Answer GET admin/statistics/overview."""
    mika, now = caller.mika, _day(caller.world, _date(caller.world.now()))
    return ok(
        {
            "total_videos": len(mika.videos),
            "total_users": 500 + len(mika.accounts),
            "total_views": sum(video.views for video in mika.videos.values()),
            "storage_used": sum(video.content.size for video in mika.videos.values()),
            "today": {name: now[name] for name in ("new_videos", "new_users", "views")},
        }
    )


async def videos(caller: Caller, request: Request) -> Response:
    """Answer GET admin/statistics/videos."""
    return ok({"list": _rows(caller, request, "new_videos", "views")})


async def users(caller: Caller, request: Request) -> Response:
    """Answer GET admin/statistics/users."""
    return ok({"list": _rows(caller, request, "new_users", "active_users")})


def _rows(caller: Caller, request: Request, *names: str) -> list[dict[str, Any]]:
    start, end = _asked(request, "start_date"), _asked(request, "end_date")
    if start > end or (end - start).days >= _LONGEST_RANGE:
        raise Refusal(400, "参数错误", errors={"end_date": f"时间范围无效,最多 {_LONGEST_RANGE} 天"})
    rows = []
    for day in _days(start, min(end, _date(caller.world.now()))):
        numbers = _day(caller.world, day)
        rows.append({"date": day.isoformat()} | {name: numbers[name] for name in names})
    return rows


def _days(start: date, end: date) -> Iterator[date]:
    for step in range((end - start).days + 1):
        yield start + timedelta(days=step)


def _asked(request: Request, name: str) -> date:
    try:
        return date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        raise Refusal(400, "参数错误", errors={name: "日期格式应为 YYYY-MM-DD"}) from None


async def settings(caller: Caller, _request: Request) -> Response:
    """Answer GET admin/settings."""
    return ok(caller.mika.settings)


async def update_settings(caller: Caller, request: Request) -> Response:
    """Answer PUT admin/settings; all of it or nothing."""
    body, known = await json_of(request), caller.mika.settings
    errors = {name: told for name, value in body.items() if (told := _wrong(known, name, value))}
    if errors or not body:
        raise Refusal(400, "参数错误", errors=errors)
    known.update(body)
    return ok(known)


def _wrong(known: dict[str, Any], name: str, value: object) -> str | None:
    if name not in known:
        return "未知的设置项"
    if type(value) is not type(known[name]):
        return "类型不正确"
    if name == "site_name" and not str(value).strip():
        return "站点名称不能为空"
    if name == "site_url" and not str(value).startswith(("http://", "https://")):
        return "站点地址必须以 http:// 或 https:// 开头"
    if name == "transcode_preset" and value not in _PRESETS:
        return f"只能是 {'/'.join(_PRESETS)}"
    if isinstance(value, int) and not isinstance(value, bool) and value <= 0:
        return "必须大于 0"
    return None
