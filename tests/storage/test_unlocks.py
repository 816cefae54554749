import asyncio

from storage import unlocks
from storage.database import Database
from storage.unlocks import Unlock


async def claim(db: Database, slug: str = "a" * 32, price: int = 5, now: float = 1.0) -> Unlock | None:
    return await db.write(
        lambda tx: unlocks.claim(
            tx,
            user_id=1,
            link_id=9,
            account_key="hdhive:42",
            slug=slug,
            price=price,
            card_id="card",
            now=now,
        )
    )


async def claimed(db: Database, slug: str = "a" * 32, price: int = 5, now: float = 1.0) -> Unlock:
    row = await claim(db, slug, price, now)
    assert row is not None
    return row


async def test_of_a_hundred_claims_one_wins(db: Database) -> None:
    won = await asyncio.gather(*(claim(db) for _ in range(100)))
    assert sum(row is not None for row in won) == 1
    (open_one,) = await db.read(unlocks.unsettled)
    assert open_one == next(row for row in won if row is not None)


async def test_done_keeps_the_link_and_blocks_another_charge(db: Database) -> None:
    row = await claimed(db)
    done = await db.write(
        lambda tx: unlocks.done(tx, row.id, "https://115.com/s/x", "abcd", "https://full", False, 2.0)
    )
    assert done is not None
    assert (done.state, done.url, done.access_code, done.full_url, done.updated_at) == (
        "done",
        "https://115.com/s/x",
        "abcd",
        "https://full",
        2.0,
    )
    assert "115.com" not in repr(done)
    assert await claim(db) is None
    assert await db.read(lambda tx: unlocks.find(tx, "hdhive:42", "a" * 32)) == done
    assert await db.read(lambda tx: unlocks.get(tx, row.id)) == done


async def test_what_is_settled_stays(db: Database) -> None:
    row = await claimed(db)
    assert await db.write(lambda tx: unlocks.refuse(tx, row.id, "INSUFFICIENT_POINTS", 2.0)) is not None
    assert await db.write(lambda tx: unlocks.done(tx, row.id, "u", None, None, False, 3.0)) is None
    assert await db.write(lambda tx: unlocks.doubt(tx, row.id, "late", 3.0)) is None
    assert await db.write(lambda tx: unlocks.release(tx, row.id, 3.0)) is None
    refused = await db.read(lambda tx: unlocks.get(tx, row.id))
    assert refused is not None
    assert (refused.state, refused.error) == ("refused", "INSUFFICIENT_POINTS")
    assert await db.read(unlocks.unsettled) == []


async def test_a_doubtful_one_still_holds_until_it_is_released(db: Database) -> None:
    row = await claimed(db)
    doubtful = await db.write(lambda tx: unlocks.doubt(tx, row.id, "read time-out", 2.0))
    assert doubtful is not None
    assert (doubtful.state, doubtful.error) == ("doubtful", "read time-out")
    assert await claim(db) is None
    assert [one.id for one in await db.read(unlocks.unsettled)] == [row.id]
    released = await db.write(lambda tx: unlocks.release(tx, row.id, 3.0))
    assert released is not None
    assert released.error is None
    again = await claimed(db, now=4.0)
    assert again.id != row.id


async def test_what_a_released_one_brings_late_is_kept_unless_its_place_is_taken(db: Database) -> None:
    rows = [await claimed(db, slug) for slug in ("a" * 32, "b" * 32)]
    for row in rows:
        await db.write(lambda tx, it=row: unlocks.release(tx, it.id, 2.0))
    await claimed(db, "b" * 32, now=3.0)
    late = [
        await db.write(lambda tx, it=row: unlocks.done(tx, it.id, "u", None, None, False, 4.0))
        for row in rows
    ]
    assert late[0] is not None
    assert (late[0].state, late[0].url, late[1]) == ("done", "u", None)
    assert await claim(db, "a" * 32) is None


async def test_find_prefers_the_one_that_holds(db: Database) -> None:
    assert await db.read(lambda tx: unlocks.find(tx, "hdhive:42", "a" * 32)) is None
    first = await claimed(db)
    await db.write(lambda tx: unlocks.refuse(tx, first.id, "no", 2.0))
    second = await claimed(db, now=3.0)
    await db.write(lambda tx: unlocks.release(tx, second.id, 9.0))
    found = await db.read(lambda tx: unlocks.find(tx, "hdhive:42", "a" * 32))
    assert found is not None
    assert found.id == second.id
    third = await claimed(db, now=5.0)
    found = await db.read(lambda tx: unlocks.find(tx, "hdhive:42", "a" * 32))
    assert found == third


async def test_spent_counts_what_was_or_may_have_been_charged(db: Database) -> None:
    assert await db.read(lambda tx: unlocks.spent_since(tx, 1, 0.0)) == 0
    await claimed(db, "claimed", 1, now=10.0)
    doubtful = await claimed(db, "doubtful", 2, now=10.0)
    done = await claimed(db, "done", 4, now=10.0)
    owned = await claimed(db, "owned", 8, now=10.0)
    refused = await claimed(db, "refused", 16, now=10.0)
    await claimed(db, "old", 32, now=5.0)
    await db.write(lambda tx: unlocks.doubt(tx, doubtful.id, "?", 11.0))
    await db.write(lambda tx: unlocks.done(tx, done.id, "u", None, None, False, 11.0))
    await db.write(lambda tx: unlocks.done(tx, owned.id, "u", None, None, True, 11.0))
    await db.write(lambda tx: unlocks.refuse(tx, refused.id, "no", 11.0))
    assert await db.read(lambda tx: unlocks.spent_since(tx, 1, 10.0)) == 7
    assert await db.read(lambda tx: unlocks.spent_since(tx, 2, 10.0)) == 0


async def test_nothing_is_known_of_a_row_that_is_not_there(db: Database) -> None:
    assert await db.read(lambda tx: unlocks.get(tx, 1)) is None
