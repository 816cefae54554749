"""A8: a device code is never asked for too early, whatever the service answers and whoever is killed."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import text

from sandbox.journal import Entry, Journal
from sandbox.server import Sandbox
from sandbox.states.disktop import Device
from services import Services
from services.jobs import Lease, LeaseLost, RetryLater
from services.linking.devicecode import POLL
from storage import leases
from storage.crypto import KeyRing
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from tests.fixtures.databases import KEY
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.linking_parts import replica

AT_ONCE = 125
LEASE = 30.0
STEPS = ("device.asking", "device.answered", "device.granted", "device.saved")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "html"},
    {"kind": "bad_json"},
    {"kind": "wrong_types"},
    {"kind": "truncate"},
    {"kind": "reset"},
    {"kind": "reset_after"},
    {"kind": "retry_after", "status": 429, "retry_after": 45},
    {"kind": "status", "status": 400, "body": {"error": "invalid_request"}},
)


class Kill(BaseException):
    """Stand for kill -9 in the middle of a poll."""


@dataclass
class Judge(Journal):
    """The sandbox's journal, which holds every poll against the interval its device must keep."""

    box: Sandbox
    polls: int = 0
    early: int = 0
    after_end: int = 0
    given: dict[str, float] = field(default_factory=dict)
    asked_at: dict[str, float] = field(default_factory=dict)
    final: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def add(self, *given: Any) -> Entry:
        entry = super().add(*given)
        if entry.path.endswith("/oauth/device-token"):
            self._judge(parse_qs(entry.body)["device_code"][0], entry)
        return entry

    def begun(self, device: Device, now: float) -> None:
        self.asked_at[device.device_code] = now
        self.given[device.device_code] = device.interval

    @property
    def slow_downs(self) -> int:
        """How often the devices of this moment were told to slow down."""
        devices = self.box.world.disktop.devices.values()
        return round(sum(d.interval - self.given[d.device_code] for d in devices) / 5)

    def forget(self, code: str) -> None:
        """Let go of what a killed process was told: nobody can know it any more."""
        self.final.pop(code, None)

    def _judge(self, code: str, entry: Entry) -> None:
        device = self.box.world.disktop.devices[code]
        self.polls += 1
        # The interval as it stands now: the sandbox has added 5 seconds for each slow_down it sent.
        self.early += entry.at - self.asked_at[code] < device.interval
        self.asked_at[code] = entry.at
        # An answer that a fault spoiled told nothing; two clocks may be a moment apart.
        told = code in self.final and self.final[code].fault is None
        self.after_end += told or entry.at >= device.expires_at + 1.0
        ends = device.stage in ("allowed", "denied") and not device.slow_downs
        if ends:
            self.final[code] = entry


class Rounds:
    """Many device codes at once on one database, by a process that is killed again and again."""

    def __init__(self, box: Sandbox, db: Database, judge: Judge, rng: random.Random) -> None:
        self.box, self.db, self.judge, self.rng = box, db, judge, rng
        self.kills = 0
        self.killing = 0.02

    async def reached(self, step: str) -> None:
        """Die here, now and then."""
        assert step in STEPS
        if self.rng.random() < self.killing:
            self.kills += 1
            raise Kill(step)

    async def begin(self, services: Services, users: range) -> None:
        """Start a code for each user, of a service with any interval, for any time."""
        options, devices = self.box.world.options, self.box.world.disktop.devices
        for user in users:
            options.disktop_device_interval = float(self.rng.choice((1, 2, 5, 5, 7, 30)))
            options.disktop_device_seconds = float(self.rng.choice((20, 60, 300)))
            # As the service counts: from the moment it gave the code.
            before = self.box.world.now()
            await services.devices.start(user)
            self.judge.begun(next(reversed(devices.values())), before)

    async def work(self, services: Services) -> bool:
        """Let all that is due be done, as the world outside decides; False when nothing is left."""
        clock, handler = self.box.world.clock, services.jobs()[POLL]
        due = await self.db.read(lambda tx: leases.next_due(tx, [POLL]))
        if due is None:
            return False
        # A second or so at a time: a scheduler is never early, but often late.
        clock.advance(max(0.0, due - clock.now()) + self.rng.choice((0.001, 0.3, 1.5, 4.0)))
        self.decide()
        claimed = await self.db.write(lambda tx: leases.claim(tx, [POLL], "w", clock.now(), LEASE, 64))
        await asyncio.gather(*(self._do(handler, job) for job in claimed))
        return True

    def decide(self) -> None:
        """Let users answer, the service ask for patience, and the network fail."""
        waiting = [d for d in self.box.world.disktop.devices.values() if d.stage == "asked"]
        for device in self.rng.sample(waiting, len(waiting) // 25):
            device.stage, device.person = self.rng.choice(
                (("allowed", 1001), ("allowed", 1002), ("denied", None))
            )
        for device in self.rng.sample(waiting, len(waiting) // 20):
            device.slow_downs += 1
        if self.rng.random() < 0.5:
            fault = self.rng.choice(FAULTS)
            self.box.world.faults.add({"service": "disktop", "path": "*/oauth/device-token", **fault})

    async def _do(self, handler: Any, job: Job) -> None:
        """Run a job as the runner does; the next process inherits the lease of a killed one."""
        clock, lease = self.box.world.clock, Lease(self.db, self.box.world.clock, job, LEASE)
        try:
            await handler(job, lease)
            assert lease.ended
        except LeaseLost:
            raise AssertionError("nobody else works here") from None
        except RetryLater as later:
            at = clock.now() + later.delay if later.at is None else later.at
            await self.db.write(lambda tx: leases.retry(tx, job, at, None))
        except Kill:
            self.judge.forget(job.payload["polling"]["device_code"])
            await self.db.write(lambda tx: leases.inherit(tx, [job.kind], "w", clock.now()))


async def test_a8_device_codes_are_never_asked_for_too_early(box: Sandbox, sqlite_url: str) -> None:
    sequences, rng = size(125, 10_000), random.Random(8)
    box.world.journal = judge = Judge(box)
    restarts = done = 0
    ends: Counter[str] = Counter()
    kills = slow_downs = 0
    for first in range(0, sequences, AT_ONCE):
        users = range(first, first + AT_ONCE)
        async with AsyncExitStack() as stack:
            db = await Database.open(sqlite_url, KeyRing([KEY]))
            stack.push_async_callback(db.close)
            rounds = Rounds(box, db, judge, rng)
            services = await stack.enter_async_context(replica(box, db, reached=rounds.reached))
            await rounds.begin(services, users)
            while await rounds.work(services):
                if rng.random() < 0.1:
                    # Another process, which knows only what is in the table.
                    restarts += 1
                    services = await stack.enter_async_context(replica(box, db, reached=rounds.reached))
            kills, slow_downs = kills + rounds.kills, slow_downs + judge.slow_downs
            ends += await db.write(_ends)
        box.world.faults.clear()
        box.world.disktop.devices.clear()
        done += len(users)
    at_least("A8", "random sequences on a virtual clock", done, sequences)
    at_least("A8", "polls in them over a socket", judge.polls, 2 * sequences)
    at_least(
        "A8", "slow_down answers, kills and restarts in them", slow_downs + kills + restarts, sequences / 5
    )
    exactly("A8", "polls that came too early", judge.early)
    exactly("A8", "polls after the end or after the code expired", judge.after_end)
    exactly("A8", "sequences that ended, each told once", ends.total(), sequences)
    assert set(ends) == {"device_linked", "device_denied", "device_expired", "device_failed"}, ends


async def _ends(tx: Tx) -> Counter[str]:
    """Take away what users were told, and return it."""
    told = await leases.claim(tx, ["notice"], "reader", 1e12, 1.0, 10 * AT_ONCE)
    await tx.conn.execute(text("DELETE FROM jobs"))
    return Counter(str(job.payload["kind"]) for job in told)
