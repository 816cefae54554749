"""D6 as people see it: every fault at every step of theirs ends in one clear answer, never in silence."""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any

import pytest
from sqlalchemy import delete

import bot.upstreams
from bot.wiring import House
from clients.transport import Timeouts, Transport
from sandbox.server import Sandbox
from services.recent import Recent
from storage import inbox, links
from storage.schema import cooldowns, jobs, unlocks
from storage.tx import Tx
from tests.conftest import Start, linked
from tests.driver import Browser, Control, Message, Person
from tests.e2e import ways
from tests.e2e.words import Words
from tests.guarantees import d6_acgbt, d6_keys, d6_mika, faulty, figures

SAY = Words("zh")
SHORT = Timeouts(connect=0.5, read=0.3, total=0.8)
DEADLINE = 60.0
# What is shown while something is still going on.
INTERIM = tuple(map(SAY.starts, ("unlock.working", "save.working", "check.running", "linkkey.checking")))
SURL = "https://disk.top/s/8d2f3a"
Act = Callable[[], Awaitable[object]]


@dataclass
class Scene:
    """What the steps work with."""

    house: House
    box: Sandbox
    person: Person
    number: int = 0

    async def fresh(self) -> None:
        """Forget what an earlier fault left behind, and link again what it has lost."""
        self.number += 1
        titles, state = self.house.services.titles, self.box.world.hdhive
        titles._pages, titles._details = Recent(10), Recent(10)
        state.checkins.clear()
        state.throttles.clear()
        for resource in self.box.world.catalogue.resources.values():
            resource.unlocked_by.discard(self.person.id)
        self.box.world.people[self.person.id].points = 120
        await self.house.db.write(wipe)
        await d6_acgbt.fresh(self)
        await d6_keys.fresh(self)
        await d6_mika.fresh(self)
        for service in ("hdhive", "disktop"):
            link = await self.house.db.read(lambda tx, s=service: links.get(tx, self.person.id, s))
            if link is None or link.state != "active":
                await linked(self.person, service)

    async def until(self, label: str) -> Message:
        return await self.person.until(lambda message: message.find(SAY(label)) is not None)

    async def payload(self, service: str) -> str:
        await self.person.send(f"/link {service}")
        card = await self.person.until(lambda message: any(button.url for button in message.buttons))
        async with Browser(self.person.id) as browser:
            return await browser.link(next(button.url for button in card.buttons if button.url) or "")


async def wipe(tx: Tx) -> None:
    for table in (cooldowns, unlocks, jobs):
        await tx.conn.execute(delete(table))


async def finish_hdhive(s: Scene) -> Act:
    payload = await s.payload("hdhive")
    return lambda: s.person.start(payload)


async def finish_disktop(s: Scene) -> Act:
    payload = await s.payload("disktop")
    return lambda: s.person.start(payload)


async def search(s: Scene) -> Act:
    return lambda: s.person.send("沙丘")


async def title(s: Scene) -> Act:
    listed = await ways.titles(s.person, SAY)
    return lambda: s.person.press(listed, ways.number_of(listed, ways.YEAR))


async def resources(s: Scene) -> Act:
    return await title(s)


async def price(s: Scene) -> Act:
    slug = ways.resource(s.box, "quark", 5).slug
    return lambda: s.person.send(f"/unlock {slug}")


async def confirm(s: Scene) -> Act:
    card = await ways.asked(s.person, SAY, ways.resource(s.box, "quark", 5).slug)
    return lambda: s.person.press(card, SAY("button.confirm"))


async def check_in(s: Scene) -> Act:
    return lambda: s.person.send("/checkin")


async def check_links(s: Scene) -> Act:
    return lambda: s.person.send(f"https://pan.quark.cn/s/alive{s.number:06d}")


async def check_share(s: Scene) -> Act:
    return lambda: s.person.send(f"/check https://disk.top/s/51f11e {s.number}")


async def look(s: Scene) -> Act:
    return lambda: s.person.send(f"/save {SURL}")


async def save(s: Scene) -> Act:
    await s.person.send(f"/save {SURL}")
    card = await s.until("button.save_all")
    return lambda: s.person.press(card, SAY("button.save_all"))


async def accounts(s: Scene) -> Act:
    return lambda: s.person.send("/accounts")


async def panel(s: Scene) -> Act:
    return lambda: s.person.send("/start")


Step = tuple[str, Callable[[Scene], Awaitable[Act]]]
STEPS: tuple[Step, ...] = (
    ("hdhive", finish_hdhive),
    ("disktop", finish_disktop),
    ("tmdb", search),
    ("tmdb", title),
    ("hdhive", resources),
    ("hdhive", price),
    ("hdhive", confirm),
    ("hdhive", check_in),
    ("linkcheck", check_links),
    ("disktop", check_share),
    ("disktop", look),
    ("disktop", save),
    ("hdhive", accounts),
    ("disktop", panel),
    *d6_acgbt.STEPS,
    *d6_keys.STEPS,
    *d6_mika.STEPS,
)
# Walked side by side.
WALKS: dict[str, tuple[Step, ...]] = {
    "hdhive, disktop": tuple(step for step in STEPS if step[0] not in ("acgbt", "mika")),
    "acgbt": tuple(step for step in STEPS if step[0] == "acgbt"),
    "mika": tuple(step for step in STEPS if step[0] == "mika"),
}


def clear(message: Message) -> bool:
    """Tell whether a message is an answer: words, and not those of something still going on."""
    return bool(message.text.strip()) and not message.text.startswith(INTERIM)


@asynccontextmanager
async def fault_at(s: Scene, service: str, fault: dict[str, Any]) -> AsyncIterator[None]:
    """Spoil every call to a service for a while; behind a door no call even arrives."""
    wish = dict(fault)
    client = getattr(s.house.services, service)
    address = client._transport.base_url
    if kind := wish.pop("door", None):
        client._transport.base_url = (await s.box.world.doors.open(kind)).url
    else:
        s.box.world.faults.add({"service": service, "times": 0, **wish})
    try:
        yield
    finally:
        client._transport.base_url = address
        s.box.world.faults.clear()


def chosen(steps: tuple[Step, ...]) -> list[tuple[*Step, str, dict[str, Any]]]:
    """Every fault at every step; in the small run each step once and each fault once at least."""
    faults = list(faulty.FAULTS.items())
    both = [(service, step, name, dict(fault)) for service, step in steps for name, fault in faults]
    if figures.FULL:
        return both
    random.Random(6).shuffle(faults)
    number = max(len(steps), len(faults))
    pairs = zip(islice(cycle(steps), number), islice(cycle(faults), number), strict=True)
    return [(service, step, name, dict(fault)) for (service, step), (name, fault) in pairs]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("walk", WALKS)
async def test_d6_every_fault_at_every_step_of_a_person(
    walk: str, start: Start, box: Sandbox, xiaoyu: Person, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.upstreams, "Transport", partial(Transport, timeout=SHORT, backoff=0.01))
    await control.telegram("options", limits=False)
    await control.person(xiaoyu.id, points=120, premium=True, disk_used=0)
    steps, unclear = WALKS[walk], list[str]()
    slowest, tried = 0.0, 0
    async with start() as house:
        s = Scene(house, box, xiaoyu)
        for service, step, name, fault in chosen(steps):
            await s.fresh()
            act = await step(s)
            async with fault_at(s, service, fault):
                began = time.monotonic()
                await act()
                try:
                    answer = await xiaoyu.until(clear, timeout=DEADLINE)
                except AssertionError as silence:
                    unclear.append(f"{name} at {step.__name__}: {silence}")
                else:
                    if SAY("problem.unknown") in answer.text:
                        unclear.append(f"{name} at {step.__name__}: {answer}")
                tried, slowest = tried + 1, max(slowest, time.monotonic() - began)
        counts = await house.db.read(inbox.counts)
    assert not unclear, "\n".join(unclear)
    number = len(steps)
    what = f"faults × {number} steps a person sees, {walk}"
    figures.at_least("D6", what, tried, figures.size(number, 16 * number))
    figures.exactly("D6", f"steps without one clear answer, {walk}", len(unclear))
    figures.exactly("D6", f"updates that failed or were given up, {walk}", counts["dead"])
    figures.below("D6", f"slowest answer, seconds (time-outs: 0.8 s), {walk}", slowest, DEADLINE)
