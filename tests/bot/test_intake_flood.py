"""A flood is held off at the door, and whom the door let in once it lets in until they are stored."""

import time
from typing import Any

import pytest

from bot.intake.ratelimit import FLOOD, RateLimiter
from bot.intake.store import NotStored
from storage.database import Database
from tests.bot.gone import Gone
from tests.bot.intake_parts import Intake, running, update

# More often than the largest bucket holds tokens for one person.
REDELIVERIES = 300


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.store.PAUSE_SECONDS", 0.0)


def sent(number: int, date: float) -> dict[str, Any]:
    """A message as Telegram repeats it: its date stays what it was."""
    made = update(number)
    made["message"]["date"] = int(date)
    return made


def floods(intake: Intake) -> float:
    return intake.metrics.updates.labels("flood")._value.get()


@pytest.mark.parametrize("messages", [1, 10])
async def test_no_update_is_lost_however_often_it_comes_while_the_database_is_away(
    sqlite_db: Database, messages: int
) -> None:
    now, gone = time.time(), Gone(sqlite_db)
    batch = [sent(number, now) for number in range(1, messages + 1)]
    async with running(sqlite_db, gate=RateLimiter(FLOOD)) as intake:
        await intake.quiet()
        await gone.leave()
        for _ in range(REDELIVERIES):
            with pytest.raises(NotStored):
                await intake.store.accept(batch)
        await gone.come_back()
        await intake.store.accept(batch)
        await intake.quiet()
        assert intake.hand.of(1) == [update["update_id"] for update in batch]
        assert await intake.counts() == {"pending": 0, "done": messages, "dead": 0}
        assert floods(intake) == 0


async def test_what_was_too_much_stays_so_and_is_counted_once(sqlite_db: Database) -> None:
    now, gone = time.time(), Gone(sqlite_db)
    most = int(FLOOD.person.burst)
    batch = [sent(number, now) for number in range(1, most + 101)]
    async with running(sqlite_db, gate=RateLimiter(FLOOD)) as intake:
        await intake.quiet()
        await gone.leave()
        for _ in range(5):
            with pytest.raises(NotStored):
                await intake.store.accept(batch)
        await gone.come_back()
        await intake.store.accept(batch)
        await intake.quiet()
        assert intake.hand.of(1) == list(range(1, most + 1))
        assert floods(intake) == 100
        # Nothing was given back by it either: who floods is held off as before.
        await intake.store.accept([sent(most + 101, now)])
        assert floods(intake) == 101
