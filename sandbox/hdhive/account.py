"""HDHive's account endpoints: ping, quota, usage, me, check-in, weekly free unlocks."""

from collections import Counter
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.hdhive.door import next_midnight, today
from sandbox.hdhive.envelope import Refusal, ok
from sandbox.hdhive.resources import WEEKLY_FREE, free_left, week
from sandbox.people import Person
from sandbox.world import World


async def ping(_world: World, _request: Request) -> Response:
    """Answer GET ping."""
    return ok({"message": "pong", "api_key_id": 1, "name": "LinkHive"})


async def quota(world: World, _request: Request) -> Response:
    """Answer GET quota; without a configured limit both endpoint fields are null."""
    limit = world.options.extra.get("hdhive_endpoint_limit")
    used = sum(n for (day, *_), n in world.hdhive.calls.items() if day == today(world))
    left = None if limit is None else max(0, limit - used)
    return ok({"daily_reset": next_midnight(world), "endpoint_limit": limit, "endpoint_remaining": left})


def _sums(pairs: list[tuple[bool, int]]) -> dict[str, int]:
    good = sum(n for done, n in pairs if done)
    bad = sum(n for done, n in pairs if not done)
    return {"total_calls": good + bad, "success_calls": good, "failed_calls": bad}


def _stats(calls: Counter[tuple[str, str, bool]], field: int, name: str) -> list[dict[str, Any]]:
    groups: dict[str, list[tuple[bool, int]]] = {}
    for key, n in calls.items():
        groups.setdefault(str(key[field]), []).append((key[2], n))
    return [{name: group} | _sums(pairs) for group, pairs in sorted(groups.items())]


def _day(request: Request, name: str, default: str) -> str:
    value = request.query_params.get(name, default)
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Refusal("400", f"{name} 格式应为 YYYY-MM-DD") from None


async def usage(world: World, request: Request) -> Response:
    """Answer GET usage, counted from the calls this stand-in really had."""
    start, end = _day(request, "start_date", "2000-01-01"), _day(request, "end_date", today(world))
    calls = Counter({k: n for k, n in world.hdhive.calls.items() if start <= k[0] <= end})
    summary = _sums([(done, n) for (_, _, done), n in calls.items()])
    return ok(
        {
            "daily_stats": _stats(calls, 0, "date"),
            "endpoint_stats": _stats(calls, 1, "endpoint"),
            "summary": summary | {"start_date": start, "end_date": end},
        }
    )


async def usage_today(world: World, _request: Request) -> Response:
    """Answer GET usage/today."""
    calls = Counter({k: n for k, n in world.hdhive.calls.items() if k[0] == today(world)})
    summary = _sums([(done, n) for (_, _, done), n in calls.items()])
    return ok({"date": today(world), **summary, "endpoint_stats": _stats(calls, 1, "endpoint")})


async def me(world: World, _request: Request, person: Person) -> Response:
    """Answer GET me."""
    days = [day for who, day in world.hdhive.checkins if who == person.id]
    shared = sum(r.owner.person == person.id for r in world.catalogue.resources.values())
    return ok(
        {
            "id": person.hdhive_id,
            "nickname": person.hdhive_nickname,
            "username": person.hdhive_username,
            "email": f"{person.hdhive_username}@example.com",
            "avatar_url": None,
            "is_vip": person.premium,
            "vip_expiration_date": None,
            "user_meta": {
                "points": person.points,
                "signin_days_total": len(days),
                "share_num": shared,
                "last_signin_at": max(days, default=None),
            },
        }
    )


async def checkin(world: World, request: Request, person: Person) -> Response:
    """Answer POST checkin, once a Beijing day; the gambler's mode can lose."""
    raw = await request.body()
    asked = await request.json() if raw else {}
    gambler = bool(asked.get("is_gambler")) if isinstance(asked, dict) else False
    key = (person.id, today(world))
    world.hdhive.checkin_calls[key] += 1
    if key in world.hdhive.checkins and not world.options.hdhive_checkin_repeats:
        said = "今天已经签到过了，明天再来吧"
        return ok({"checked_in": False, "message": said, "points": 0}, said)
    won = world.rng.randrange(-10, 41) if gambler else world.rng.randrange(4, 13)
    won = max(won, -person.points)
    person.points += won
    world.hdhive.checkins[key] = won
    said = f"签到成功，获得 {won} 积分" if won >= 0 else f"运气不佳，失去 {-won} 积分"
    return ok({"checked_in": True, "message": said, "points": won, "total_points": person.points}, said)


async def weekly_free_quota(world: World, _request: Request, person: Person) -> Response:
    """Answer GET vip/weekly-free-quota."""
    used = world.hdhive.free_used[(person.id, week(world))]
    return ok(
        {
            "is_forever_vip": person.forever_premium,
            "limit": WEEKLY_FREE if person.forever_premium else 0,
            "used": used,
            "remaining": free_left(world, person),
            "unlimited": False,
            "bonus_quota": 0,
            "bonus_quota_max": 10,
        }
    )
