"""B: one refresh per expiry, nothing lost by kills and faults, odd answers survived."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from services.refreshing import LEASE_SECONDS
from storage.database import Database
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.workers_farm import KILLED, Farm
from tests.guarantees.workers_house import (
    LINKED,
    forgiving,
    gate,
    link_users,
    links_of,
    notices,
    world,
)

PROCESSES = 8
# For each of the services, so in all twice as many.
LINKS = size(12, 100)
EXPIRIES = size(1, 5)
KILLS = size(8, 100)

pytestmark = [pytest.mark.timeout(1500), pytest.mark.parametrize("service", LINKED)]


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    async with Farm() as made:
        yield made


def refreshes(box: Sandbox) -> int:
    return sum(
        entry.path.endswith("/oauth/token") and "refresh_token" in entry.body
        for entry in box.world.journal.entries
    )


async def test_b1_one_refresh_per_expiry_in_eight_processes(
    box: Sandbox, any_url: str, db: Database, farm: Farm, tmp_path: Path, service: str
) -> None:
    users, asked, where = list(range(5000, 5000 + LINKS)), 0, f"{service}, {db.dialect}"
    grants = await link_users(box, db, users, service)
    for number in range(EXPIRIES):
        box.world.clock.advance(7300)
        box.world.journal.clear()
        barrier = tmp_path / f"gate{number}"
        with gate(barrier):
            there = world(box, any_url, service)
            children = [
                farm.start("call", world=there, users=users, callers=2, gate=str(barrier))
                for _ in range(PROCESSES)
            ]
            await asyncio.gather(*(child.says("ready") for child in children))
        for child in children:
            said = await child.result()
            assert said["failed"] == [], said
            asked += said["good"] + said["lost"]
        exactly("B1", f"refreshes at expiry {number + 1}, {where}", refreshes(box), LINKS)
    lost = LINKS - sum(link.state == "active" for link in await links_of(db, users, service))
    exactly("B1", f"of {LINKS} links lost, 8 processes, {where}", lost)
    exactly("B1", f"grants revoked for reuse, {where}", sum(g.revoked for g in grants.values()))
    at_least("B1", f"calls in all, {where}", asked, PROCESSES * LINKS * 2 * EXPIRIES)


STEPS = ("refresh.leased", "refresh.granted", "refresh.kept", None)


async def killed_refreshes(there: dict[str, Any], farm: Farm, users: list[int]) -> list[int]:
    """Kill a process in the refresh of each user, at a named step or at any moment; returns those hit."""
    chance = random.Random(2)
    room = asyncio.Semaphore(4)

    async def one(user: int, step: str | None) -> int:
        async with room:
            after = None if step else chance.uniform(0.0, 0.06)
            code = await farm.run("call", world=there, users=[user], kill_at=step, kill_after=after)
        return user if code == KILLED else 0

    ends = await asyncio.gather(*(one(user, STEPS[at % len(STEPS)]) for at, user in enumerate(users)))
    return [user for user in ends if user]


async def after_restart(there: dict[str, Any], farm: Farm, users: list[int]) -> int:
    """Start anew and make a call for everybody; returns how many links are gone."""
    child = farm.start("call", world=there, users=users)
    said = await child.result()
    assert said["failed"] == [], said
    return int(said["lost"])


async def test_b2_kills_in_a_refresh_with_a_grace_period(
    box: Sandbox, any_url: str, db: Database, farm: Farm, service: str
) -> None:
    forgiving(box, service, 600.0)
    users, where = list(range(6000, 6000 + KILLS * 5 // 4)), f"grace period, {service}, {db.dialect}"
    await link_users(box, db, users, service)
    box.world.clock.advance(7300)
    killed = await killed_refreshes(world(box, any_url, service), farm, users)
    at_least("B2", f"kills, {where}", len(killed), KILLS)
    box.world.clock.advance(LEASE_SECONDS + 1)
    lost = await after_restart(world(box, any_url, service), farm, users)
    exactly("B2", f"links lost, {where}", lost)
    exactly("B2", f"notices of a loss, {where}", await notices(db, "link_lost"))


async def test_b2_kills_in_a_refresh_with_strict_rotation(
    box: Sandbox, any_url: str, db: Database, farm: Farm, service: str
) -> None:
    users, where = list(range(7000, 7000 + KILLS * 5 // 4)), f"{service}, {db.dialect}"
    grants = await link_users(box, db, users, service)
    box.world.clock.advance(7300)
    killed = await killed_refreshes(world(box, any_url, service), farm, users)
    at_least("B2", f"kills, strict rotation, {where}", len(killed), KILLS)
    # Only a kill between the service's answer and our commit can lose a link.
    kept = {link.user_id for link in await links_of(db, users, service) if link.version == 2}
    doomed = sum(bool(grants[user].spent) and user not in kept for user in users)
    # The start itself finds out: nobody has used a link yet.
    box.world.clock.advance(LEASE_SECONDS + 1)
    there = world(box, any_url, service)
    await farm.start("settle", world=there).result()
    lost = sum(link.state == "lost" for link in await links_of(db, users, service))
    exactly("B2", f"losses found by the start where the answer died, {where}", lost, doomed)
    box.world.clock.advance(LEASE_SECONDS + 1)
    assert await after_restart(world(box, any_url, service), farm, users) == lost
    exactly("B2", f"users told once, {where}", await notices(db, "link_lost"), lost)
