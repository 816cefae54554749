"""HDHive's unlock: points are taken once, the ladder slows the hasty, and a charge can land late."""

import asyncio
import contextlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.catalogue import Resource
from sandbox.hdhive.envelope import Refusal, ok
from sandbox.hdhive.oauth import body_of
from sandbox.hdhive.resources import find, owned, price_for, week
from sandbox.people import Person
from sandbox.states.hdhive import Charge, Throttle
from sandbox.world import World

# How long each further strike shuts a person out.
LADDER = (60, 300, 1800)
# The price, and why it is free.
Terms = tuple[int, str | None]


async def unlock(world: World, request: Request, person: Person) -> Response:
    """Answer POST resources/unlock."""
    slug = (await body_of(request)).get("slug")
    if not isinstance(slug, str) or not slug.strip():
        raise Refusal("400", "缺少 slug")
    _throttle(world, person)
    resource = find(world, slug.strip())
    terms = _terms(world, resource, person)
    if terms is None or world.options.unlock_lands_after <= 0:
        return _answer(resource, already=_charge(world, resource, person, terms))
    landing = world.spawn(_later(world, resource, person, terms))
    # The effect lands even when the caller has gone: the answer merely waits for it.
    await asyncio.shield(landing)
    return _answer(resource, already=False)


def _terms(world: World, resource: Resource, person: Person) -> Terms | None:
    """Return the price and why it is free; None for what the person has already."""
    return None if owned(resource, person) else price_for(world, resource, person)


async def _later(world: World, resource: Resource, person: Person, terms: Terms) -> None:
    await world.clock.sleep(world.options.unlock_lands_after)
    # A racy server goes by what it saw when the request arrived, whatever has landed since.
    known = terms if world.options.unlock_races else _terms(world, resource, person)
    with contextlib.suppress(Refusal):
        _charge(world, resource, person, known)


def _charge(world: World, resource: Resource, person: Person, terms: Terms | None) -> bool:
    """Take the points; returns whether the person had the resource already."""
    if terms is None:
        return True
    price, why = terms
    if person.points < price:
        raise Refusal("INSUFFICIENT_POINTS", f"积分不足：需要 {price}，当前 {person.points}")
    if why:
        world.hdhive.free_used[(person.id, week(world))] += 1
    person.points -= price
    resource.unlocked_by.add(person.id)
    resource.unlocked_users_count += 1
    world.hdhive.charges.append(Charge(person.id, resource.slug, price, world.now()))
    return False


def _answer(resource: Resource, *, already: bool) -> Response:
    data: dict[str, Any] = {
        "url": resource.url,
        "access_code": resource.access_code,
        "full_url": resource.full_url,
        "already_owned": already,
    }
    return ok(data, "已拥有该资源" if already else "解锁成功")


def _throttle(world: World, person: Person) -> None:
    now = world.now()
    throttle = world.hdhive.throttles.setdefault(person.id, Throttle())
    while throttle.recent and throttle.recent[0] <= now - world.options.unlock_window:
        throttle.recent.popleft()
    hasty = len(throttle.recent) >= world.options.unlock_limit
    if hasty or throttle.until > now:
        # Knocking while shut out climbs the ladder: blind repeats are what it is there for.
        penalty = LADDER[min(throttle.strikes, len(LADDER) - 1)]
        throttle.strikes += 1
        throttle.until = now + penalty
        raise Refusal("RATE_LIMIT_EXCEEDED", retry_after=penalty)
    throttle.strikes = 0
    throttle.recent.append(now)
