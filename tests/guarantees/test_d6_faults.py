"""D6: whatever an upstream does, every call of ours ends in time, in an answer or in one of our errors."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import pytest

import clients.mika.calls as mika_calls
from clients.acgbt import site
from clients.disktop import endpoints, uploads
from clients.errors import ClientError, RateLimited
from clients.transport import Timeouts
from sandbox.server import Sandbox
from tests.guarantees import faulty, figures

SHORT = Timeouts(connect=1.0, read=1.0, total=2.5)
# A machine that is busy with other things answers late, and that is no fault.
CALM = Timeouts(connect=15.0, read=15.0, total=20.0)
DEADLINE = 60.0
SERVICES = ("hdhive", "disktop", "disktop-upload", "linkcheck", "tmdb", "acgbt", "mika", "files")
CALLS = 106


async def test_d6_every_call_of_every_client_is_tried(box: Sandbox) -> None:
    async with faulty.clients(box, SHORT) as on:
        named = set(faulty.calls(on, faulty.Known()))
        there = {
            f"{service}.{name}"
            for service, client in on.by_name().items()
            for name in faulty.methods_of(client)
        }
    assert named == there
    figures.exactly("D6", "kinds of fault", len(faulty.FAULTS), 16)
    figures.exactly("D6", "calls of the clients", len(named), CALLS)


async def test_d6_every_fault_at_every_call(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """All calls at once under one lasting fault after the other; in full with the product's own time-outs."""
    tried, unhandled, slowest = 0, [], 0.0
    for name, fault in faulty.variants():
        timeouts = time_outs(name, monkeypatch)
        for outcome in await under(box, fault, timeouts):
            call, seconds, error = outcome
            tried, slowest = tried + 1, max(slowest, seconds)
            if not (error is None or isinstance(error, ClientError)):
                unhandled.append(f"{name} at {call}: {error!r}")
            if name.startswith("429") and not isinstance(error, RateLimited):
                unhandled.append(f"{name} at {call}: {error!r} for a 429")
    figures.at_least("D6", "faults × calls of the clients, over sockets", tried, 20 * CALLS)
    figures.exactly(
        "D6", f"unhandled: {'; '.join(unhandled)[:900]}" if unhandled else "unhandled", len(unhandled)
    )
    waited = Timeouts().total if figures.FULL else SHORT.total
    figures.below("D6", f"slowest call, seconds (time-outs where one waits: {waited:g} s)", slowest, DEADLINE)


def time_outs(name: str, monkeypatch: pytest.MonkeyPatch) -> Timeouts:
    """Give every way out the time-outs for a fault: in full the product's own, else short where one waits."""
    if figures.FULL:
        return Timeouts()
    short = SHORT if name in faulty.WAITING else CALM
    monkeypatch.setattr(endpoints, "PATIENT", short)
    monkeypatch.setattr(uploads, "SILENCE_SECONDS", short.total)
    monkeypatch.setattr(mika_calls, "_PATIENT", short)
    monkeypatch.setattr(mika_calls, "SILENCE_SECONDS", short.total)
    monkeypatch.setattr(site, "Timeouts", lambda: short)
    return short


async def under(
    box: Sandbox, fault: dict[str, Any], timeouts: Timeouts
) -> list[tuple[str, float, BaseException | None]]:
    """Make every call under one fault, from fresh tokens, and tell how each ended and after how long."""
    box.world.reset()
    async with faulty.clients(box, CALM) as on:
        known = await faulty.know(box, on)
    wish, door = dict(fault), None
    if kind := wish.pop("door", None):
        door = (await box.world.doors.open(kind)).url
        known.endpoint, known.keyed.source = f"{door}/disktop-upload", f"{door}/files/a.bin"
    else:
        for service in SERVICES:
            box.world.faults.add({"service": service, "times": 0, **wish})
    async with faulty.clients(box, timeouts, door=door) as on:
        work = faulty.calls(on, known)
        ended = await asyncio.gather(*(timed(call()) for call in work.values()))
    box.world.faults.clear()
    return [(name, *end) for name, end in zip(work, ended, strict=True)]


async def timed(call: Awaitable[object]) -> tuple[float, BaseException | None]:
    began = time.monotonic()
    try:
        async with asyncio.timeout(DEADLINE):
            await call
    except Exception as error:  # noqa: BLE001 - what it is, is the question
        return time.monotonic() - began, error
    return time.monotonic() - began, None
