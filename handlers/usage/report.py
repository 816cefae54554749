"""What /usage asks of the services: every part for itself, so that one that fails hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, TypeVar

from clients.disktop.models import Space
from clients.hdhive.models import Me, Quota, Usage, UsageSummary, WeeklyQuota
from handlers import problems
from handlers.scenes import Scene
from services.beijing import day_of
from services.names import Service

Part = Literal["hdhive", "account", "quota", "today", "month", "weekly", "disktop"]
DAYS = 30
T = TypeVar("T")


@dataclass(frozen=True)
class Report:
    """What the services told, and what went wrong with the parts they did not."""

    today: date
    account: Me | None = None
    quota: Quota | None = None
    now: Usage | None = None
    month: Usage | None = None
    weekly: WeeklyQuota | None = None
    space: Space | None = None
    errors: Mapping[Part, Exception] = field(default_factory=dict)

    @property
    def days(self) -> list[date]:
        """Return the days of the last month, today the last."""
        return [self.today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]


async def gather(scene: Scene[Any]) -> Report:
    """Ask for everything at the same time."""
    today = day_of(scene.services.clock.now())
    errors: dict[Part, Exception] = {}
    hdhive, space = await asyncio.gather(_hdhive(scene, today, errors), _space(scene, errors))
    return Report(today=today, space=space, errors=errors, **hdhive)


async def _hdhive(scene: Scene[Any], today: date, errors: dict[Part, Exception]) -> dict[str, Any]:
    client = scene.services.hdhive
    if not await _linked(scene, Service.HDHIVE, errors) or client is None:
        return {}
    start, end = (today - timedelta(days=DAYS - 1)).isoformat(), today.isoformat()

    async def ask(part: Part, work: Callable[[str], Awaitable[T]]) -> T | None:
        return await _asked(part, scene.services.tokens.call(scene.user_id, Service.HDHIVE, work), errors)

    account, quota, now, month, weekly = await asyncio.gather(
        ask("account", client.me),
        ask("quota", client.quota),
        ask("today", client.usage_today),
        ask("month", lambda token: client.usage(token, start, end)),
        ask("weekly", client.weekly_free_quota),
    )
    return {"account": account, "quota": quota, "now": now, "month": month, "weekly": weekly}


async def _space(scene: Scene[Any], errors: dict[Part, Exception]) -> Space | None:
    client = scene.services.disktop
    if not await _linked(scene, Service.DISKTOP, errors) or client is None:
        return None
    asking = scene.services.tokens.call(scene.user_id, Service.DISKTOP, client.quota)
    return await _asked("disktop", asking, errors)


async def _linked(scene: Scene[Any], service: Service, errors: dict[Part, Exception]) -> bool:
    """Tell whether a service can be asked at all; why not is one error, not one for each part."""
    part: Part = "hdhive" if service is Service.HDHIVE else "disktop"
    return await _asked(part, scene.services.tokens.link(scene.user_id, service), errors) is not None


async def _asked(part: Part, work: Awaitable[T], errors: dict[Part, Exception]) -> T | None:
    try:
        return await work
    except problems.KNOWN as error:
        errors[part] = error
        return None


def total(usage: Usage) -> UsageSummary:
    """Return the calls of a time in all; counted by ourselves where HDHive does not."""
    told = usage.summary
    if told is not None and (told.calls or not (usage.daily_stats or usage.endpoint_stats)):
        return told
    counted = usage.daily_stats or usage.endpoint_stats
    return UsageSummary(calls=sum(x.calls for x in counted), failed=sum(x.failed for x in counted))
