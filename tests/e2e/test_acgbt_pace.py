"""Sixty calls a minute with one key are kept on our side: what people read then, and what goes out."""

import pytest

from bot.wiring import House
from clients.acgbt import pace
from tests.driver import Control, Journal, Message, Person
from tests.e2e.keyed import link_acgbt
from tests.e2e.words import Words


class Standing:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def minute(bot: House, monkeypatch: pytest.MonkeyPatch) -> Standing:
    """The clock by which the bot counts its calls, so that a slow machine counts the same."""
    clock = Standing()
    monkeypatch.setattr(bot.services.require_acgbt()._caller._pace, "_clock", clock)
    return clock


async def pressed_out(person: Person, say: Words, card: Message) -> Message:
    """Press Refresh until there is something else than messages to see."""
    for _ in range(pace.CALLS):
        await person.press(card, say("inbox.button.refresh"))
        card = await person.until(lambda m: bool(m.buttons))
        if card.find(say("inbox.button.refresh")) is None:
            return card
    raise AssertionError("there is no limit")


async def test_our_own_limit_is_told_with_the_time_to_wait(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, minute: Standing
) -> None:
    await control.acgbt(person.id, rate_limit=1000)
    await journal.forget()
    await link_acgbt(person)
    await person.send("/inbox")
    card = await person.until("📨")
    told = await pressed_out(person, say, card)
    before, _, after = say("problem.code.own_pace", service="ACGBT", wait="§").partition("§")
    assert before in told.text
    assert after in told.text
    assert f"{pace.WINDOW_SECONDS:.0f}" in told.text.removeprefix(before)
    assert await _with_a_key(journal) == pace.CALLS
    minute.now += pace.WINDOW_SECONDS / 2
    await person.press(told, say("button.retry"))
    told = await person.until(before)
    assert f"{pace.WINDOW_SECONDS / 2:.0f}" in told.text.removeprefix(before)
    assert await _with_a_key(journal) == pace.CALLS, "nothing more went out"
    minute.now += pace.WINDOW_SECONDS / 2 + 1
    await person.press(told, say("button.retry"))
    await person.until(lambda m: m.find(say("inbox.button.refresh")) is not None)
    assert await _with_a_key(journal) > pace.CALLS


async def _with_a_key(journal: Journal) -> int:
    return sum("x-api-key" in call.headers for call in await journal.calls("acgbt"))
