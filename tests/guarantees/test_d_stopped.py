"""B1, D2 and D8 with processes that stand still for longer than their lease, and wake up overtaken.

SIGSTOP comes at named steps and in the middle of a request. Time passes by a clock that all processes read
from one file, so that nobody waits for a lease; who wakes up finds that it is later.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from services.refreshing import LEASE_SECONDS
from storage import uploads
from storage.database import Database
from tests.e2e.process import Shift, until
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.upload_files import Wanted, link, queue, whole
from tests.guarantees.workers_farm import Child, Farm
from tests.guarantees.workers_house import BUYER, ledger, link_users, links_of, notices, rich, stock, world

EACH = size(2, 20)  # of every kind, on each database
LONG = 200.0
GRACE = {"hdhive_refresh": "grace", "hdhive_grace_seconds": 600.0}

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    async with Farm() as made:
        yield made


class Standstill:
    """Processes on one database, and a clock for all of them."""

    def __init__(self, box: Sandbox, url: str, farm: Farm, folder: Path) -> None:
        self.box, self.url, self.farm = box, url, farm
        self.shift = Shift(folder)
        self.stops = self.number = 0

    def there(self, **more: Any) -> dict[str, Any]:
        """Tell a worker where everything is; each is a replica of its own."""
        self.number += 1
        clock = str(self.shift.file)
        return world(self.box, self.url, holder=f"r{self.number}", clock=clock, **more)

    def later(self, seconds: float) -> None:
        """Let time pass for everybody."""
        self.shift.advance(seconds)
        self.box.world.clock.advance(seconds)

    async def stopped(self, children: Iterable[Child]) -> None:
        """Wait until each of them stands still at its step."""
        for child in children:
            assert await child.says("stopped") is not None
            self.stops += 1

    def posts(self, ending: str) -> list[str]:
        """Return the bodies of the requests to a path, in their order."""
        return [e.body for e in self.box.world.journal.entries if e.path.endswith(ending)]


@pytest.fixture
def still(box: Sandbox, any_url: str, farm: Farm, tmp_path: Path) -> Standstill:
    return Standstill(box, any_url, farm, tmp_path)


# Refreshes


async def expired(still: Standstill, db: Database, first: int) -> list[int]:
    """Link some users, whose tokens then end."""
    users = list(range(first, first + EACH))
    await link_users(still.box, db, users)
    still.later(7300)
    return users


async def overtaken(
    still: Standstill, db: Database, users: list[int], sleepers: list[Child], *, asking: bool = False
) -> None:
    """Let another process refresh while these stand still: they wake up when it has the lease, or is done.

    A request that stood still for longer than its time-out, on a busy machine, ends as one: who asked may
    ask again.
    """
    still.later(LEASE_SECONDS + 1)
    heirs = [still.farm.start("call", world=still.there(), users=[u], stop_at=STEPS[0]) for u in users]
    await still.stopped(heirs)
    for number, (heir, sleeper) in enumerate(zip(heirs, sleepers, strict=True)):
        first, second = (heir, sleeper) if number % 2 else (sleeper, heir)
        first.go_on()
        if first is heir:
            await first.ended
        second.go_on()
    for child in (*heirs, *sleepers):
        said = await child.result()
        late = [one for one in said["failed"] if asking and child in sleepers and "kind=timeout" in one]
        assert (said["good"] + len(late), said["failed"]) == (1, late), said
    assert {link.state for link in await links_of(db, users)} == {"active"}


STEPS = ("refresh.leased", "refresh.granted")


async def test_b1_a_refresh_that_stands_still_loses_nothing(
    box: Sandbox, db: Database, still: Standstill
) -> None:
    # Before the request was sent: even the strictest service takes no token for a stolen one.
    before = await expired(still, db, 5000)
    sleepers = [
        still.farm.start("call", world=still.there(), users=[user], stop_at=STEPS[0]) for user in before
    ]
    await still.stopped(sleepers)
    await overtaken(still, db, before, sleepers)
    exactly("B1", f"refreshes by those that slept before sending, {db.dialect}", _refreshes(still), EACH)
    # Within the service's grace also after it was sent, and while it is under way.
    box.world.options.change(GRACE)
    after = await expired(still, db, 6000)
    sleepers = [
        still.farm.start("call", world=still.there(), users=[user], stop_at=STEPS[1]) for user in after
    ]
    await still.stopped(sleepers)
    await overtaken(still, db, after, sleepers)
    under_way = await expired(still, db, 7000)
    sleepers = [await _asking(still, user) for user in under_way]
    await overtaken(still, db, under_way, sleepers, asking=True)
    users = before + after + under_way
    lost = len(users) - sum(link.state == "active" for link in await links_of(db, users))
    again = await still.farm.start("call", world=still.there(), users=users).result()
    assert (again["good"], again["failed"]) == (len(users), []), again
    at_least("B1", f"processes stopped in a refresh, {db.dialect}", still.stops, 3 * EACH)
    exactly("B1", f"links lost by a standstill, {db.dialect}", lost + int(again["lost"]))
    exactly("B1", f"people told of a loss by a standstill, {db.dialect}", await notices(db, "link_lost"))


def _refreshes(still: Standstill) -> int:
    return sum("refresh_token" in body for body in still.posts("/oauth/token"))


async def _asking(still: Standstill, user: int) -> Child:
    """Stop a process while the service works on its refresh."""
    late = {"path": "*/oauth/token", "kind": "delay", "seconds": 1.0, "after": True}
    still.box.world.faults.add({"service": "hdhive", **late})
    before = _refreshes(still)
    child = still.farm.start("call", world=still.there(), users=[user])
    await until(lambda: _refreshes(still) > before, "it asks")
    await child.stop()
    still.stops += 1
    return child


# Unlocks

UNSENT = ("unlock.claimed", "unlock.sending")


def press(still: Standstill, slug: str, stop_at: str | None = None) -> Child:
    """Press on a resource in a process of its own."""
    there = still.there()
    return still.farm.start("press", world=there, user=BUYER, slug=slug, price=9, stop_at=stop_at)


async def sending(still: Standstill, slug: str) -> Child:
    """Press, and wait until the service has the request, which it works on for long."""
    child = press(still, slug)
    await until(lambda: any(slug in body for body in still.posts("/resources/unlock")), "it is sent")
    return child


async def test_d2_an_unlock_that_stands_still_charges_once(
    box: Sandbox, db: Database, still: Standstill
) -> None:
    rich(box)
    lasting = {"hdhive_access_seconds": 1e8, "hdhive_refresh_seconds": 1e8}
    box.world.options.change({**lasting, "unlock_races": True, "unlock_lands_after": 0.02})
    await link_users(box, db, [BUYER])
    slugs = stock(box, 5 * EACH)
    unsent, answered, flying, settled = (
        slugs[: 2 * EACH],
        slugs[2 * EACH : 3 * EACH],
        slugs[3 * EACH : 4 * EACH],
        slugs[4 * EACH :],
    )
    await _not_sent(still, unsent)
    await _sent(still, answered, flying)
    await _settling(still, settled)
    await _judged(still, db, slugs)


async def _not_sent(still: Standstill, slugs: list[str]) -> None:
    """Who slept with a claim and wakes up while another press is on its way sends nothing any more."""
    sleepers = [press(still, slug, UNSENT[number % 2]) for number, slug in enumerate(slugs)]
    await still.stopped(sleepers)
    still.later(LONG)
    await still.farm.start("settle", world=still.there()).result()
    still.box.world.options.change({"unlock_lands_after": 30.0})
    for slug, sleeper in zip(slugs, sleepers, strict=True):
        other = await sending(still, slug)
        sleeper.go_on()
        assert (await sleeper.result())["state"] == "stale"
        still.box.world.clock.advance(31)
        assert (await other.result())["state"] == "done"
    still.box.world.options.change({"unlock_lands_after": 0.02})


async def _sent(still: Standstill, answered: list[str], flying: list[str]) -> None:
    """Who slept with the answer, or while it was on its way, finds the row settled as it is."""
    sleepers = [press(still, slug, "unlock.answered") for slug in answered]
    await still.stopped(sleepers)
    still.box.world.options.change({"unlock_lands_after": 30.0})
    for slug in flying:
        sleepers.append(await sending(still, slug))
        await sleepers[-1].stop()
        still.stops += 1
    still.box.world.options.change({"unlock_lands_after": 0.02})
    still.later(LONG)
    await still.farm.start("settle", world=still.there()).result()
    for sleeper in sleepers:
        sleeper.go_on()
        await sleeper.result()


async def _settling(still: Standstill, slugs: list[str]) -> None:
    """Who slept in the middle of settling writes nothing over what another settled meanwhile."""
    for number, slug in enumerate(slugs):
        step = ("settle.looking", "settle.owned", "settle.fetched")[number % 3]
        child = press(still, slug, "unlock.answered")
        await child.says("stopped")
        child.kill()
        await child.ended
        still.later(LONG)
        sleeper = still.farm.start("settle", world=still.there(), stop_at=step)
        await still.stopped([sleeper])
        still.later(31)
        await still.farm.start("settle", world=still.there()).result()
        sleeper.go_on()
        await sleeper.result()


async def _judged(still: Standstill, db: Database, slugs: list[str]) -> None:
    paid = Counter(charge.slug for charge in still.box.world.hdhive.charges)
    rows = await ledger(db, BUYER, slugs)
    whole_rows = sum(row is not None and row.state == "done" and bool(row.url) for row in rows)
    at_least("D2", f"processes stopped in an unlock, {db.dialect}", still.stops, len(slugs))
    exactly("D2", f"charged by who woke up, too, {db.dialect}", sum(n > 1 for n in paid.values()))
    exactly("D2", f"resources paid once, {db.dialect}", len(paid), len(slugs))
    exactly("D2", f"links kept through standstills, {db.dialect}", whole_rows, len(slugs))


# Uploads

UPLOAD_STEPS = ("upload.kept", "upload.begun", "upload.part", "upload.completed", "upload.done")


async def test_d8_an_upload_that_stands_still_arrives_once(
    box: Sandbox, db: Database, still: Standstill, tmp_path: Path
) -> None:
    users, good = await link(box, db), 0
    box.world.options.disktop_chunk_bytes = 100_000
    own = box.world.credentials
    keys = {"id": own.disktop_client_id, "secret": own.disktop_client_secret}
    total = len(UPLOAD_STEPS) * max(1, EACH // 2)
    for number in range(total):
        wanted = Wanted(users[0], f"file {number}.bin", 700_000 + number, f"s{number}", {})
        await queue(db, box, wanted)
        places = [{**still.there(spool=str(tmp_path / f"spool{n}")), **keys} for n in range(2)]
        step = UPLOAD_STEPS[number % len(UPLOAD_STEPS)]
        sleeper = still.farm.start("uploads", world=places[0], stop_at=step)
        await still.stopped([sleeper])
        # Past the lease, and no further: nothing else is to fall due.
        still.later(31)
        heir = still.farm.start("uploads", world=places[1], stop_at=None if number % 2 else "upload.fetching")
        if number % 2:
            await heir.result()
        elif step != "upload.done":
            await still.stopped([heir])
        sleeper.go_on()
        heir.go_on()
        for child in (heir, sleeper):
            await child.result()
        row = await db.read(lambda tx, it=wanted: uploads.get(tx, it.upload_id))  # type: ignore[misc]
        good += row is not None and row.stage == "done" and whole(box, wanted)
    at_least("D8", f"processes stopped in an upload, {db.dialect}", still.stops, total)
    exactly("D8", f"of {total} files through standstills, {db.dialect}: whole, and there once", good, total)
