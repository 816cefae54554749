"""E6: one person or one group that asks a thousand times a second slows nobody else down."""

import asyncio
import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.wiring import House, linkhive
from tests.conftest import settings_of
from tests.guarantees import c_delivery as delivery
from tests.guarantees.figures import at_least, size, swiftly

FLOODER, GROUP = 900_001, -1_000_900_000_001
A_SECOND, OTHERS_A_SECOND, BATCH = 1000, 24, 50
Flood = Callable[[int], dict[str, Any]]


class Answered(delivery.Recorder):
    """Notes when each chat got its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[int, float] = {}

    async def __call__(self, method: str, parameters: dict[str, Any], writer: Any) -> tuple[int, Any]:
        answer = await super().__call__(method, parameters, writer)
        if method == "sendMessage":
            self.at.setdefault(int(parameters["chat_id"]), time.perf_counter())
        return answer


def command(number: int, chat: int, person: int) -> dict[str, Any]:
    kind = "private" if chat > 0 else "supergroup"
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1,
            "chat": {"id": chat, "type": kind, "title": "G"},
            "from": {"id": person, "is_bot": False, "first_name": "N", "language_code": "en"},
            "text": "/help",
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
        },
    }


def by_a_person(number: int) -> dict[str, Any]:
    return command(number, FLOODER, FLOODER)


def by_a_group(number: int) -> dict[str, Any]:
    """Every one of a thousand members takes part."""
    return command(number, GROUP, FLOODER + number % 1000)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[tuple[House, Answered]]:
    async with delivery.recording(Answered()) as (recorder, env):
        env["DATABASE_URL"] = f"sqlite:///{tmp_path / 'linkhive.db'}"
        async with linkhive(settings_of(env)) as house:
            yield house, recorder


@pytest.mark.parametrize("flood", [by_a_person, by_a_group])
async def test_e6_a_flood_starves_nobody(flood: Flood, place: tuple[House, Answered]) -> None:
    """Phases with and without the flood in turns; the quietest of three runs, the machine is not alone."""
    house, recorder = place
    rises, rates = [], []
    for run in range(3):
        waits, came = await phases(house, recorder, flood, run * 10_000_000)
        rates.append(came)
        rises.append((p99(waits[True]) - p99(waits[False])) * 1000)
        if rises[-1] < 100:
            break
    name = flood.__name__.replace("_", " ")
    at_least("E6", f"commands a second from one, {name}", min(rates), A_SECOND)
    swiftly("E6", f"others' p99 rises by ms, {name}", min(rises), 100)
    assert recorder.sent[GROUP if flood is by_a_group else FLOODER] >= 1


async def phases(
    house: House, recorder: Answered, flood: Flood, base: int
) -> tuple[dict[bool, list[float]], float]:
    numbers = itertools.count(base + 1)
    waits: dict[bool, list[float]] = defaultdict(list)
    flooded = took = 0.0
    for phase in range(size(6, 20)):
        began, seconds, floods = time.perf_counter(), size(1.5, 6), phase % 2 == 1
        stop = asyncio.Event()
        flooding = asyncio.create_task(pour(house, flood, numbers, stop)) if floods else None
        waits[floods] += await others(house, recorder, numbers, seconds)
        stop.set()
        if flooding is not None:
            took += time.perf_counter() - began
            flooded += await flooding
    return waits, flooded / took


async def pour(house: House, flood: Flood, numbers: "itertools.count[int]", stop: asyncio.Event) -> int:
    """Bring batches evenly over the second, whether those before are stored already or not."""
    began, sent, accepting = time.perf_counter(), 0, []
    while not stop.is_set():
        batch = [flood(next(numbers)) for _ in range(BATCH)]
        accepting.append(asyncio.create_task(house.store.accept(batch)))
        sent += BATCH
        ahead = sent / (A_SECOND * 1.1) - (time.perf_counter() - began)
        await asyncio.sleep(max(ahead, 0.0))
    await asyncio.gather(*accepting)
    return sent


async def others(
    house: House, recorder: Answered, numbers: "itertools.count[int]", seconds: float
) -> list[float]:
    """Let people who never came before ask one thing each; return how long their answers took."""
    asked: dict[int, float] = {}
    accepting = []
    began = time.perf_counter()
    for turn in range(int(seconds * OTHERS_A_SECOND)):
        number = next(numbers)
        person = 1_000_000 + number
        asked[person] = time.perf_counter()
        accepting.append(asyncio.create_task(house.store.accept([command(number, person, person)])))
        await asyncio.sleep(max(0.0, began + (turn + 1) / OTHERS_A_SECOND - time.perf_counter()))
    await asyncio.gather(*accepting)
    async with asyncio.timeout(60):
        while not asked.keys() <= recorder.at.keys():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return [recorder.at[person] - at for person, at in asked.items()]


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]
