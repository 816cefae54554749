"""D7: a result stream cut at any byte, repeated, stalled: every verdict once, and the end."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.linkcheck.models import CheckItem
from clients.transport import Transport
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.guarantees.figures import at_least, exactly, size

STREAMS = size(120, 10_000)
AT_ONCE = 24
LINKS = 3
# A stream of three results with their ids, progress and end is about this long.
LONGEST = 1400
PATIENCE = Patience(silence=0.5, pause=0.0, tries=40, sleep=lambda _: asyncio.sleep(0))

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture
async def client(box: Sandbox) -> AsyncIterator[LinkCheck]:
    box.world.options.change({"linkcheck_seconds": 0.0, "linkcheck_progress_every": 2})
    transport = Transport("linkcheck", f"{box.url}/linkcheck", backoff=0.001)
    client = LinkCheck(transport, box.world.credentials.linkcheck_api_key)
    yield client
    await client.aclose()


class Streams:
    """Follows one job after the other and counts what was wrong."""

    def __init__(self, box: Sandbox, client: LinkCheck) -> None:
        self.box, self.client = box, client
        self.chance = random.Random(7)
        self.wrong: Counter[str] = Counter()
        self.spoiled: Counter[str] = Counter()
        self.places: set[int] = set()
        self.next = 0

    async def follow_one(self, number: int) -> None:
        links = [CheckItem(f"https://pan.quark.cn/s/alive{number}x{at}") for at in range(LINKS)]
        job = await self.client.create(links)
        faults = self.spoil(job.job_id, number)
        told: Counter[str] = Counter()
        ends = 0
        async with aclosing(self.client.follow(job.job_id, patience=PATIENCE)) as events:
            async for event in events:
                told.update([event.result.item_id] if event.result else [])
                ends += event.kind == "done"
        self.wrong["missing"] += len(job.items) - len(told)
        self.wrong["twice"] += sum(count - 1 for count in told.values())
        self.wrong["ends"] += ends != 1
        for fault in faults:
            self.spoiled[fault.kind] += fault.hits
            self.places.update([fault.bytes or 0] if fault.hits else [])
            self.box.world.faults.clear(fault.id)
        self.box.world.linkcheck.jobs.pop(job.job_id)

    def spoil(self, job_id: str, number: int) -> list[Fault]:
        """Cut the first connection at a byte of its own, most also the next ones; a few go silent."""
        more = [self.chance.randrange(LONGEST) for _ in range(self.chance.choice((0, 0, 1, 2)))]
        return [
            self.box.world.faults.add(
                {
                    "service": "linkcheck",
                    "path": f"/jobs/{job_id}/events",
                    "kind": "stall" if self.chance.random() < 0.04 else "cut",
                    "bytes": at,
                }
            )
            for at in (number * 11 % LONGEST, *more)
        ]


async def test_d7_verdicts_are_complete_and_single(box: Sandbox, client: LinkCheck) -> None:
    streams = Streams(box, client)
    for repeats in range(3):
        # After a cut the service tells none, one or two events again.
        box.world.options.change({"linkcheck_repeats": repeats})
        streams.next = STREAMS * repeats // 3
        await asyncio.gather(*(until(streams, STREAMS * (repeats + 1) // 3) for _ in range(AT_ONCE)))
    at_least("D7", "streams followed over sockets", streams.next, STREAMS)
    at_least("D7", "cuts and stalls in them", sum(streams.spoiled.values()), STREAMS)
    at_least("D7", "different bytes to cut at", len(streams.places), min(STREAMS, LONGEST))
    exactly("D7", "verdicts missing", streams.wrong["missing"])
    exactly("D7", "verdicts told twice", streams.wrong["twice"])
    exactly("D7", "streams without exactly one end", streams.wrong["ends"])


async def until(streams: Streams, end: int) -> None:
    while streams.next < end:
        streams.next += 1
        await streams.follow_one(streams.next)
