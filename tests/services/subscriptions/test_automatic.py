"""Unlocking and saving by itself: within the limit and the day's points, each step on one receipt."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

import pytest

from sandbox.catalogue import Resource
from services.names import Service
from services.subscriptions import NEWS, RECEIPT, Receipt
from services.subscriptions.telling import AUTO
from tests.services.conftest import Builder, House
from tests.services.jobs.living import open_jobs
from tests.services.subscriptions.following import XIAOYU, follow, live, new, notices, running, title


class Shown:
    """What the receipts' cards were told."""

    def __init__(self, house: House) -> None:
        self.cards: list[str] = []
        self.told: list[tuple[str, Receipt]] = []
        self.hear(house)

    def hear(self, house: House) -> None:
        house.services.subscriptions.automatic.begin = self.begin
        house.services.subscriptions.automatic.on_change = self.changed

    async def begin(self, user_id: int, receipt: Receipt) -> str:
        assert user_id == XIAOYU
        assert receipt.items
        self.cards.append(f"card{len(self.cards)}")
        return self.cards[-1]

    async def changed(self, card_id: str, receipt: Receipt) -> None:
        self.told.append((card_id, receipt))

    @property
    def last(self) -> Receipt:
        return self.told[-1][1]

    def states(self) -> list[str]:
        return [self.last.step(one.slug).state for one in self.last.resources]

    def steps(self, slug: str) -> list[str]:
        found = [receipt.step(slug).state for _, receipt in self.told]
        return [state for n, state in enumerate(found) if n == 0 or found[n - 1] != state]


@pytest.fixture
async def home(house: House) -> House:
    """Somebody who follows a film, and lets what costs up to 5 points be unlocked by itself."""
    await house.link(XIAOYU)
    await house.link(XIAOYU, Service.DISKTOP)
    made = await follow(house)
    await house.services.subscriptions.follows.automatic(made.subscription.id, auto=True)
    await house.services.people.change(XIAOYU, unlock_limit=5, auto_unlock_budget=12, default_folder="/新片")
    return house


def share(house: House, **facts: Any) -> Resource:
    (made,) = new(house, drive="disktop", **facts)
    return made


async def unlocks_sent(house: House) -> int:
    return len(await house.calls("hdhive", "POST", "/resources/unlock"))


async def charged(house: House) -> int:
    return sum(charge.points for charge in house.box.world.hdhive.charges)


async def test_what_is_new_is_unlocked_and_saved(home: House) -> None:
    shown = Shown(home)
    made = share(home, unlock_points=3)
    await live(home)
    assert shown.steps(made.slug) == ["saving", "saved"]
    step = shown.last.step(made.slug)
    assert (step.points, step.dest) == (3, "/新片")
    assert step.files >= 1
    assert (shown.last.spent, await charged(home)) == (3, 3)
    sent = await home.calls("disktop", "POST", "/transfer")
    assert {parse_qs(str(call["body"]))["dest_path"][0].split("/")[1] for call in sent} == {"新片"}
    assert await notices(home, NEWS) == [], "the receipt is the notice"
    (receipt,) = await notices(home, RECEIPT)
    assert receipt.payload["card_id"] == "card0"
    assert await open_jobs(home, AUTO) == []


async def test_limits_are_kept(home: House) -> None:
    shown = Shown(home)
    for points in (5, 5, 5, 6, 0):
        new(home, drive="quark", unlock_points=points)
    await live(home)
    assert [one.unlock_points for one in shown.last.resources] == [0, 5, 5, 5, 6]
    assert shown.states() == ["unlocked", "unlocked", "unlocked", "budget", "above"]
    assert await charged(home) == 10
    assert await unlocks_sent(home) == 3
    home.clock.advance(86_400.0)
    new(home, drive="quark", unlock_points=5)
    await live(home)
    assert shown.states()[0] == "unlocked", "another day has other points"
    assert await charged(home) == 15


async def test_too_many_at_once_are_left_to_be_pressed(home: House) -> None:
    shown = Shown(home)
    new(home, count=8, drive="quark", unlock_points=0)
    await live(home)
    assert shown.states() == ["unlocked"] * 5 + ["left"] * 3
    assert await unlocks_sent(home) == 5


async def test_a_price_that_rose_is_not_paid(home: House) -> None:
    shown = Shown(home)
    (made,) = new(home, drive="quark", unlock_points=2)

    async def raise_price() -> None:
        made.unlock_points = 4

    home.steps.at["auto.begun"] = raise_price
    await live(home)
    step = shown.last.step(made.slug)
    assert (step.state, step.points) == ("above", 4)
    assert await unlocks_sent(home) == 0


async def test_without_points_it_stops(home: House) -> None:
    shown = Shown(home)
    home.box.world.people[XIAOYU].points = 1
    for _ in range(3):
        new(home, drive="quark", unlock_points=3)
    await live(home)
    assert shown.states() == ["refused"] * 3
    assert {shown.last.step(one.slug).reason for one in shown.last.resources} == {"INSUFFICIENT_POINTS"}
    assert await unlocks_sent(home) == 1


async def test_a_doubtful_unlock_is_waited_for(home: House) -> None:
    shown = Shown(home)
    made = share(home, unlock_points=3)
    home.fault("hdhive", "*/resources/unlock", "reset_after")
    await live(home)
    assert shown.steps(made.slug) == ["unlocking"]
    await home.work(until=30.0, kinds=["unlock.settle"])
    await live(home, 60.0)
    assert shown.steps(made.slug) == ["unlocking", "saving", "saved"]
    assert await charged(home) == 3


async def test_faults_are_tried_again(home: House) -> None:
    shown = Shown(home)
    made = share(home, unlock_points=1)
    home.fault("hdhive", "*/shares/*", "status", status=500, times=3)
    home.fault("disktop", "*/share/info", "status", status=502, times=3)
    await live(home, 3000.0)
    assert shown.steps(made.slug)[-1] == "saved"
    assert await charged(home) == 1


async def test_a_share_that_cannot_be_saved_keeps_its_link(home: House) -> None:
    shown = Shown(home)
    made = share(home, unlock_points=1)
    home.box.world.people[XIAOYU].disk_used = home.box.world.people[XIAOYU].disk_total
    await live(home)
    step = shown.last.step(made.slug)
    assert (step.state, step.reason) == ("unsaved", "full")


async def test_who_has_no_disktop_gets_the_link(house: House) -> None:
    await house.link(XIAOYU)
    made = await follow(house)
    await house.services.subscriptions.follows.automatic(made.subscription.id, auto=True)
    shown = Shown(house)
    share(house, unlock_points=0)
    new(house, drive="quark", unlock_points=1)
    await live(house)
    assert shown.states() == ["unlocked", "above"], "nobody who chose no limit pays"


async def test_it_is_for_people_only(home: House) -> None:
    follows = home.services.subscriptions.follows
    ours = await follows.follow(XIAOYU, -5, None, title())
    changed = await follows.automatic(ours.subscription.id, auto=True)
    assert changed is not None
    assert not changed.subscription.auto


@pytest.mark.parametrize(
    "step", ["auto.begun", "unlock.claimed", "unlock.answered", "auto.answered", "auto.copying", "auto.saved"]
)
async def test_a_killed_process_pays_once_and_goes_on(home: House, build: Builder, step: str) -> None:
    shown = Shown(home)
    made = share(home, unlock_points=3)
    home.steps.crash_at = step
    home.clock.advance(900.0)
    async with running(home):
        while step not in home.steps.seen:  # noqa: ASYNC110 - it dies in the runner's own task
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
    successor = build()
    shown.hear(successor)
    await successor.services.resume()
    successor.clock.advance(31.0)
    for _ in range(4):
        await live(successor, 35.0)
        await successor.work(until=35.0, kinds=["unlock.settle"])
    assert shown.last.step(made.slug).state == "saved"
    assert await charged(successor) == 3
    assert len(shown.cards) == 1
    assert len(await notices(successor, RECEIPT)) == 1
    assert shown.last.spent == 3
    await successor.services.close()


async def test_what_was_bought_by_a_press_is_no_part_of_the_bill(home: House) -> None:
    shown = Shown(home)
    (made,) = new(home, drive="quark", unlock_points=3)
    now = home.clock.now()
    await home.services.unlocking.unlock(XIAOYU, made.slug, 3, None, now)
    await live(home)
    assert shown.states() == ["unlocked"]
    assert shown.last.spent == 0
    assert await unlocks_sent(home) == 1
