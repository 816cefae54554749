"""D1 to D4: one charge each, whatever is pressed, killed, late or repriced."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from storage.database import Database
from tests.driver import Control
from tests.e2e.process import until
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.workers_farm import Farm
from tests.guarantees.workers_house import BUYER, gate, ledger, link_users, rich, stock, world

PROCESSES = 8
# 8 processes with 13 presses each: 104 claims for every resource.
PRESSES = 13
RESOURCES = size(4, 1000)
WAVE = 8
# What a careless server does: two requests that are on their way at once are both charged.
RACY = {"unlock_races": True, "unlock_lands_after": 0.02}
BOTH = 2  # databases: each gets its part
KILLS = size(24, 2000)

pytestmark = pytest.mark.timeout(2400)


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    async with Farm() as made:
        yield made


@pytest.fixture
async def buyer(box: Sandbox, db: Database) -> int:
    rich(box)
    # Refreshes are not what is tried here.
    box.world.options.change({"hdhive_access_seconds": 1e8, "hdhive_refresh_seconds": 1e8, **RACY})
    await link_users(box, db, [BUYER])
    return BUYER


async def charges(box: Sandbox) -> Counter[str]:
    """How often each resource was really paid for."""
    async with Control(box.url) as control:
        told = await control._http.get("/control/charges")
    return Counter(charge["slug"] for charge in told.json()["charges"])


def posts(box: Sandbox) -> int:
    return sum(entry.path.endswith("/resources/unlock") for entry in box.world.journal.entries)


async def test_d1_a_hundred_presses_are_one_charge(
    box: Sandbox, any_url: str, db: Database, farm: Farm, buyer: int, tmp_path: Path
) -> None:
    slugs = stock(box, max(2, RESOURCES // BOTH))
    waves = [slugs[at : at + WAVE] for at in range(0, len(slugs), WAVE)]
    barrier, sent, claims = tmp_path / "wave", 0, 0
    with ExitStack() as held:
        gates = [held.enter_context(ExitStack()) for _ in waves]
        for number, closed in enumerate(gates):
            closed.enter_context(gate(Path(f"{barrier}{number}")))
        children = [
            farm.start(
                "presses",
                world=world(box, any_url),
                user=buyer,
                waves=waves,
                times=PRESSES,
                gate=str(barrier),
            )
            for _ in range(PROCESSES)
        ]
        for number, closed in enumerate(gates):
            there = await asyncio.gather(*(child.says(f"wave{number}") for child in children))
            claims += sum(said[f"wave{number}"] for said in there)
            box.world.journal.clear()
            closed.close()
            ends = await asyncio.gather(*(child.says(f"done{number}") for child in children))
            assert not any(said["bad"] for said in ends), ends
            sent += posts(box)
    for child in children:
        await child.result()
    sent += await press_again(box, any_url, farm, buyer, slugs)
    paid = await charges(box)
    at_least("D1", f"claims at once per resource, 8 processes, {db.dialect}", claims / len(slugs), 100)
    exactly("D1", f"requests to unlock {len(slugs)} resources, {db.dialect}", sent, len(slugs))
    exactly("D1", f"resources charged exactly once, {db.dialect}", _once(paid, slugs), len(slugs))


async def press_again(box: Sandbox, url: str, farm: Farm, user: int, slugs: list[str]) -> int:
    """Press once more where a claim found no time to be sent (under load): nothing went out then."""
    paid, before = await charges(box), posts(box)
    for slug in slugs:
        if not paid[slug]:
            assert await farm.run("press", world=world(box, url), user=user, slug=slug, price=9) == 0
    return posts(box) - before


def _once(paid: Counter[str], slugs: list[str]) -> int:
    return sum(paid[slug] == 1 for slug in slugs)


# What the service does in a round, and the steps of a press that are reached then; None: at any moment.
ANSWERS = ("unlock.priced", "unlock.claimed", "unlock.sending", "unlock.answered", "unlock.written", None)
BREAKS = ("unlock.failed", "unlock.written", None)
IN_FLIGHT = "in flight"  # killed once the service has its request, which lands much later
LANDS_LATE = (IN_FLIGHT, "unlock.claimed", "unlock.sending", None)
LATE_SECONDS = 80.0
ROUNDS = (LANDS_LATE, ANSWERS, BREAKS, ANSWERS)
SETTLE_STEPS = ("settle.looking", "settle.owned", "settle.fetched", "settle.written", None)
ROUND = 60


class Kills:
    """Rounds of unlocks that are killed, and of their settling that is killed again."""

    def __init__(self, box: Sandbox, url: str, farm: Farm, user: int) -> None:
        self.box, self.url, self.farm, self.user = box, url, farm, user
        self.chance = random.Random(7)
        self.room = asyncio.Semaphore(4)
        self.blind = 0

    def there(self) -> dict[str, Any]:
        # On SQLite a new process has the name of the last one; replicas have their own.
        return world(self.box, self.url, holder=f"w{self.chance.getrandbits(40):x}")

    async def press(self, slug: str, step: str | None) -> None:
        """Press and be killed at a step, or at any moment."""
        after = None if step else self.chance.uniform(0.0, 0.08)
        there = {"world": self.there(), "user": self.user, "slug": slug, "price": 9}
        async with self.room:
            if step != IN_FLIGHT:
                await self.farm.run("press", **there, kill_at=step, kill_after=after)
                return
            child = self.farm.start("press", **there)
            await until(lambda: asked(self.box, slug), "it is sent")
            child.kill()
            await child.ended

    async def settle(self, step: str | None) -> None:
        """Start anew later, and be killed in the middle of settling."""
        after = None if step else self.chance.uniform(0.0, 0.15)
        await self.farm.run("settle", world=self.there(), kill_at=step, limit=2, kill_after=after)

    async def round(self, slugs: list[str], steps: tuple[str | None, ...]) -> None:
        options, faults = self.box.world.options, self.box.world.faults
        options.change({"unlock_lands_after": LATE_SECONDS} if steps is LANDS_LATE else RACY)
        if steps is BREAKS:
            after = {"path": "*/resources/unlock", "kind": "status", "status": 500, "after": True}
            faults.add({"service": "hdhive", "times": 0, **after})
        await asyncio.gather(*(self.press(slug, steps[at % len(steps)]) for at, slug in enumerate(slugs)))
        if steps is LANDS_LATE:
            # Looked for while it may still land: who is hasty now charges twice.
            self.box.world.clock.advance(70)
            options.change(RACY)
            await self.settle(None)
            await self.farm.start("settle", world=self.there()).result()
        self.box.world.clock.advance(200)
        faults.clear()
        options.change(RACY)
        for step in SETTLE_STEPS:
            await self.settle(step)
            # What a killed process held is free once its lease is over.
            self.box.world.clock.advance(31)
        await self.farm.start("settle", world=self.there()).result()
        self.blind += sum(max(0, count - 1) for count in unseen(self.box, slugs).values())
        self.box.world.journal.clear()


async def test_d2_kills_at_every_step_charge_once_and_lose_nothing(
    box: Sandbox, any_url: str, db: Database, farm: Farm, buyer: int
) -> None:
    wanted = KILLS // BOTH
    slugs, kills = stock(box, wanted * 5 // 4), Kills(box, any_url, farm, buyer)
    used, rounds, part = 0, cycle(ROUNDS), min(ROUND, max(3, wanted // len(ROUNDS)))
    while farm.kills < wanted and used < len(slugs):
        await kills.round(slugs[used : used + part], next(rounds))
        used += part
    at_least("D2", f"kills of real processes, {db.dialect}", farm.kills, wanted)
    exactly("D2", f"second requests before it was read as owned, {db.dialect}", kills.blind)
    await judged(box, db, buyer, slugs[:used])


def asked(box: Sandbox, slug: str) -> bool:
    """Tell whether the service was asked to unlock this."""
    return any(e.path.endswith("/resources/unlock") and slug in e.body for e in box.world.journal.entries)


def unseen(box: Sandbox, slugs: list[str]) -> Counter[str]:
    """Count the requests to unlock that no look went before which told that it is owned."""
    landed = {charge.slug: charge.at for charge in reversed(box.world.hdhive.charges)}
    owned, counts = set[str](), Counter[str]()
    for entry in box.world.journal.entries:
        slug = entry.path.rpartition("/")[2]
        if entry.path.endswith("/resources/unlock"):
            asked = str(json.loads(entry.body)["slug"])
            counts[asked] += asked not in owned
        elif slug in landed and entry.at >= landed[slug]:
            owned.add(slug)
    assert set(counts) <= set(slugs)
    return counts


async def judged(box: Sandbox, db: Database, user: int, slugs: list[str]) -> None:
    """See that nobody paid twice, that who paid has the link, and that nothing is left open."""
    paid, rows = await charges(box), await ledger(db, user, slugs)
    twice = sum(count > 1 for count in paid.values())
    states = Counter(row.state if row else "none" for row in rows)
    lost = sum(
        paid[slug] > 0 and not (row is not None and row.state == "done" and row.url)
        for slug, row in zip(slugs, rows, strict=True)
    )
    exactly("D2", f"resources charged twice, {db.dialect}", twice)
    exactly("D2", f"paid for without getting the link, {db.dialect}", lost)
    exactly("D2", f"rows left open, {db.dialect}", states["claimed"] + states["doubtful"])
    at_least("D2", f"rows settled, {db.dialect}", states["done"] + states["released"], 1)
