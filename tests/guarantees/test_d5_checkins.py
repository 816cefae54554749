"""D5: a check-in runs once per account and Beijing day, whatever is killed; missed ones run on return."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.server import Sandbox
from services.beijing import day_of, start_of
from services.checkins.plan import Plan
from services.checkins.runs import AUTO
from storage import checkins, jobs, leases, preferences
from storage.database import Database
from tests.guarantees.figures import at_least, below, exactly, size
from tests.guarantees.workers_farm import Child, Farm
from tests.guarantees.workers_house import link_users, move_in, world

BOTH = 2  # databases: each gets its part
ACCOUNTS = size(160, 10_000) // BOTH
KILLS = size(8, 50) // BOTH
PROCESSES = 8
FIRST = 500_000
# Half of them were due while no process was there.
MISSED, DUE = "01:00", "08:30"
STEPS = ("checkin.claimed", "checkin.sending", "checkin.answered", "checkin.written", None)
# Longer than a killed process's leases, and than the first wait after a fault.
REST_SECONDS = 120.0
MOST_ROUNDS = 12

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    async with Farm() as made:
        yield made


async def settle_in(box: Sandbox, db: Database, users: list[int]) -> date:
    """Have everybody linked, and checked in by themselves every day; return the day of the test."""
    box.world.options.change({"hdhive_access_seconds": 1e8, "hdhive_refresh_seconds": 1e8})
    # Worse than the real one: it counts every check-in of a day, so one too many shows.
    box.world.options.change({"hdhive_checkin_repeats": True})
    day = day_of(box.world.now()) + timedelta(days=1)
    box.world.clock.advance(start_of(day) + 30 * 60 - box.world.now())
    move_in(box, users)
    await link_users(box, db, users, own=True)

    async def wish(tx: Any) -> None:
        for user in users:
            at = MISSED if user % 2 else DUE
            chosen = await preferences.change(tx, user, checkin_at=at)
            plan = Plan.of(chosen, 0.0)
            assert plan is not None
            key = str(user)
            await jobs.enqueue(tx, AUTO, key, {"user_id": user}, plan.slot(day), dedup=key, owner=user)

    await db.write(wish)
    box.world.clock.advance(start_of(day) + 8.5 * 3600 + 10 - box.world.now())
    return day


class Days:
    """Processes that come and go over the open check-ins."""

    def __init__(self, box: Sandbox, url: str, farm: Farm) -> None:
        self.box, self.url, self.farm = box, url, farm
        self.chance = random.Random(5)

    def start(self, kill_at: str | None = None) -> Child:
        there = world(self.box, self.url, holder=f"w{self.chance.getrandbits(40):x}")
        nth = self.chance.randint(1, max(1, ACCOUNTS // (PROCESSES * 8)))
        return self.farm.start("checkins", world=there, kill_at=kill_at, nth=nth)

    async def killed(self) -> None:
        """Keep eight at work, and kill one after another at a step or at any moment."""
        running: set[Child] = set()
        while self.farm.kills < KILLS:
            while len(running) < PROCESSES:
                step = self.chance.choice(STEPS)
                child = self.start(step)
                running.add(child)
                if step is None:
                    await child.says("ready")
                    await asyncio.sleep(self.chance.uniform(0.0, 0.3))
                    child.kill()
            await asyncio.wait([child.ended for child in running], return_when=asyncio.FIRST_COMPLETED)
            running = {child for child in running if not child.ended.done()}
            self.box.world.journal.clear()
        for child in running:
            child.kill()
        await asyncio.gather(*(child.ended for child in running))

    async def to_the_end(self, db: Database, day: date) -> int:
        """Let processes work undisturbed until nothing is left; returns after how many rounds."""
        for number in range(MOST_ROUNDS):
            self.box.world.clock.advance(REST_SECONDS)
            children = [self.start() for _ in range(size(2, PROCESSES))]
            await asyncio.gather(*(child.result() for child in children))
            due = await db.read(lambda tx: leases.next_due(tx, [AUTO]))
            if due is not None and due >= start_of(day) + 86_400:
                return number + 1
        raise AssertionError("check-ins are left over")


async def test_d5_once_per_account_and_beijing_day(
    box: Sandbox, any_url: str, db: Database, farm: Farm
) -> None:
    users = list(range(FIRST, FIRST + ACCOUNTS))
    day = await settle_in(box, db, users)
    # Answers that were lost after the work was done: they are read back, not asked for again.
    after = {"path": "*/checkin", "kind": "status", "status": 502, "after": True}
    box.world.faults.add({"service": "hdhive", "times": max(2, ACCOUNTS // 100), **after})
    passing = Days(box, any_url, farm)
    await passing.killed()
    rounds = await passing.to_the_end(db, day)
    at_least("D5", f"kills of real processes, 8 at once, {db.dialect}", farm.kills, KILLS)
    below("D5", f"rounds after the last kill, {db.dialect}", rounds, MOST_ROUNDS)
    await judged(box, db, users, day)


async def judged(box: Sandbox, db: Database, users: list[int], day: date) -> None:
    """Count at the service what was really done, and compare the table with it."""
    asked = Counter({who: n for (who, when), n in box.world.hdhive.checkin_calls.items()})
    exactly("D5", f"of {len(users)} accounts missed, {db.dialect}", sum(not asked[user] for user in users))
    exactly("D5", f"accounts checked in twice, {db.dialect}", sum(n > 1 for n in asked.values()))
    other = sum(when != day.isoformat() for _, when in box.world.hdhive.checkins)
    exactly("D5", f"check-ins on another day, {db.dialect}", other)

    async def look(tx: Any) -> list[Any]:
        return [await checkins.of_day(tx, [f"account:{user}"], day.isoformat()) for user in users]

    rows = await db.read(look)
    done = sum(row is not None and row.state == "done" for row in rows)
    exactly("D5", f"rows that say so, {db.dialect}", done, len(users))


def test_d5_ten_thousand_accounts_are_spread() -> None:
    day = date(2026, 6, 1)
    plans = [Plan(user, "08:30", "Asia/Shanghai", 3600.0) for user in range(FIRST, FIRST + 10_000)]
    minutes = Counter(int(plan.slot(day) // 60) for plan in plans)
    below("D5", "of 10,000 accounts in the fullest minute", max(minutes.values()), 250)
    assert all(plan.slot(day) == plan.slot(day) for plan in plans)
