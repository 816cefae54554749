"""The stage of D6 as people see it: a person with everything linked, faults, and what counts as an answer."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import delete

from bot.wiring import House
from sandbox.server import Sandbox
from services.recent import Recent
from storage import links
from storage.schema import cooldowns, jobs, unlocks
from storage.tx import Tx
from tests.conftest import linked
from tests.driver import Browser, Message, Person
from tests.e2e.words import Words
from tests.guarantees import d6_acgbt, d6_drive, d6_keys, d6_mika
from tests.guarantees.d6_drive import under_way

SAY = Words("zh")
DEADLINE = 60.0
# What is shown while something is still going on.
GOING_ON = ("unlock.working", "save.working", "check.running", "linkkey.checking")
GOING_ON_IN_DRIVE = ("drive.moving", "drive.copying", "drive.deleting", "drive.reading")
INTERIM = tuple(map(SAY.starts, (*GOING_ON, *GOING_ON_IN_DRIVE)))
Act = Callable[[], Awaitable[object]]


@dataclass
class Scene:
    """What the steps work with."""

    house: House
    box: Sandbox
    person: Person
    number: int = 0
    # Where files to be fetched come from: another place while a fault stands before it as a door.
    source: str = ""

    async def fresh(self) -> None:
        """Forget what an earlier fault left behind, and link again what it has lost."""
        self.number += 1
        self.source = self.box.url
        titles, state = self.house.services.titles, self.box.world.hdhive
        titles._pages, titles._details = Recent(10), Recent(10)
        state.checkins.clear()
        state.throttles.clear()
        for resource in self.box.world.catalogue.resources.values():
            resource.unlocked_by.discard(self.person.id)
        self.box.world.people[self.person.id].points = 120
        await self.house.db.write(_wipe)
        await d6_acgbt.fresh(self)
        await d6_keys.fresh(self)
        await d6_mika.fresh(self)
        await d6_drive.fresh(self)
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


Step = tuple[str, Callable[[Scene], Awaitable[Act]]]


async def _wipe(tx: Tx) -> None:
    for table in (cooldowns, unlocks, jobs):
        await tx.conn.execute(delete(table))


def clear(message: Message) -> bool:
    """Tell whether a message is an answer: words, and not those of something still going on."""
    return bool(message.text.strip()) and not message.text.startswith(INTERIM) and not under_way(message)


@asynccontextmanager
async def fault_at(s: Scene, service: str, fault: dict[str, Any]) -> AsyncIterator[None]:
    """Spoil every call to a service for a while; behind a door no call even arrives."""
    wish = dict(fault)
    if kind := wish.pop("door", None):
        back = _lead(s, service, (await s.box.world.doors.open(kind)).url)
    else:
        back = _stay
        s.box.world.faults.add({"service": service, "times": 0, **wish})
    try:
        yield
    finally:
        back()
        s.box.world.faults.clear()


def _lead(s: Scene, service: str, door: str) -> Callable[[], None]:
    """Let all calls to a service go to a door; returns how to take that back."""
    if service == "files":
        s.source = door
        return _stay
    transport = getattr(s.house.services, service)._transport
    address, transport.base_url = transport.base_url, door
    return partial(setattr, transport, "base_url", address)


def _stay() -> None:
    """Leave everything where it is."""


async def answer_to(s: Scene, act: Act) -> tuple[Message | None, float, str]:
    """Act, and wait for the answer; tell it, how long it took, and what was wrong with it."""
    began = time.monotonic()
    await act()
    try:
        answer = await s.person.until(clear, timeout=DEADLINE)
    except AssertionError as silence:
        return None, time.monotonic() - began, str(silence)
    wrong = str(answer) if SAY("problem.unknown") in answer.text else ""
    return answer, time.monotonic() - began, wrong
