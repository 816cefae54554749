"""C8: a press on an old, foreign or forged button only says so; no point is spent on a stale one."""

import itertools
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.intake.deliver import delivery_to
from bot.wiring import House
from sandbox.server import Sandbox
from services.unlocking.unlocking import PRESS_SECONDS
from storage.inbox import Entry
from tests.conftest import BEN, LAOCHEN, XIAOYU, Start, linked
from tests.driver import Control, Message, Person
from tests.e2e.words import Words
from tests.guarantees.figures import at_least, exactly, size

Press = dict[str, Any]


class Presses:
    """Make presses as they come from Telegram."""

    def __init__(self, house: House, card: Message, data: str) -> None:
        self.house, self.card, self.data = house, card, data
        self.numbers = itertools.count(5_000_000)
        self._hand = delivery_to(house.application)
        # Sending is paced as ever for people; here it would only be waited for.
        house.application.bot._rate_limiter = None

    async def hand(self, *, person: int = XIAOYU, age: float = 0.0, **changes: Any) -> None:
        now, number = self.house.services.clock.now(), next(self.numbers)
        chat = {"id": changes.get("chat", XIAOYU), "type": "private", "first_name": "N"}
        bot = {"id": self.house.application.bot.id, "is_bot": True, "first_name": "B", "username": "b"}
        message = {"message_id": changes.get("message", self.card.id), "date": 1, "chat": chat, "from": bot}
        query = {
            "id": str(number),
            "from": {"id": person, "is_bot": False, "first_name": "N", "language_code": "en"},
            "chat_instance": "1",
            "message": message,
            "data": changes.get("data", self.data),
        }
        entry = Entry(number, XIAOYU, {"update_id": number, "callback_query": query}, now - age)
        await self._hand(entry, True)


def forgeries(presses: Presses, chance: random.Random) -> Callable[[], Press]:
    """Return what makes presses that no button of ours sends, or not for this person."""
    card_id, _, _ = presses.data.partition(":")
    letters = "abcXYZ019:-_;/ é中"

    def forged() -> Press:
        kind = chance.randrange(6)
        if kind == 0:
            return {"person": chance.choice((BEN, LAOCHEN, 4_000_000))}
        if kind == 1:
            return {"message": presses.card.id + chance.choice((-2, -1, 1, 2, 1000))}
        if kind == 2:
            return {"chat": chance.choice((BEN, -1001000000001)), "person": chance.choice((XIAOYU, BEN))}
        if kind == 3:
            return {"data": "".join(chance.choices(letters, k=chance.randrange(0, 60)))}
        if kind == 4:
            other = "".join(chance.sample(card_id, len(card_id)))
            return {"data": presses.data.replace(card_id, other if other != card_id else "x" * 10)}
        wrong = chance.choice(
            (":confirm:-1", ":confirm:1e9", ":confirm:", ":unlock:x", ":confirm:٣", ":pay:0", "::")
        )
        return {"data": card_id + wrong}

    return forged


@pytest.fixture
async def presses(box: Sandbox, start: Start, control: Control, xiaoyu: Person) -> AsyncIterator[Presses]:
    """A card of xiaoyu's that asks whether to pay, in front of the real bot."""
    say = Words("zh")
    await control.telegram("options", limits=False)
    priced = [s.slug for s in box.world.catalogue.resources.values() if 0 < (s.unlock_points or 0) <= 20]
    async with start() as house:
        await linked(xiaoyu, "hdhive")
        await xiaoyu.send(f"/unlock {priced[0]}")
        facts = await xiaoyu.until(lambda m: m.find(say("button.unlock")) is not None)
        await xiaoyu.press(facts, say("button.unlock"))
        asks = await xiaoyu.until(lambda m: m.id == facts.id and m.find(say("button.confirm")) is not None)
        button = asks.find(say("button.confirm"))
        assert button is not None
        assert button.data
        yield Presses(house, asks, button.data)


async def test_c8_no_point_is_spent_on_a_wrong_press(
    presses: Presses, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, chance = size(1000, 10_000), random.Random(8)
    forged, answered, spent = forgeries(presses, chance), count_answers(presses, monkeypatch), charges(box)
    stale = 0
    for number in range(most):
        if number % 3:
            await presses.hand(**forged())
        else:
            stale += 1
            await presses.hand(age=PRESS_SECONDS + chance.uniform(0.1, 86_400.0))
    at_least("C8", f"presses by the wrong person, forged, or late ({stale})", most, most)
    exactly("C8", "points or resources spent on them", charges(box) - spent)
    exactly("C8", "presses nobody answered", most - len(answered))
    # A late Yes ends the question: it is asked anew, and the very same press is a good one, in time.
    await presses.hand(data=presses.data.replace(":confirm:", ":unlock:"))
    await presses.hand()
    exactly("C8", "charges by the same button in time", charges(box) - spent, 1)


def count_answers(presses: Presses, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note answers on their way out: Telegram does not know these presses and would refuse them."""
    answered: list[str] = []

    async def note(self: Any, callback_query_id: str, text: str | None = None, *_: Any, **__: Any) -> bool:
        answered.append(text or "")
        return True

    monkeypatch.setattr(type(presses.house.application.bot), "answer_callback_query", note)
    return answered


def charges(box: Sandbox) -> int:
    return len(box.world.hdhive.charges)
