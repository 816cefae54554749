"""How much one may ask for, by the time it was asked at."""

from itertools import count

import pytest

from bot.intake.ratelimit import FAIR, Decision, RateLimiter
from storage.inbox import Entry

PERSON = 7
HOUR = 3600.0
NUMBERS = count(1)


def asked(limiter: RateLimiter, at: float, *, date: float | None = None) -> Decision:
    """Let the person say something at a time; `date` is Telegram's word for when it was sent."""
    message = {"from": {"id": PERSON}, "chat": {"id": PERSON}, "text": "hi"}
    return limiter.check(
        Entry(next(NUMBERS), PERSON, {"message": message | ({} if date is None else {"date": date})}, at)
    )


def spent(at: float) -> RateLimiter:
    """Return a limiter of somebody who has asked for all that is allowed at once."""
    limiter = RateLimiter()
    assert [asked(limiter, at) for _ in range(int(FAIR.person.burst))] == [Decision.TAKE] * int(
        FAIR.person.burst
    )
    assert asked(limiter, at) is Decision.TELL
    assert asked(limiter, at) is Decision.LEAVE
    return limiter


def test_who_waits_may_ask_again() -> None:
    limiter = spent(10 * HOUR)
    again = [asked(limiter, 10 * HOUR + 1.0) for _ in range(3)]
    assert again == [Decision.TAKE, Decision.TAKE, Decision.LEAVE]


def test_a_clock_that_is_set_back_puts_nobody_off() -> None:
    limiter = spent(10 * HOUR)
    assert asked(limiter, 9 * HOUR) is Decision.LEAVE
    again = [asked(limiter, 9 * HOUR + 1.0) for _ in range(3)]
    assert again == [Decision.TAKE, Decision.TAKE, Decision.LEAVE]


def test_what_was_sent_before_gives_nothing_twice() -> None:
    # A backlog comes with dates from before what was counted last: that is no clock set back.
    limiter = spent(10 * HOUR)
    late = [asked(limiter, 10 * HOUR + 0.1, date=9.5 * HOUR) for _ in range(3)]
    assert late == [Decision.LEAVE] * 3
    assert asked(limiter, 10 * HOUR + 0.2) is Decision.LEAVE


def test_an_update_is_counted_once_however_often_it_comes() -> None:
    limiter, message = RateLimiter(), {"from": {"id": PERSON}, "chat": {"id": PERSON}, "text": "hi"}
    entries = [
        Entry(next(NUMBERS), PERSON, {"message": message}, HOUR) for _ in range(int(FAIR.person.burst))
    ]
    for _ in range(3):
        assert {limiter.check(entry) for entry in entries} == {Decision.TAKE}
    assert asked(limiter, HOUR) is Decision.TELL
    limiter.settled(entry.update_id for entry in entries)
    assert limiter.check(entries[0]) is Decision.LEAVE, "what was settled is forgotten"


def test_what_is_remembered_of_updates_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.ratelimit.REMEMBERED", 10)
    limiter = RateLimiter()
    for _ in range(50):
        asked(limiter, HOUR)
    assert len(limiter._decisions) == 10
