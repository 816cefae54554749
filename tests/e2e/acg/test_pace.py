"""Sixty calls a minute with one key are kept on our side: what people read then, and what goes out."""

import pytest

from bot.wiring import House
from clients.acgbt import ratelimit
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.linking.keyed import link_acgbt
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
    monkeypatch.setattr(bot.services.require_acgbt()._caller._limiter, "_clock", clock)
    return clock


async def pressed_out(person: Person, say: Words, card: Message) -> Message:
    """Press Refresh more often than a minute allows; return the card that says so."""
    data = str(card.button(say("inbox.button.refresh")).data)
    # The list and the number of unread messages: two calls each.
    for _ in range(ratelimit.CALLS // 2):
        await person.press_data(card, data)
    return await person.until(lambda m: m.find(say("button.retry")) is not None, since=card.revision)


async def test_our_own_limit_is_told_with_the_time_to_wait(
    bot: House,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
    minute: Standing,
) -> None:
    await control.acgbt(person.id, rate_limit=1000)
    await journal.forget()
    await link_acgbt(person)
    await person.send("/inbox")
    told = await pressed_out(person, say, await person.until("📨"))
    sentence = say("problem.code.own_pace", service="ACGBT", wait="§").partition("§")[0]
    (first, *_) = [words for words in await _shown(journal) if sentence in words]
    assert f"{ratelimit.WINDOW_SECONDS:.0f}" in first.removeprefix(sentence)
    assert await _with_a_key(journal) == ratelimit.CALLS
    await person.press(told, say("button.retry"))
    told = await person.until(lambda m: m.find(say("button.retry")) is not None, since=0)
    assert await _with_a_key(journal) == ratelimit.CALLS, "nothing more goes out"
    minute.now += ratelimit.WINDOW_SECONDS + 1
    clock.forward(ratelimit.WINDOW_SECONDS + 1)
    await person.press(told, say("button.retry"))
    await person.until(lambda m: m.find(say("inbox.button.refresh")) is not None)
    assert await _with_a_key(journal) > ratelimit.CALLS


async def _with_a_key(journal: Journal) -> int:
    return sum("x-api-key" in call.headers for call in await journal.calls("acgbt"))


async def _shown(journal: Journal) -> list[str]:
    """What cards came to say, one after the other."""
    calls = await journal.calls("telegram", "POST", "*/editMessageText")
    return [str(call.form["text"]) for call in calls]
