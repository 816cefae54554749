"""Who asks for too much is told so once, and what failed is told at the next try, not done."""

from dataclasses import replace

import pytest
from telegram.error import NetworkError

from bot.intake.deliver import delivery_to
from bot.intake.ratelimit import Allowance, Allowances, RateLimiter
from bot.wiring import House
from handlers.texts import Texts
from sandbox.server import Sandbox
from storage.inbox import Entry
from tests.bot.intake_parts import update
from tests.conftest import XIAOYU
from tests.driver import Control, Person

NONE = Allowance(0.0, 0.0)


async def test_what_is_too_much_stays_so_when_the_answer_to_it_failed(
    house: House, box: Sandbox, control: Control, xiaoyu: Person
) -> None:
    await xiaoyu.send("/start")
    await xiaoyu.until(lambda message: bool(message.text))
    hand = delivery_to(house.application, RateLimiter(Allowances(NONE, NONE, NONE)), house.metrics)
    raw = update(1, XIAOYU, "/help")
    raw["message"]["entities"] = [{"type": "bot_command", "offset": 0, "length": 5}]
    first = Entry(1, XIAOYU, raw, house.services.clock.now(), owner_id=XIAOYU)
    await control.fault("telegram", "*/sendMessage", "status", status=502, times=1)
    before = box.world.journal.count("telegram", "POST", "/sendMessage")
    with pytest.raises(NetworkError):
        await hand(first, False)
    assert told(house) == 0, "nobody was told"
    await hand(replace(first, attempts=1), False)
    await xiaoyu.until(Texts.load().speaker("en")("arrival.too_many"))
    assert box.world.journal.count("telegram", "POST", "/sendMessage") == before + 2
    assert told(house) == 1


def told(house: House) -> float:
    return house.metrics.updates.labels("too_many")._value.get()
