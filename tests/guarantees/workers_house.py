"""What tests with real processes stand on: grants and stock at the sandbox, links in the database."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from clients.oauth import DISKTOP_SCOPES, HDHIVE_SCOPES
from sandbox.catalogue import Resource
from sandbox.catalogue.resources import Sharer
from sandbox.server import Sandbox
from sandbox.states.grants import Grant
from storage import leases, links, unlocks
from storage.database import Database
from storage.links import Link
from storage.unlocks import Unlock

BUYER = 1001
# Those that are linked over OAuth, and refreshed.
LINKED = ("hdhive", "disktop")


def world(box: Sandbox, database: str, service: str = "hdhive", **more: Any) -> dict[str, Any]:
    """Tell a worker where everything is, and which service it calls."""
    identity, secret = application(box, service)
    return {
        "box": box.url,
        "database": database,
        "service": service,
        "id": identity,
        "secret": secret,
        "shift": box.world.clock.offset,
        **more,
    }


def application(box: Sandbox, service: str) -> tuple[str, str]:
    """Return by what a service knows the application."""
    own = box.world.credentials
    if service == "hdhive":
        return own.hdhive_client_id, own.hdhive_app_secret
    return own.disktop_client_id, own.disktop_client_secret


def forgiving(box: Sandbox, service: str, seconds: float) -> None:
    """Let a service answer a spent refresh token again, for so long after it was used."""
    if service == "hdhive":
        box.world.options.change({"hdhive_refresh": "grace"})
    box.world.options.change({f"{service}_grace_seconds": seconds})


def move_in(box: Sandbox, users: list[int]) -> None:
    """Let many Premium members live in the sandbox, each with an account of their own."""
    sample = box.world.people[BUYER]
    for user in users:
        box.world.people[user] = replace(sample, id=user, hdhive_id=user, username=f"user{user}")


async def link_users(
    box: Sandbox, db: Database, users: list[int], service: str = "hdhive", *, own: bool = False
) -> dict[int, Grant]:
    """Give each of many users a grant at the sandbox, and the bot its tokens; `own`: on their own account."""
    made: dict[int, Grant] = {}
    now, options = box.world.now(), box.world.options
    access: float = getattr(options, f"{service}_access_seconds")
    refresh: float = getattr(options, f"{service}_refresh_seconds")
    grants = box.world.hdhive.grants if service == "hdhive" else box.world.disktop.grants
    for user in users:
        scopes = HDHIVE_SCOPES if service == "hdhive" else DISKTOP_SCOPES
        grant = grants.open(user if own else BUYER, scopes, box.world.token(), now + refresh)
        grants.give(grant, box.world.token(), now + access)
        made[user] = grant

    async def save(tx: Any) -> None:
        for user, grant in made.items():
            new = links.NewLink(
                user,
                service,
                next(iter(grant.access)),
                grant.refresh_token,
                now + access,
                account_id=str(user),
            )
            await links.save(tx, new, now)

    await db.write(save)
    return made


async def links_of(db: Database, users: list[int], service: str = "hdhive") -> list[Link]:
    """Return the links of users to a service."""

    async def look(tx: Any) -> list[Link]:
        return [link for user in users if (link := await links.get(tx, user, service))]

    return await db.read(look)


async def notices(db: Database, kind: str) -> int:
    """Count the notices of a kind that wait to be sent."""
    found: list[Any] = []

    async def look(tx: Any) -> None:
        found.extend(await leases.claim(tx, ["notice"], "looker", 1e12, 0.0, 100_000))
        raise _Undo

    with suppress(_Undo):
        await db.write(look)
    return sum(job.payload["kind"] == kind for job in found)


class _Undo(Exception):
    pass


def stock(box: Sandbox, number: int, price: int = 1) -> list[str]:
    """Put resources into the shop that cost something."""
    sample: Resource = next(iter(box.world.catalogue.resources.values()))
    slugs = [f"{number:032x}" for number in range(0xABC0000, 0xABC0000 + number)]
    for slug in slugs:
        made = replace(
            sample,
            slug=slug,
            url=f"https://pan.quark.cn/s/{slug[-12:]}",
            unlock_points=price,
            owner=Sharer(7, "官方小助手"),
            is_official=False,
            unlocked_by=set(),
        )
        box.world.catalogue.resources[slug] = made
    return slugs


def rich(box: Sandbox) -> None:
    """Let the buyer pay for everything, at any speed."""
    person = box.world.people[BUYER]
    person.points, person.forever_premium = 10_000_000, False
    box.world.options.change({"unlock_limit": 1_000_000})


async def ledger(db: Database, user: int, slugs: list[str]) -> list[Unlock | None]:
    """Return the row of each resource."""

    async def look(tx: Any) -> list[Unlock | None]:
        return [await unlocks.find(tx, f"account:{user}", slug) for slug in slugs]

    return await db.read(look)


@contextmanager
def gate(path: Path) -> Iterator[None]:
    """Hold back the workers that wait here until the end of the context."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
