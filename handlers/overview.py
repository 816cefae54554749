"""What the linked accounts look like right now: names, points, space."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clients.disktop.models import Space
from clients.errors import ClientError, Forbidden
from clients.hdhive.models import Me, WeeklyQuota
from handlers.problems import service_name
from handlers.scenes import Scene
from handlers.sizes import size
from handlers.texts import Html
from services.errors import ServiceError
from services.names import Service
from storage import links
from storage.links import Link

LINKED = (Service.HDHIVE, Service.DISKTOP)


@dataclass(frozen=True)
class Account:
    """One service as the person has it."""

    service: Service
    on: bool
    link: Link | None = None
    me: Me | None = None
    weekly: WeeklyQuota | None = None
    space: Space | None = None
    silent: bool = False
    """The service could not be asked just now."""


async def accounts(scene: Scene[Any]) -> list[Account]:
    """Ask every linked service at the same time; one that fails does not hide the others."""
    stored = await scene.services.db.read(lambda tx: links.all_of(tx, scene.user_id))
    by_service = {link.service: link for link in stored}
    return list(await asyncio.gather(*(_account(scene, s, by_service.get(s)) for s in LINKED)))


async def _account(scene: Scene[Any], service: Service, link: Link | None) -> Account:
    on = scene.services.offers(service)
    if not on or link is None or link.state != "active":
        return Account(service, on=on, link=link)
    try:
        if service is Service.HDHIVE:
            return await _hdhive(scene, link)
        return await _disktop(scene, link)
    except (ClientError, ServiceError):
        # The token may just have been found dead: show the link as it is now.
        fresh = await scene.services.db.read(lambda tx: links.get(tx, scene.user_id, service))
        return Account(service, on=True, link=fresh, silent=True)


async def _hdhive(scene: Scene[Any], link: Link) -> Account:
    client, tokens = scene.services.require_hdhive(), scene.services.tokens
    me: Me | BaseException
    weekly: WeeklyQuota | BaseException
    me, weekly = await asyncio.gather(
        tokens.call(scene.user_id, Service.HDHIVE, client.me),
        tokens.call(scene.user_id, Service.HDHIVE, client.weekly_free_quota),
        return_exceptions=True,
    )
    # Both are kept for Premium members; everyone else is linked all the same.
    known = me if isinstance(me, Me) else None
    free = weekly if isinstance(weekly, WeeklyQuota) else None
    silent = isinstance(me, ClientError | ServiceError) and not isinstance(me, Forbidden)
    return Account(Service.HDHIVE, on=True, link=link, me=known, weekly=free, silent=silent)


async def _disktop(scene: Scene[Any], link: Link) -> Account:
    client = scene.services.require_disktop()
    space = await scene.services.tokens.call(scene.user_id, Service.DISKTOP, client.quota)
    return Account(Service.DISKTOP, on=True, link=link, space=space)


def lines(scene: Scene[Any], account: Account, *, details: bool = False) -> list[Html]:
    """Return an account as lines of a card, the first one its state."""
    say, service = scene.say, service_name(scene.say, account.service)
    link = account.link
    if not account.on:
        return [say("account.off", service=service)]
    if link is None:
        return [say("account.none", service=service)]
    if link.state != "active":
        return [say("account.lost", service=service)]
    name = _name(account.me) or link.account_name
    head = (
        say("account.linked", service=service, name=name)
        if name
        else say("account.linked_unnamed", service=service)
    )
    return [head, *_figures(scene, account), *(_grant(scene, link) if details else [])]


def _name(me: Me | None) -> str | None:
    return (me.nickname or me.username) if me else None


def _figures(scene: Scene[Any], account: Account) -> list[Html]:
    say, shown = scene.say, []
    if account.silent:
        shown.append(say("account.unavailable"))
    if account.me is not None and account.me.is_vip:
        shown.append(say("account.premium"))
    if account.me is not None and account.me.points is not None:
        shown.append(say("account.points", points=account.me.points))
    if account.weekly is not None and account.weekly.has_no_limit:
        shown.append(say("account.weekly_unlimited"))
    elif account.weekly is not None and account.weekly.limit:
        shown.append(say("account.weekly", remaining=account.weekly.remaining))
    if account.space is not None:
        free, total = size(account.space.free_bytes), size(account.space.total_bytes)
        shown.append(say("account.space", free=free, total=total))
    return shown


def _grant(scene: Scene[Any], link: Link) -> list[Html]:
    say = scene.say
    shown = [say("account.scopes", scopes=", ".join(link.scopes))] if link.scopes else []
    missing = [
        scope for scope in scene.services.linking.scopes_wanted(link.service) if scope not in link.scopes
    ]
    if missing and link.scopes:
        shown.append(say("account.missing", scopes=", ".join(missing)))
    if link.refresh_expires_at is not None:
        zone = ZoneInfo(scene.person.preferences.timezone)
        until = datetime.fromtimestamp(link.refresh_expires_at, zone)
        shown.append(say("account.expires", date=f"{until:%Y-%m-%d}"))
    return shown
