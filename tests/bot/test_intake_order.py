"""Updates of one chat that come in by several ways: what was acknowledged first is handled first."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.intake.store import NotStored
from storage.crypto import KeyRing
from storage.database import Database
from storage.inbox import Entry
from tests.bot.intake_parts import running, until, update


@pytest.fixture
async def postgres_db(postgres_url: str, ring: KeyRing) -> AsyncIterator[Database]:
    database = await Database.open(postgres_url, ring)
    yield database
    await database.close()


async def test_what_another_replica_stored_is_not_overtaken(postgres_db: Database) -> None:
    go = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        if entry.update_id == 10:
            await go.wait()

    async with running(postgres_db, work, holder="one") as one, running(postgres_db, holder="two") as two:
        await one.store.accept([update(10)])
        await until(lambda: one.hand.of(1) == [10])
        # The load balancer gives the next one to the other replica, and those after it to the first again.
        await two.store.accept([update(11)])
        await one.store.accept([update(12)])
        await one.store.accept([update(13)])
        go.set()
        await one.settled()
        assert one.hand.of(1) + two.hand.of(1) == [10, 11, 12, 13]


async def test_what_another_replica_stored_does_not_wait_for_a_busy_chat_to_rest(
    postgres_db: Database,
) -> None:
    """A group in which somebody always says something: its line has never nothing to do."""
    handled = asyncio.Semaphore(0)

    async def work(entry: Entry, last: bool) -> None:
        await handled.acquire()

    async with running(postgres_db, work, holder="one") as one, running(postgres_db, holder="two") as two:
        await one.store.accept([update(n) for n in range(1, 4)])
        await two.store.accept([update(4)])
        for number in range(5, 40):
            await one.store.accept([update(number)])
            handled.release()
        await until(lambda: len(one.hand.of(1)) > 30)
        for _ in range(40):
            handled.release()
        await one.settled()
        assert one.hand.of(1) == list(range(1, 40))
        assert two.hand.of(1) == []


async def test_what_is_repeated_by_telegram_although_it_was_stored_keeps_its_place(
    postgres_db: Database,
) -> None:
    """The answer to a commit was lost on the way: the update is in the table, and in nobody's memory."""
    go = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await go.wait()

    async with running(postgres_db, work) as intake:
        await intake.store.accept([update(1)])
        await until(lambda: intake.hand.seen)
        real, lost = postgres_db.write, []

        async def no_answer(work: object) -> object:
            done = await real(work)  # type: ignore[arg-type]
            if not lost:
                lost.append(done)
                raise ConnectionError("connection was closed in the middle of operation")
            return done

        postgres_db.write = no_answer  # type: ignore[method-assign, assignment]
        with pytest.raises(NotStored):
            await intake.store.accept([update(2)])
        await intake.store.accept([update(2)])
        await intake.store.accept([update(3)])
        go.set()
        await intake.quiet()
        assert intake.hand.of(1) == [1, 2, 3]


async def test_what_was_stored_beside_one_that_cannot_be_is_not_overtaken(db: Database) -> None:
    go = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await go.wait()

    async with running(db, work) as intake:
        await intake.store.accept([update(1)])
        await until(lambda: intake.hand.seen)
        results = await asyncio.gather(
            intake.store.accept([update(2)]),
            intake.store.accept([{**update(3, chat=7), "never": object()}]),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [type(None), NotStored]
        await intake.store.accept([update(4)])
        go.set()
        await intake.quiet()
        assert intake.hand.of(1) == [1, 2, 4]
