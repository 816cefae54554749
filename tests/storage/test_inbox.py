import asyncio
import random
import time

from storage import inbox
from storage.database import Database
from storage.inbox import Entry


def entry(update_id: int, chat_key: int = 1) -> Entry:
    return Entry(update_id, chat_key, {"update_id": update_id, "text": "流浪地球 \ud83d"}, 1.0)


async def store(db: Database, *entries: Entry) -> set[int]:
    return await db.write(lambda tx: inbox.store(tx, entries))


async def claim(db: Database, *chats: int, holder: str = "a", now: float = 1.0) -> set[int]:
    return await db.write(lambda tx: inbox.claim_chats(tx, chats, holder, now, 10.0))


async def pending(db: Database, chat: int = 1, limit: int = 100) -> list[Entry]:
    return await db.read(lambda tx: inbox.pending(tx, chat, limit))


async def done(db: Database, *ids: int, now: float = 5.0) -> None:
    await db.write(lambda tx: inbox.done(tx, ids, now))


async def test_updates_come_back_in_order_and_whole(db: Database) -> None:
    assert await store(db, entry(3), entry(1), entry(2, chat_key=-100)) == {1, 2, 3}
    assert await pending(db) == [entry(1), entry(3)]
    assert await pending(db, limit=1) == [entry(1)]
    await done(db, 1)
    assert await pending(db) == [entry(3)]


async def test_duplicates_are_known_even_when_done(db: Database) -> None:
    await store(db, entry(1), entry(2))
    await done(db, 1)
    assert await store(db, entry(1), entry(2), entry(3), entry(3)) == {3}
    assert await store(db, entry(1)) == set()
    assert await store(db) == set()
    assert await pending(db) == [entry(2), entry(3)]
    assert await db.write(lambda tx: inbox.purge_done(tx, 5.0)) == 0
    assert await db.write(lambda tx: inbox.purge_done(tx, 5.1)) == 1


async def test_redelivery_from_many_sides_stores_once(db: Database) -> None:
    ids = list(range(50)) * 10
    random.Random(1).shuffle(ids)
    news = await asyncio.gather(
        *(store(db, *map(entry, ids[start : start + 20])) for start in range(0, 500, 20))
    )
    assert sorted(number for new in news for number in new) == list(range(50))
    assert [one.update_id for one in await pending(db)] == list(range(50))


async def test_five_hundred_at_once(db: Database) -> None:
    everyone = [entry(number, number % 50) for number in range(500)]
    assert await store(db, *everyone) == set(range(500))
    assert await claim(db, *range(50)) == set(range(50))
    await done(db, *range(500))
    assert await db.read(inbox.counts) == {"pending": 0, "done": 500, "dead": 0}


async def test_a_chat_has_one_holder(db: Database) -> None:
    assert await claim(db, 1, 2) == {1, 2}
    assert await claim(db, 1, 2, 3, holder="b") == {3}
    assert await claim(db, 1) == {1}
    assert await db.write(lambda tx: inbox.renew_chats(tx, [1, 3], "a", 5.0, 10.0)) == {1}
    assert await claim(db, 1, 2, holder="b", now=12.0) == {2}
    await db.write(lambda tx: inbox.release_chats(tx, [1, 2], "a"))
    assert await claim(db, 1, 2, holder="c", now=12.0) == {1}


async def test_of_many_claimers_one_gets_a_chat(db: Database) -> None:
    got = await asyncio.gather(*(claim(db, *range(20), holder=f"h{number}") for number in range(10)))
    assert sorted(chat for chats in got for chat in chats) == list(range(20))


async def test_waiting_chats_are_those_nobody_works_on(db: Database) -> None:
    await store(db, entry(1, 30), entry(2, 20), entry(3, 10), entry(4, 40))
    await claim(db, 20)
    await done(db, 4)
    assert await db.read(lambda tx: inbox.waiting_chats(tx, 2.0)) == [30, 10]
    assert await db.read(lambda tx: inbox.waiting_chats(tx, 11.0)) == [30, 20, 10]


async def test_a_poisoned_update_is_set_aside(db: Database) -> None:
    await store(db, entry(1), entry(2))
    assert await db.write(lambda tx: inbox.failed(tx, 1, "ValueError", 2.0)) == 1
    assert await db.write(lambda tx: inbox.failed(tx, 1, "ValueError", 3.0)) == 2
    assert [one.attempts for one in await pending(db)] == [2, 0]
    await db.write(lambda tx: inbox.bury(tx, 1, "ValueError"))
    assert await pending(db) == [entry(2)]
    assert await store(db, entry(1)) == set()
    assert await db.read(inbox.counts) == {"pending": 1, "done": 0, "dead": 1}


async def test_a_restart_counts_the_update_that_was_in_work(db: Database) -> None:
    await store(db, entry(1), entry(2), entry(3, 7), entry(4, 8))
    await claim(db, 1, holder="a")
    await claim(db, 7, holder="b")
    assert await db.write(lambda tx: inbox.recover(tx, "a", 2.0)) == 1
    assert [one.attempts for one in await pending(db)] == [1, 0]
    assert [one.attempts for one in await pending(db, 7)] == [0]
    assert await db.write(lambda tx: inbox.recover(tx, "a", 11.0)) == 1
    assert [one.attempts for one in await pending(db, 7)] == [1]
    assert await db.write(lambda tx: inbox.recover(tx, "a", 11.0)) == 0
    assert await claim(db, 1, 7, 8) == {1, 7, 8}


async def test_taking_over_a_claim_that_ran_out_counts_too(db: Database) -> None:
    await store(db, entry(1), entry(2))
    await claim(db, 1, holder="a")
    assert await claim(db, 1, holder="b", now=11.0) == {1}
    assert [one.attempts for one in await pending(db)] == [1, 0]
    assert await claim(db, 1, holder="b", now=12.0) == {1}
    assert [one.attempts for one in await pending(db)] == [1, 0]


async def test_updates_that_nobody_has_in_memory_are_found(db: Database) -> None:
    await store(db, entry(1), entry(2), entry(3, 20), entry(4, 30), entry(5, 40))
    await done(db, 4)

    async def strangers(*known: int) -> set[int]:
        return await db.read(lambda tx: inbox.strangers(tx, [1, 20, 30], known))

    assert await strangers() == {1, 20}
    assert await strangers(1, 3) == {1}
    assert await strangers(1, 2, 3) == set()


async def test_claims_that_ran_out_long_ago_are_forgotten(db: Database) -> None:
    """Where no time is given PostgreSQL goes by its own, long after 1970."""
    await claim(db, 1)
    assert await db.write(lambda tx: inbox.purge_claims(tx, 111.0, 100.0)) == 0
    assert await db.write(lambda tx: inbox.purge_claims(tx, 111.1, 100.0)) == 1
    await claim(db, 1)
    if db.dialect == "postgresql":
        await db.write(lambda tx: inbox.claim_chats(tx, [2], "b", None, 30.0))
        assert await claim(db, 2, now=time.time() + 20.0) == set()
        assert await db.write(lambda tx: inbox.purge_claims(tx, None, 100.0)) == 1
        assert await claim(db, 2, now=time.time() + 40.0) == {2}
