"""Gauges show what is so now, not what was so when somebody last looked."""

import asyncio

from storage.database import Database
from storage.inbox import Entry
from tests.bot.intake_parts import running, until, update


async def test_updates_in_memory_are_counted_while_they_are_at_work(sqlite_db: Database) -> None:
    go_on = asyncio.Event()

    async def work(_entry: Entry, _last: bool) -> None:
        await go_on.wait()

    async with running(sqlite_db, work, beside=2) as intake:
        await intake.store.accept([update(number, chat=number % 2 + 1) for number in range(1, 8)])
        await until(lambda: len(intake.hand.seen) == 2)
        assert intake.metrics.registry.get_sample_value("linkhive_updates_in_memory") == 7
        go_on.set()
        await intake.quiet()
        assert intake.metrics.registry.get_sample_value("linkhive_updates_in_memory") == 0
