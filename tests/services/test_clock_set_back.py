"""A clock that is set back by an hour makes nobody wait an hour, and keeps nothing that is old."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clients.hdhive.models import Quota
from handlers.upload.live import LiveUploads
from services.chatstatus import MUTED_SECONDS
from services.clock import Steady
from services.drive.memory import Known, Memory
from services.recent import Recent
from services.saving.saves import RUN
from services.subscriptions.pace import QUOTA_SECONDS, Allowance
from services.uploads.progress import Meter
from tests.services.conftest import House
from tests.services.jobs.runners import ManualClock
from tests.services.saving.test_saves import Shown, begin, home, many

__all__ = ["home"]

HOUR = 3600.0
GROUP = -1005


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_a_steady_clock_only_goes_on(clock: ManualClock) -> None:
    steady = Steady(clock)
    times = []
    for step in (0.0, 5.0, -HOUR, 5.0, -HOUR, 0.0, 5.0):
        clock.time += step
        times.append(steady.now())
    assert [later - times[0] for later in times] == [0.0, 5.0, 5.0, 10.0, 10.0, 10.0, 15.0]


async def test_what_is_slept_by_a_steady_clock_has_passed(clock: ManualClock) -> None:
    steady = Steady(clock)
    began = steady.now()
    sleeping = asyncio.create_task(steady.sleep(30.0))
    await asyncio.sleep(0)
    clock.time -= HOUR
    await clock.move(HOUR + 30.0)
    clock.time -= HOUR
    await sleeping
    assert 30.0 <= steady.now() - began < 31.0


def test_what_is_remembered_for_a_minute_is_not_kept_for_an_hour() -> None:
    recent: Recent[str, str] = Recent(5)
    recent.get("a", 10_000.0)
    recent.put("a", "old", 10_060.0)
    assert recent.get("a", 9_999.5) == "old", "those who ask side by side look at the clock in turns"
    assert recent.get("a", 10_000.0 - HOUR) is None
    recent.put("a", "new", 10_060.0 - HOUR)
    assert recent.get("a", 10_001.0 - HOUR) == "new"


def test_a_folder_is_read_anew() -> None:
    memory = Memory()
    assert memory.get((1, "/"), 10_000.0) is None
    memory.put((1, "/"), Known(0, regular=True, until=10_020.0))
    assert memory.get((1, "/"), 10_001.0) is not None
    assert memory.get((1, "/"), 10_001.0 - HOUR) is None
    assert memory.weight == 0


async def test_a_chat_that_muted_us_is_tried_again(house: House) -> None:
    statuses = house.services.chat_statuses
    await statuses.refused(GROUP, "muted")
    assert statuses.state(GROUP) == "muted"
    house.clock.advance(-HOUR)
    assert statuses.state(GROUP) is None
    await statuses.let_in(GROUP, house.clock.now())
    house.clock.advance(HOUR + MUTED_SECONDS / 2)
    assert statuses.state(GROUP) is None, "it took a message since"


async def test_somebody_who_speaks_to_us_is_answered(house: House) -> None:
    statuses = house.services.chat_statuses
    await statuses.refused(1001, "blocked")
    await statuses.heard(1001, house.clock.now() - 5)
    assert statuses.state(1001) == "blocked", "it was sent before"
    house.clock.advance(-HOUR)
    await statuses.heard(1001, house.clock.now())
    assert statuses.state(1001) is None


async def test_a_save_goes_on_telling_how_far_it_is(home: House) -> None:
    shown = Shown(home)
    done = []

    async def copied() -> None:
        # An hour back after the first batch, three seconds on after each.
        home.clock.advance(3.0 if done else -HOUR)
        done.append(home.clock.now())
        home.steps.at["save.copied"] = copied

    home.steps.at["save.copied"] = copied
    await begin(home, many(home, 500))
    await home.work(kinds=[RUN])
    assert len(done) == 5
    assert len([final for _, _, final in shown.told if not final]) >= 3


def test_bytes_have_their_speed(clock: ManualClock) -> None:
    meter = Meter(clock)
    meter.begin(10_000)
    for step in (1.0, 1.0, -HOUR, 1.0, 1.0):
        clock.time += step
        meter.add(100)
    assert meter.speed == pytest.approx(125, rel=0.01)


async def test_the_quota_is_asked_for_again(clock: ManualClock) -> None:
    asked = []

    async def call(*_: Any) -> Quota:
        asked.append(clock.now())
        return Quota()

    allowance = Allowance(
        clock, cast("Any", SimpleNamespace(quota=None)), cast("Any", SimpleNamespace(call=call))
    )
    await allowance.rate(1)
    clock.time -= HOUR
    await allowance.rate(1)
    assert len(asked) == 1
    clock.time += QUOTA_SECONDS + 1
    await allowance.rate(1)
    assert len(asked) == 2


async def test_an_uploads_card_is_edited_again(clock: ManualClock) -> None:
    shown = []

    async def get(upload_id: int) -> Any:
        shown.append(upload_id)
        return SimpleNamespace(card_id=None)

    services = SimpleNamespace(clock=clock, uploads=SimpleNamespace(get=get))
    live = LiveUploads(cast("Any", SimpleNamespace(services=services)))
    upload = SimpleNamespace(id=7, chat_id=1001, retry_at=None, card_id=None, user_id=1001)
    view = cast("Any", SimpleNamespace(upload=upload, stage=SimpleNamespace(over=False)))
    live._card_of = nothing  # type: ignore[method-assign]
    await live.changed(7, view, final=False)
    clock.time -= HOUR
    await live.changed(7, view, final=False)
    assert len(shown) == 1, "no two within two seconds"
    clock.time += 2.5
    await live.changed(7, view, final=False)
    assert len(shown) == 2


async def nothing(upload_id: int, card_id: str | None) -> None:
    del upload_id, card_id
