"""Sending after the clock was set back: nobody waits for the old time to come round again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram.error import RetryAfter

from bot.metrics import Metrics
from bot.sending.pacer import Pacer
from bot.sending.turns import Turns
from tests.bot.test_pacer import VirtualClock

HOUR = 3600.0


class Wound(VirtualClock):
    """A clock that somebody sets; who sleeps sleeps for as long as before."""

    def set_back(self, seconds: float) -> None:
        self.time -= seconds
        self._sleepers = [(at - seconds, order, sleeper) for at, order, sleeper in self._sleepers]


@pytest.fixture
def clock() -> Wound:
    return Wound()


@pytest.fixture
async def turns(clock: Wound) -> AsyncIterator[Turns]:
    made = Turns(clock)
    made.start()
    yield made
    await made.stop()


async def took(clock: Wound, turns: Turns, *chats: int) -> float:
    """How long it takes until each of them had a turn."""
    began = clock.time
    tasks = [asyncio.create_task(turns.take(chat, broadcast=False)) for chat in chats]
    await clock.run_until(lambda: all(task.done() for task in tasks), limit=2 * HOUR)
    return clock.time - began


async def test_replies_go_on_at_their_pace(clock: Wound, turns: Turns) -> None:
    await took(clock, turns, *range(1, 31))
    clock.set_back(HOUR)
    assert await took(clock, turns, *range(101, 161)) < 10, "sixty people, thirty a second"


async def test_one_chat_and_one_group_go_on_at_their_pace(clock: Wound, turns: Turns) -> None:
    for chat in (1, -5):
        for _ in range(4):
            await took(clock, turns, chat)
        clock.set_back(HOUR)
        assert await took(clock, turns, chat) < 10


async def test_who_waits_while_it_is_set_back_waits_no_longer(clock: Wound, turns: Turns) -> None:
    await took(clock, turns, 1, 1, 1, 1)
    waiting = asyncio.create_task(turns.take(1, broadcast=False))
    await asyncio.sleep(0)
    clock.set_back(HOUR)
    assert await took(clock, turns, 2) < 10
    began = clock.time
    await clock.run_until(waiting.done, limit=2 * HOUR)
    assert clock.time - began < 10


async def test_a_pause_of_telegrams_lasts_as_long_as_it_said(clock: Wound) -> None:
    pacer, refusals = Pacer(clock, Metrics()), [RetryAfter(5)]

    async def send() -> bool:
        if refusals:
            raise refusals.pop()
        return True

    await pacer.initialize()
    call = pacer.process_request(send, (), {}, "sendMessage", {"chat_id": 1}, None)
    sending = asyncio.ensure_future(call)
    await clock.run_until(lambda: not refusals)
    clock.set_back(HOUR)
    began = clock.time
    await clock.run_until(sending.done, limit=2 * HOUR)
    assert 4 < clock.time - began < 10
    await pacer.shutdown()
