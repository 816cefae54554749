"""An intake meets stored updates that do not open: they are kept aside, and everything else goes on."""

import logging

import pytest

from bot.intake.lines import Lines
from storage import deadletters, inbox
from storage.database import Database
from storage.inbox import Entry
from tests.bot.intake_parts import running, until, update
from tests.fixtures.shut import open_again, shut

PERSON, OTHER = 1, 9


async def left(db: Database, *numbers: int, chat: int = PERSON) -> None:
    """Leave updates in the table, as a process that ended does."""
    entries = [Entry(n, chat, update(n, chat=chat), 1.0, owner_id=chat) for n in numbers]
    await db.write(lambda tx: inbox.store(tx, entries))


async def test_what_does_not_open_is_set_aside_and_the_rest_goes_on_in_order(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await left(db, 1, 3)
    await db.write(lambda tx: shut(tx, "inbox"))
    await left(db, 2, 4, 5)
    await left(db, 6, chat=OTHER)
    with caplog.at_level(logging.ERROR):
        async with running(db) as intake:
            await intake.store.accept([update(7), update(8, chat=33)])
            await intake.quiet()
            await intake.settled()
            assert intake.hand.of(PERSON) == [2, 4, 5, 7]
            assert (intake.hand.of(OTHER), intake.hand.of(33)) == ([6], [8])
            assert await intake.counts() == {"pending": 0, "done": 6, "dead": 2}
            assert intake.metrics.updates.labels("buried")._value.get() == 2.0
    told_of = [record for record in caplog.records if record.getMessage() == "an update was set aside"]
    assert [record.__dict__["update_id"] for record in told_of] == [1, 3]
    assert "a round of the inbox failed" not in caplog.text
    letters = await db.read(lambda tx: deadletters.page(tx, 0, 9))
    assert {letter.error for letter in letters} == {
        f"inbox.payload of row {n} does not open: no key of the ring fits" for n in (1, 3)
    }


async def test_its_key_comes_back_and_it_is_handled_after_all(db: Database) -> None:
    await left(db, 1)
    await db.write(lambda tx: shut(tx, "inbox"))
    async with running(db) as intake:
        await intake.settled()
        assert not await db.read(lambda tx: deadletters.opens(tx, "update", 1))
    assert await db.write(lambda tx: open_again(tx, "inbox")) == 1, "kept sealed as it was"
    assert await db.read(lambda tx: deadletters.opens(tx, "update", 1))
    assert await db.write(lambda tx: deadletters.retry(tx, "update", 1, 2.0))
    async with running(db) as intake:
        await until(lambda: intake.hand.of(PERSON) == [1])
        await intake.settled()
    assert await db.read(inbox.counts) == {"pending": 0, "done": 1, "dead": 0}


async def test_more_of_them_than_there_is_room_for_hide_nothing_behind_them(db: Database) -> None:
    await left(db, *range(1, 31))
    await db.write(lambda tx: shut(tx, "inbox"))
    await left(db, 31)
    async with running(db, lines=Lines(room=20, room_per_chat=7)) as intake:
        await intake.settled()
        assert intake.hand.of(PERSON) == [31]
        assert await intake.counts() == {"pending": 0, "done": 1, "dead": 30}
