"""What the linked accounts look like right now: names, points, space."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from clients.acgbt.models import Profile as AcgProfile
from clients.disktop.models import Space
from clients.errors import ClientError, Forbidden
from clients.hdhive.models import Me, WeeklyQuota
from clients.mika.models import Profile as MikaProfile
from handlers import dates
from handlers.problems import service_name
from handlers.scenes import Scene
from handlers.sizes import size
from handlers.texts import Html, Speaker
from services.errors import ServiceError
from services.names import Service
from storage import links
from storage.links import Link

# What most people come for; the others are offered where there is room.
MAIN = (Service.HDHIVE, Service.DISKTOP)
LINKED = (*MAIN, Service.ACGBT, Service.MIKA)


@dataclass(frozen=True)
class Account:
    """One service as the person has it."""

    service: Service
    on: bool
    link: Link | None = None
    me: Me | None = None
    weekly: WeeklyQuota | None = None
    space: Space | None = None
    acg: AcgProfile | None = None
    mika: MikaProfile | None = None
    silent: bool = False
    """The service could not be asked just now."""


async def accounts(scene: Scene[Any]) -> list[Account]:
    """Ask every linked service at the same time; one that fails does not hide the others."""
    stored = await scene.services.db.read(lambda tx: links.all_of(tx, scene.user_id))
    by_service = {link.service: link for link in stored}
    return list(await asyncio.gather(*(_account(scene, s, by_service.get(s)) for s in LINKED)))


async def points(scene: Scene[Any]) -> int | None:
    """Return the points a person has at HDHive, None where it tells nothing, as to most without Premium."""
    client = scene.services.require_hdhive()
    try:
        return (await scene.services.tokens.call(scene.user_id, Service.HDHIVE, client.me)).points
    except (ClientError, ServiceError):
        return None


async def _account(scene: Scene[Any], service: Service, link: Link | None) -> Account:
    on = scene.services.offers(service)
    if not on or link is None or link.state != "active":
        return Account(service, on=on, link=link)
    try:
        return await _LOOKS[service](scene, link)
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


async def _acgbt(scene: Scene[Any], link: Link) -> Account:
    client = scene.services.require_acgbt()
    profile = await scene.services.credentials.call(scene.user_id, Service.ACGBT, client.profile)
    return Account(Service.ACGBT, on=True, link=link, acg=profile)


async def _mika(scene: Scene[Any], link: Link) -> Account:
    client = scene.services.require_mika()
    profile = await scene.services.credentials.call(scene.user_id, Service.MIKA, client.profile)
    return Account(Service.MIKA, on=True, link=link, mika=profile)


_LOOKS = {Service.HDHIVE: _hdhive, Service.DISKTOP: _disktop, Service.ACGBT: _acgbt, Service.MIKA: _mika}


def wanted(known: list[Account]) -> list[Account]:
    """Return the accounts a short card shows: what most people come for, and what is linked besides."""
    return [one for one in known if one.service in MAIN or one.link is not None]


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
    name = _name(account) or link.account_name
    head = (
        say("account.linked", service=service, name=name)
        if name
        else say("account.linked_unnamed", service=service)
    )
    return [head, *_figures(scene, account), *(_grant(scene, link) if details else [])]


def _name(account: Account) -> str | None:
    for one in (account.me, account.mika):
        if one is not None:
            return one.nickname or one.username
    return account.acg.username if account.acg else None


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
        shown.append(say.plural("account.weekly", account.weekly.remaining))
    if account.space is not None:
        free, total = size(account.space.free_bytes), size(account.space.total_bytes)
        shown.append(say("account.space", free=free, total=total))
    if account.mika is not None:
        shown.append(say("account.points", points=account.mika.points))
        if account.mika.vip_level:
            shown.append(say("account.vip", level=account.mika.vip_level))
    return shown


def _scopes(scene: Scene[Any], link: Link) -> Html | str:
    """Return what a link may do: rights of a key have words, scopes are names."""
    if link.service == Service.ACGBT:
        return rights(scene.say, link.scopes)
    return scene.say.listed(link.scopes)


def rights(say: Speaker, given: tuple[str, ...]) -> Html:
    """Return what an API key may do in words."""
    words = ("all" if right == "*" else right for right in given)
    named = [say.either(f"acgbt.right.{word}", "acgbt.right.other", right=word) for word in words]
    return Html(say.listed(named)) if named else say("acgbt.no_rights")


def _grant(scene: Scene[Any], link: Link) -> list[Html]:
    say = scene.say
    shown = [say("account.scopes", scopes=_scopes(scene, link))] if link.scopes else []
    asked = scene.services.linking.scopes_wanted(link.service) if link.scheme == "oauth" else ()
    missing = [scope for scope in asked if scope not in link.scopes]
    if missing and link.scopes:
        shown.append(say("account.missing", scopes=say.listed(missing)))
    ends_at = link.expires_at if link.scheme == "token" else link.refresh_expires_at
    if ends_at is not None:
        shown.append(say("account.expires", date=dates.shown(scene, ends_at)))
    return shown
