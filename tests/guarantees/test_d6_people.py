"""D6 as people see it: every fault at every step of theirs ends in one clear answer, never in silence."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import pytest

import bot.upstreams
import clients.mika.calls as mika_calls
import services.uploads.queue
from bot.wiring import linkhive
from clients.disktop import endpoints, uploads
from clients.fetch.fetcher import Fetcher
from clients.transport import Timeouts, Transport
from sandbox.server import Sandbox
from services.uploads.pace import UploadPace
from storage import inbox
from tests.conftest import XIAOYU, environment, settings_of
from tests.driver import Control, Person
from tests.guarantees import d6_acgbt, d6_drive, d6_keys, d6_main, d6_mika, faulty, figures
from tests.guarantees.d6_scene import DEADLINE, Scene, Step, answer_to, fault_at

SHORT = Timeouts(connect=0.5, read=0.3, total=0.8)
KEYED: tuple[Step, ...] = (*d6_acgbt.STEPS, *d6_keys.STEPS, *d6_mika.STEPS)
# Each walked side by side by so many people with a bot of their own: nearly all of it is waiting.
LANES = 4
WALKS: dict[str, tuple[Step, ...]] = {
    "hdhive, disktop": d6_main.STEPS,
    "acgbt": tuple(step for step in KEYED if step[0] == "acgbt"),
    "mika": tuple(step for step in KEYED if step[0] == "mika"),
    "drive": d6_drive.STEPS,
}
# Steps of every kind, among them those that make several calls one after the other.
MEASURED: tuple[Step, ...] = (
    ("disktop", d6_drive.ask_delete),
    ("disktop", d6_drive.remove),
    ("disktop", d6_drive.rename),
    ("disktop", d6_drive.browse),
    ("disktop", d6_drive.upload_file),
    ("disktop", d6_main.save),
    ("hdhive", d6_main.resources),
    ("hdhive", d6_main.confirm),
    ("tmdb", d6_main.search),
    ("linkcheck", d6_main.check_links),
    ("acgbt", d6_acgbt.item),
    ("mika", d6_mika.save),
)
# A check whose answers drip goes on for as long as they move; its card shows that and can be stopped.
GOES_ON = {("check_links", "drip")}
# Getting ready is work for the processor, waiting is none.
AT_ONCE = 2


def chosen(steps: tuple[Step, ...]) -> list[tuple[Step, str]]:
    """Every fault at every step; in the small run each step once and each fault once at least."""
    faults = list(faulty.FAULTS)
    if figures.FULL:
        return [(step, name) for step in steps for name in faults]
    random.Random(6).shuffle(faults)
    number = max(len(steps), len(faults))
    return list(zip(islice(cycle(steps), number), islice(cycle(faults), number), strict=True))


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every way out short time-outs, and uploads short pauses."""
    monkeypatch.setattr(bot.upstreams, "Transport", partial(Transport, timeout=SHORT, backoff=0.01))
    monkeypatch.setattr(bot.upstreams, "Fetcher", partial(Fetcher, limits=faulty.limits(SHORT)))
    monkeypatch.setattr(services.uploads.queue, "UploadPace", partial(UploadPace, pause=0.05, later=600.0))
    monkeypatch.setattr(endpoints, "PATIENT", SHORT)
    monkeypatch.setattr(uploads, "SILENCE_SECONDS", SHORT.total)
    monkeypatch.setattr(mika_calls, "_PATIENT", SHORT)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("walk", WALKS)
async def test_d6_every_fault_at_every_step_of_a_person(
    walk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    pairs = chosen(WALKS[walk])
    async with AsyncExitStack() as stack:
        scenes = [
            await stack.enter_async_context(scene(folder(tmp_path, f"lane {lane}"))) for lane in range(LANES)
        ]
        walks = (walked(s, pairs[lane::LANES]) for lane, s in enumerate(scenes))
        ended = [end for lane in await asyncio.gather(*walks) for end in lane]
        dead = [(await s.house.db.read(inbox.counts))["dead"] for s in scenes]
    unclear = [wrong for wrong, _ in ended if wrong]
    assert not unclear, "\n".join(unclear)
    number = len(WALKS[walk])
    what = f"faults × {number} steps a person sees, {walk}"
    figures.at_least("D6", what, len(ended), figures.size(number, 16 * number))
    figures.exactly("D6", f"steps without one clear answer, {walk}", len(unclear))
    figures.exactly("D6", f"updates that failed or were given up, {walk}", sum(dead))
    slowest = max(seconds for _, seconds in ended)
    figures.below("D6", f"slowest answer, seconds (time-outs: 0.8 s), {walk}", slowest, DEADLINE)


async def walked(s: Scene, pairs: list[tuple[Step, str]]) -> list[tuple[str, float]]:
    """Go through a part of a walk with a bot of its own."""
    return [await timed(s, step, name, nullcontext()) for step, name in pairs]


async def hosts(box: Sandbox) -> str:
    """Return where files may be fetched from: the sandbox, and the doors before it."""
    doors = [await box.world.doors.open(str(kind)) for kind in ("refuse", "tls", "certificate")]
    return ",".join(url.partition("://")[2] for url in (box.url, *(door.url for door in doors)))


@pytest.mark.timeout(1800)
async def test_d6_a_person_hears_within_a_minute(tmp_path: Path) -> None:
    """With the product's own time-outs; each step has a bot of its own, so that they wait side by side."""
    steps, faults = (MEASURED, faulty.WAITING) if figures.FULL else (MEASURED[:2], faulty.WAITING[:1])
    unclear, slowest, tried = list[str](), (0.0, ""), 0
    async with AsyncExitStack() as stack:
        scenes = [
            await stack.enter_async_context(scene(folder(tmp_path, f"{service} {step.__name__}")))
            for service, step in steps
        ]
        for name in faults:
            gate, every = asyncio.Semaphore(AT_ONCE), zip(scenes, steps, strict=True)
            pairs = [(s, step) for s, step in every if (step[1].__name__, name) not in GOES_ON]
            ended = await asyncio.gather(*(timed(s, step, name, gate) for s, step in pairs))
            for (_, (_, step)), (wrong, seconds) in zip(pairs, ended, strict=True):
                tried, slowest = tried + 1, max(slowest, (seconds, f"{name} at {step.__name__}"))
                unclear += [wrong] if wrong else []
    assert not unclear, "\n".join(unclear)
    number = figures.size(2, len(MEASURED) * len(faulty.WAITING) - len(GOES_ON))
    figures.at_least("D6", "faults that wait × steps, the product's time-outs", tried, number)
    figures.below("D6", f"slowest answer, the product's time-outs: {slowest[1]}", slowest[0], DEADLINE)


async def timed(
    s: Scene, named: Step, name: str, gate: AbstractAsyncContextManager[None]
) -> tuple[str, float]:
    """Do a step under a fault; return what was wrong, and how long it took."""
    service, step = named
    async with gate:
        await s.fresh()
        act = await step(s)
    async with fault_at(s, service, dict(faulty.FAULTS[name])):
        _, seconds, wrong = await answer_to(s, act)
    return (f"{name} at {step.__name__}: {wrong}" if wrong else ""), seconds


def folder(parent: Path, name: str) -> Path:
    """Make a folder for a bot of its own."""
    made = parent / name
    made.mkdir()
    return made


@asynccontextmanager
async def scene(home: Path) -> AsyncIterator[Scene]:
    """Open a sandbox with a bot before it and a person in it."""
    async with Sandbox() as box, Person(box.url, XIAOYU) as person, Control(box.url) as control:
        await control.telegram("options", limits=False)
        await control.person(person.id, points=120, premium=True, disk_used=0)
        settings = settings_of(environment(box, home, FETCH_ALLOWED_HOSTS=await hosts(box)))
        async with linkhive(settings) as house:
            yield Scene(house, box, person)
