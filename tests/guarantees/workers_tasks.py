"""What the children of the farm do: the real services on the test's database, against its sandbox."""

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from clients.disktop.client import DiskTop
from clients.hdhive.client import HDHive
from clients.hdhive.models import Share
from clients.transport import Timeouts, Transport
from services import Services, building
from services.errors import LinkLost
from services.names import Service
from services.runner import JobRunner
from storage.crypto import KeyRing
from storage.database import Database

KEY = bytes(range(32))
Say = Callable[..., None]


class Shifted:
    """The machine's clock, put forward."""

    def __init__(self, shift: float) -> None:
        self.shift = shift

    def now(self) -> float:
        return time.time() + self.shift

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Moved(Shifted):
    """The machine's clock, put forward by a file that a test changes while others read it."""

    def __init__(self, file: Path) -> None:
        super().__init__(0.0)
        self.file = file

    def now(self) -> float:
        return super().now() + float(self.file.read_text())


def clock_of(world: dict[str, Any]) -> Shifted:
    """Return the clock a worker goes by."""
    return Moved(Path(world["clock"])) if "clock" in world else Shifted(world.get("shift", 0.0))


@dataclass
class Steps:
    """Kill this process at a named step, the n-th time it is reached, or have it stand still there, once."""

    kill_at: str | None = None
    nth: int = 1
    gate: Callable[[], Coroutine[Any, Any, None]] | None = None
    stop_at: str | None = None
    say: Say | None = None

    async def __call__(self, step: str) -> None:
        if step == self.stop_at and self.say is not None:
            self.stop_at = None
            self.say(stopped=step)
            os.kill(os.getpid(), signal.SIGSTOP)
        if step == self.kill_at:
            self.nth -= 1
            if self.nth <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        if step == "unlock.priced" and self.gate is not None:
            await self.gate()


class OnePrice(HDHive):
    """The real client; presses that ask for a price at the same moment share one answer."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._asked: dict[str, asyncio.Task[Share]] = {}

    async def share(self, token: str, slug: str) -> Share:
        if slug not in self._asked:
            self._asked[slug] = asyncio.create_task(super().share(token, slug))
        return await self._asked[slug]


@asynccontextmanager
async def services(
    world: dict[str, Any], steps: Steps, kind: type[HDHive] = HDHive
) -> AsyncIterator[Services]:
    """Build the services of one process."""
    db = await Database.open(world["database"], KeyRing([KEY]))
    name = world["service"]
    transport = Transport(name, f"{world['box']}/{name}", timeout=Timeouts(5, 10, 20), backoff=0.01)
    client = (kind if name == "hdhive" else DiskTop)(transport, world["id"], world["secret"])
    built = building.build(
        db,
        clock_of(world),
        public_url="http://127.0.0.1:8080/",
        **{name: client},
        holder=world.get("holder"),
        checkin_spread=world.get("spread", 0.0),
        reached=steps,
    )
    try:
        yield built
    finally:
        await built.close()
        await transport.aclose()
        await db.close()


async def passes(gate: str) -> None:
    """Wait until the test lets everybody through at once."""

    def wait() -> None:
        with Path(gate).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    await asyncio.to_thread(wait)


async def call(
    say: Say,
    world: dict[str, Any],
    users: list[int],
    callers: int = 1,
    gate: str | None = None,
    kill_at: str | None = None,
    stop_at: str | None = None,
) -> None:
    """Make calls for many users at once; say how many went well, found the link gone, or failed."""
    async with services(world, Steps(kill_at, stop_at=stop_at, say=say)) as built:
        service = Service(world["service"])
        quota: Callable[[str], Coroutine[Any, Any, object]]
        quota = (built.require_hdhive() if service is Service.HDHIVE else built.require_disktop()).quota
        say(ready=True)
        if gate is not None:
            await passes(gate)
        ends = await asyncio.gather(
            *(built.tokens.call(user, service, quota) for user in users for _ in range(callers)),
            return_exceptions=True,
        )
    lost = sum(isinstance(end, LinkLost) for end in ends)
    failed = [repr(end) for end in ends if isinstance(end, BaseException) and not isinstance(end, LinkLost)]
    say(good=len(ends) - lost - len(failed), lost=lost, failed=failed[:5])


async def press(
    say: Say,
    world: dict[str, Any],
    user: int,
    slug: str,
    price: int,
    kill_at: str | None = None,
    stop_at: str | None = None,
) -> None:
    """Press once on one resource."""
    async with services(world, Steps(kill_at, stop_at=stop_at, say=say)) as built:
        say(ready=True)
        outcome = await built.unlocking.unlock(user, slug, price, None, built.clock.now())
        say(state=outcome.state)


@dataclass
class Wave:
    """Hold every claim of one wave back until all processes have come so far."""

    gate: str
    expected: int
    say: Callable[[int], None]
    arrived: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> None:
        self.arrived += 1
        if self.arrived == self.expected:
            self.say(self.arrived)
            await passes(self.gate)
            self.opened.set()
        await self.opened.wait()


async def presses(
    say: Say, world: dict[str, Any], user: int, waves: list[list[str]], times: int, gate: str
) -> None:
    """Press many times at once on every resource of a wave; all claims of all processes go off together."""
    steps = Steps()
    async with services(world, steps, OnePrice) as built:
        say(ready=True)
        for number, wave in enumerate(waves):
            arrived = partial(_say_wave, say, number)
            steps.gate = Wave(f"{gate}{number}", len(wave) * times, arrived)
            now = built.clock.now()
            ends = await asyncio.gather(
                *(built.unlocking.unlock(user, slug, 999, None, now) for slug in wave for _ in range(times)),
                return_exceptions=True,
            )
            bad = [repr(end) for end in ends if isinstance(end, BaseException)]
            say(**{f"done{number}": True}, bad=bad[:3])
        say(over=True)


def _say_wave(say: Say, number: int, arrived: int) -> None:
    say(**{f"wave{number}": arrived})


async def settle(
    say: Say,
    world: dict[str, Any],
    kill_at: str | None = None,
    nth: int = 1,
    limit: int = 8,
    stop_at: str | None = None,
) -> None:
    """Do the jobs that are due, as the bot does after its start."""
    async with services(world, Steps(kill_at, nth, stop_at=stop_at, say=say)) as built:
        await built.resume()
        runner = JobRunner(built.db, built.clock, world.get("holder") or "w", built.jobs(), limit=limit)
        running = asyncio.create_task(runner.run())
        say(ready=True)
        await runner.idle()
        await runner.stop()
        await running
    say(over=True)


async def checkins(
    say: Say, world: dict[str, Any], kill_at: str | None = None, nth: int = 1, limit: int = 4
) -> None:
    """Run the daily check-ins that are due, as the bot does after its start."""
    async with services(world, Steps(kill_at, nth)) as built:
        runner = JobRunner(built.db, built.clock, world["holder"], built.checkins.jobs(), limit=limit)
        running = asyncio.create_task(runner.run())
        say(ready=True)
        await runner.idle()
        await runner.stop()
        await running
    say(over=True)


TASKS = {task.__name__: task for task in (call, press, presses, settle, checkins)}
