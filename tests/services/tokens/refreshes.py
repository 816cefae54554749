"""A service that refreshes by script, and ways to look at links, for the tests of tokens."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from clients.errors import NotAuthorized
from services.names import Service
from services.refreshing import POLL_SECONDS, Refreshing
from services.tokens import Tokens
from storage import links
from storage.links import Link
from storage.tx import Tx
from tests.services.conftest import Crash, House

HDHIVE, DISKTOP = Service.HDHIVE, Service.DISKTOP
REFRESHES = "/oauth/token"


async def quota(house: House, user_id: int = 1001) -> Any:
    return await house.services.tokens.call(user_id, HDHIVE, house.services.hdhive.quota)


async def space(house: House, user_id: int = 1001) -> Any:
    return await house.services.tokens.call(user_id, DISKTOP, house.services.disktop.quota)


async def stored(house: House, service: Service = HDHIVE, user_id: int = 1001) -> Link | None:
    return await house.services.db.read(lambda tx: links.get(tx, user_id, service))


async def refreshes(house: House, service: str = "hdhive") -> int:
    return len([c for c in await house.calls(service, "POST", REFRESHES) if "refresh_token" in c["body"]])


def expire(house: House, which: str = "access", service: str = "hdhive", person: int = 1001) -> Any:
    return house.web.post(
        "/control/tokens/expire", json={"service": service, "person": person, "which": which}
    )


class Scripted:
    """A provider whose refreshes do what a test says."""

    service, scopes, pkce, revokes = HDHIVE, ("meta",), False, True

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def refresh(self, refresh_token: str) -> Any:
        self.asked.append(refresh_token)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = await answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer


def grant(access: str, refresh: str | None = None, expires_in: float | None = 7200) -> Any:
    from clients.oauth import TokenGrant

    return TokenGrant(access, refresh, expires_in)


def gone(*, refreshable: bool = False) -> NotAuthorized:
    return NotAuthorized("hdhive", "x", "CODE", None, refreshable=refreshable)


async def linked(house: House, **more: Any) -> Link:
    new = links.NewLink(1001, "hdhive", "a1", **{"refresh_token": "r1", **more})
    now = house.clock.now()
    return await house.services.db.write(lambda tx: links.save(tx, new, now))


async def overtake(house: House, link: Link, access: str, refresh: str) -> None:
    """Have another process refresh a link, as if the lease of the one called "me" had run out."""
    now = house.clock.now()

    async def work(tx: Tx) -> None:
        await links.release_lease(tx, link, "me")
        await links.take_lease(tx, link, "other", now, 30)
        await links.refreshed(
            tx,
            link,
            "other",
            access_token=access,
            refresh_token=refresh,
            expires_at=None,
            refresh_expires_at=None,
            scopes=None,
            now=now,
        )

    await house.services.db.write(work)


async def inheriting(house: House, call: Awaitable[Any]) -> Any:
    """Let a call go on after another's lease is over: time passes quickly until it has an end."""
    under_way = asyncio.ensure_future(call)
    while not under_way.done():
        house.clock.advance(POLL_SECONDS)
        await asyncio.wait([under_way], timeout=0.01)
    return await under_way


async def crashed(house: House, step: str) -> None:
    """Link HDHive, and let a process die at a step of the refresh that is due."""
    await house.link()
    house.clock.advance(7201)
    house.steps.crash_at = step
    with pytest.raises(Crash):
        await quota(house)


class Lending(Tokens):
    """Lend tokens that a provider refreshes; what it is at can be waited for."""

    def __init__(self, house: House, provider: Any, clock: Any, *, db: Any = None, **more: Any) -> None:
        self.refreshing = Refreshing(db or house.services.db, clock, {"hdhive": provider}, **more)
        super().__init__(house.services.db, clock, self.refreshing)

    async def landed(self) -> None:
        """Wait until no refresh is under way."""
        await self.refreshing._flights.landed()


def tokens(house: House, provider: Any, *, clock: Any = None, **more: Any) -> Lending:
    return Lending(house, provider, clock or house.clock, **more)


def refusing(*accepted: str, refreshable: bool = True) -> Any:
    async def work(token: str) -> str:
        if token not in accepted:
            raise gone(refreshable=refreshable)
        return token

    return work
