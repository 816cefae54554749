"""How much one may ask for, by the time it was asked at."""

from itertools import count

import pytest

from bot.intake.manners import FAIR, Manners, Verdict
from storage.inbox import Entry

PERSON = 7
HOUR = 3600.0
NUMBERS = count(1)


def asked(manners: Manners, at: float, *, date: float | None = None) -> Verdict:
    """Let the person say something at a time; `date` is Telegram's word for when it was sent."""
    message = {"from": {"id": PERSON}, "chat": {"id": PERSON}, "text": "hi"}
    return manners.judge(
        Entry(next(NUMBERS), PERSON, {"message": message | ({} if date is None else {"date": date})}, at)
    )


def spent(at: float) -> Manners:
    """Return manners towards somebody who has asked for all that is allowed at once."""
    manners = Manners()
    assert [asked(manners, at) for _ in range(int(FAIR.person.burst))] == [Verdict.TAKE] * int(
        FAIR.person.burst
    )
    assert asked(manners, at) is Verdict.TELL
    assert asked(manners, at) is Verdict.LEAVE
    return manners


def test_who_waits_may_ask_again() -> None:
    manners = spent(10 * HOUR)
    again = [asked(manners, 10 * HOUR + 1.0) for _ in range(3)]
    assert again == [Verdict.TAKE, Verdict.TAKE, Verdict.LEAVE]


def test_a_clock_that_is_set_back_puts_nobody_off() -> None:
    manners = spent(10 * HOUR)
    assert asked(manners, 9 * HOUR) is Verdict.LEAVE
    again = [asked(manners, 9 * HOUR + 1.0) for _ in range(3)]
    assert again == [Verdict.TAKE, Verdict.TAKE, Verdict.LEAVE]


def test_what_was_sent_before_gives_nothing_twice() -> None:
    # A backlog comes with dates from before what was counted last: that is no clock set back.
    manners = spent(10 * HOUR)
    late = [asked(manners, 10 * HOUR + 0.1, date=9.5 * HOUR) for _ in range(3)]
    assert late == [Verdict.LEAVE] * 3
    assert asked(manners, 10 * HOUR + 0.2) is Verdict.LEAVE


def test_an_update_is_counted_once_however_often_it_comes() -> None:
    manners, message = Manners(), {"from": {"id": PERSON}, "chat": {"id": PERSON}, "text": "hi"}
    entries = [
        Entry(next(NUMBERS), PERSON, {"message": message}, HOUR) for _ in range(int(FAIR.person.burst))
    ]
    for _ in range(3):
        assert {manners.judge(entry) for entry in entries} == {Verdict.TAKE}
    assert asked(manners, HOUR) is Verdict.TELL
    manners.settled(entry.update_id for entry in entries)
    assert manners.judge(entries[0]) is Verdict.LEAVE, "what was settled is forgotten"


def test_what_is_remembered_of_updates_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.manners.REMEMBERED", 10)
    manners = Manners()
    for _ in range(50):
        asked(manners, HOUR)
    assert len(manners._said) == 10
