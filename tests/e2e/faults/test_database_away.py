"""The database goes away while somebody's message is in work: once it is back they get their one answer."""

import asyncio

import pytest
from sqlalchemy import text
from telegram import Update
from telegram.ext import ApplicationHandlerStop, TypeHandler

from bot.wiring import House
from handlers.context import LinkHiveContext, delivery
from storage import inbox
from storage.tx import Tx
from tests.bot.intake_parts import until
from tests.driver import Journal, Person
from tests.e2e.words import Words

AWAY = ("users", "inbox", "cards")
ROUNDS = 5


class Holding:
    """Holds the update in work where it came as often as it shall fail before."""

    def __init__(self, house: House, failing: int) -> None:
        self._failing = failing
        self.tries = 0
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        house.application.add_handler(TypeHandler(Update, self._hold), group=-1000)

    async def _hold(self, update: Update, context: LinkHiveContext) -> None:
        self.tries += 1
        if self.tries <= self._failing:
            told = delivery.get()
            assert told is not None
            told.failures.append(RuntimeError("a hiccup"))
            raise ApplicationHandlerStop
        self.begun.set()
        await self.go.wait()


async def renamed(house: House, old: str, new: str) -> None:
    async def work(tx: Tx) -> None:
        for table in AWAY:
            await tx.conn.execute(text(f"ALTER TABLE {old.format(table)} RENAME TO {new.format(table)}"))

    await house.db.write(work)


@pytest.mark.parametrize("failing", [0, 2])
async def test_a_message_in_work_is_answered_once_the_database_is_back(
    house: House,
    person: Person,
    say: Words,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
) -> None:
    """Also where it was to be the last try: nobody is asked for patience who then gets their answer."""
    monkeypatch.setattr("bot.intake.store.PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(house.dispatch, "_backoff", (0.02,))
    await person.send("/start")
    await person.until(say.starts("start.first_step"))
    await until(lambda: house.store.quiet)
    await journal.forget()
    holding = Holding(house, failing)
    await person.send("/settings")
    await holding.begun.wait()
    await renamed(house, "{}", "{}_away")
    holding.go.set()
    await until(lambda: house.store._outage.failures >= ROUNDS)
    await renamed(house, "{}_away", "{}")
    await until(lambda: house.store.quiet)
    sent = [call.body for call in await journal.calls("telegram") if call.name.startswith("send")]
    answer = await person.until(say.starts("settings.title"))
    assert len([body for body in sent if str(person.id) in body]) == 1, sent
    assert (holding.tries, (await house.db.read(inbox.counts))["dead"]) == (failing + 2, 0)
    assert answer == await person.last()
