"""Updates are safe before they are acknowledged, kept in order, worked on beside one another."""

import asyncio
import random

import pytest

from bot.intake.lines import Lines
from bot.intake.updates import BadUpdate, accepted, chat_key
from storage import inbox
from storage.database import Database
from storage.inbox import Entry
from tests.bot.intake_parts import running, taken_over, until, update


async def test_an_update_is_stored_before_accept_returns_and_done_after(db: Database) -> None:
    gate = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()

    async with running(db, work) as intake:
        await intake.store.accept([update(1)])
        assert (await intake.counts())["pending"] == 1
        gate.set()
        await intake.quiet()
        assert await intake.counts() == {"pending": 0, "done": 1, "dead": 0}
        assert intake.hand.seen == [(1, 1)]
        assert intake.metrics.last_update_at is not None


async def test_redelivery_in_any_order_handles_each_update_once_and_in_order(db: Database) -> None:
    rng = random.Random(7)
    chats, each = 40, 5
    numbers = list(range(1, chats * each + 1))
    async with running(db) as intake:
        for start in range(0, len(numbers), 20):
            await asyncio.gather(
                *(intake.store.accept([update(n, chat=n % chats + 1)]) for n in numbers[start : start + 20])
            )
        again = [n for n in numbers for _ in range(9)]
        rng.shuffle(again)
        for start in range(0, len(again), 200):
            await intake.store.accept([update(n, chat=n % chats + 1) for n in again[start : start + 200]])
        await intake.quiet()
    assert sorted(n for _, n in intake.hand.seen) == numbers
    for chat in range(1, chats + 1):
        assert intake.hand.of(chat) == sorted(intake.hand.of(chat))


async def test_many_waiting_updates_share_a_commit(sqlite_db: Database) -> None:
    async with running(sqlite_db) as intake:
        await asyncio.gather(*(intake.store.accept([update(n, chat=n)]) for n in range(1, 401)))
        await intake.quiet()
        samples = {s.name: s.value for m in intake.metrics.batch.collect() for s in m.samples}
    assert samples["linkhive_inbox_batch_sum"] == 400
    assert samples["linkhive_inbox_batch_count"] < 40


async def test_chats_do_not_wait_for_one_another(db: Database) -> None:
    stuck = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        if entry.chat_key == 1:
            await stuck.wait()

    async with running(db, work) as intake:
        await intake.store.accept([update(1, chat=1), update(2, chat=1)])
        await intake.store.accept([update(n, chat=n) for n in range(3, 53)])
        await until(lambda: len(intake.hand.seen) == 51)
        assert intake.hand.of(1) == [1]
        stuck.set()
        await intake.quiet()
        assert intake.hand.of(1) == [1, 2]


async def test_a_busy_chat_starves_no_other(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        await asyncio.sleep(0.002)

    async with running(db, work, beside=1) as intake:
        await intake.store.accept([update(n, chat=1) for n in range(1, 301)])
        await intake.store.accept([update(1000, chat=2)])
        await until(lambda: (2, 1000) in intake.hand.seen)
        assert len(intake.hand.seen) < 150
        await intake.quiet()


async def test_more_updates_than_fit_in_memory_wait_in_the_table(db: Database) -> None:
    gate = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()

    lines = Lines(room=20, room_per_chat=8)
    async with running(db, work, lines=lines) as intake:
        for start in range(1, 121, 10):
            await intake.store.accept([update(n, chat=n % 4 + 1) for n in range(start, start + 10)])
        assert lines is intake.dispatch.lines
        assert 15 <= lines.updates <= 20
        gate.set()
        await intake.quiet()
        assert lines.updates == 0
        for chat in range(1, 5):
            assert intake.hand.of(chat) == sorted(n for n in range(1, 121) if n % 4 + 1 == chat)


async def test_a_start_with_many_chats_left_takes_them_all(db: Database) -> None:
    entries = [Entry(n, n % 250, update(n, chat=n % 250), 1.0) for n in range(1, 501)]
    await db.write(lambda tx: inbox.store(tx, entries))
    async with running(db, lines=Lines(room=50)) as intake:
        await intake.settled()
        assert len(intake.hand.seen) == 500
        for chat in range(250):
            assert intake.hand.of(chat) == sorted(intake.hand.of(chat))


async def test_two_replicas_share_the_work_and_keep_the_order(db: Database) -> None:
    async def work(entry: Entry, last: bool) -> None:
        await asyncio.sleep(random.random() * 0.004)

    order: list[tuple[int, int]] = []

    async def noted(entry: Entry, last: bool) -> None:
        await work(entry, last)
        order.append((entry.chat_key, entry.update_id))

    async with (
        running(db, noted, holder="a", scan=0.1) as one,
        running(db, noted, holder="b", scan=0.1) as two,
    ):
        for number in range(1, 201):
            replica = one if number % 2 else two
            await replica.store.accept([update(number, chat=number % 7 + 1)])
        await one.settled()
    assert sorted(n for _, n in order) == list(range(1, 201))
    for chat in range(1, 8):
        mine = [n for key, n in order if key == chat]
        assert mine == sorted(mine)


async def test_a_chat_that_another_took_is_let_go(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.store.RENEW_SECONDS", 0.02)
    gate = asyncio.Event()

    async def work(entry: Entry, last: bool) -> None:
        await gate.wait()

    async with running(db, work, holder="slow") as intake:
        await intake.store.accept([update(1, chat=3), update(2, chat=3)])
        await db.write(lambda tx: taken_over(tx, [3], "slow", "other"))
        await until(lambda: not len(intake.dispatch.lines))
        gate.set()
        await intake.quiet()
        assert intake.hand.of(3) == [1]


async def test_nothing_is_nothing_to_store(sqlite_db: Database) -> None:
    async with running(sqlite_db) as intake:
        await intake.store.accept([])
        with pytest.raises(BadUpdate):
            await intake.store.accept([{"message": {}}])


def test_what_is_no_update_is_dropped() -> None:
    raw = [
        1,
        None,
        {},
        {"update_id": "1"},
        {"update_id": True},
        {"update_id": -1},
        {"update_id": 2**70},
        {"update_id": 5},
    ]
    assert accepted(raw) == [{"update_id": 5}]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"message": {"chat": {"id": -5}, "from": {"id": 7}}}, -5),
        ({"callback_query": {"from": {"id": 7}, "message": {"chat": {"id": -5}}}}, -5),
        ({"callback_query": {"from": {"id": 7}, "inline_message_id": "x"}}, 7),
        ({"inline_query": {"from": {"id": 7}}}, 7),
        ({"my_chat_member": {"chat": {"id": 9}, "from": {"id": 7}}}, 9),
        ({"poll_answer": {"user": {"id": 7}}}, 7),
        ({"poll": {"id": "x"}}, 0),
        ({"message": {"chat": {"id": "5"}, "from": []}}, 0),
        ({"message": None}, 0),
        ({}, 0),
    ],
)
def test_whose_order_an_update_belongs_to(content: dict[str, object], key: int) -> None:
    assert chat_key({"update_id": 1, **content}) == key
