"""What was seen of linked accounts, on both databases."""

from typing import Any

import pytest

from storage import checkins, jobs, links, preferences, unlocks, watches
from storage.database import Database
from storage.links import NewLink
from storage.tx import Tx
from storage.watches import Explained

ACCOUNTS = ("account:7", "user:1")


async def test_it_is_kept_sealed_and_by_account(db: Database) -> None:
    state = {"points": 120, "shares": {"a" * 32: {"dead": 1}}}
    assert await db.read(lambda tx: watches.get(tx, 1, "hdhive")) is None
    await db.write(lambda tx: watches.keep(tx, 1, "hdhive", 5, state, 10.0))
    await db.write(lambda tx: watches.keep(tx, 1, "disktop", 6, {}, 10.0))
    await db.write(lambda tx: watches.spend(tx, 1, "hdhive", 3))
    kept = await db.read(lambda tx: watches.get(tx, 1, "hdhive"))
    assert kept is not None
    assert (kept.link_id, kept.state, kept.spent, kept.updated_at) == (5, state, 3, 10.0)
    assert "120" not in repr(kept)
    # What is spent meanwhile stays when an earlier sum is accounted for.
    await db.write(lambda tx: watches.spend(tx, 1, "hdhive", 1))
    await db.write(lambda tx: watches.keep(tx, 1, "hdhive", 9, {"points": 1}, 20.0, used=3))
    later = await db.read(lambda tx: watches.get(tx, 1, "hdhive"))
    assert later is not None
    assert (later.id, later.link_id, later.state, later.spent) == (kept.id, 9, {"points": 1}, 1)
    await db.write(lambda tx: watches.spend(tx, 2, "hdhive", 1))
    assert await db.read(lambda tx: watches.get(tx, 2, "hdhive")) is None
    await db.write(lambda tx: watches.drop(tx, 1, "hdhive"))
    assert await db.read(lambda tx: watches.get(tx, 1, "hdhive")) is None
    assert await db.read(lambda tx: watches.get(tx, 1, "disktop")) is not None


async def test_who_is_without_a_job(db: Database) -> None:
    async def fill(tx: Tx) -> None:
        for user, service in ((1, "hdhive"), (1, "disktop"), (2, "hdhive"), (3, "hdhive"), (4, "mika")):
            await links.save(tx, NewLink(user, service, "t"), 1.0)
        await preferences.change(tx, 2, watch=False)
        lost = await links.get(tx, 3, "hdhive")
        assert lost is not None
        await links.lose(tx, lost.id, lost.version, 2.0)
        await jobs.enqueue(tx, "watch.look", "1", {"user_id": 1}, 5.0, dedup="1:disktop")
        await jobs.enqueue(tx, "other", "1", {"user_id": 1}, 5.0, dedup="1:hdhive")

    await db.write(fill)
    services = ["hdhive", "disktop"]
    found = await db.read(lambda tx: watches.unwatched(tx, "watch.look", services, 10))
    assert found == [(1, "hdhive")]
    await db.write(lambda tx: preferences.change(tx, 2, watch=True))
    assert len(await db.read(lambda tx: watches.unwatched(tx, "watch.look", services, 10))) == 2
    assert len(await db.read(lambda tx: watches.unwatched(tx, "watch.look", services, 1))) == 1
    assert await db.read(lambda tx: watches.unwatched(tx, "watch.look", [], 10)) == []


async def unlocked(tx: Tx, slug: str, price: int, at: float, account: str = "account:7", **end: Any) -> None:
    row = await unlocks.claim(
        tx, user_id=1, link_id=1, account_key=account, slug=slug, price=price, card_id=None, now=at
    )
    assert row is not None
    if end.get("refused"):
        await unlocks.refuse(tx, row.id, "no", at)
    elif "owned" in end:
        await unlocks.done(tx, row.id, "u", None, None, end["owned"], at)


async def checked_in(tx: Tx, day: str, gained: int | None, at: float, state: Any = "done") -> None:
    await checkins.record(tx, user_id=1, account_key="user:1", day=day, state=state, now=at, gained=gained)


async def explained(db: Database) -> Explained:
    return await db.read(lambda tx: watches.explained(tx, ACCOUNTS, 1000.0, 2000.0, 100.0))


async def test_what_our_books_explain(db: Database) -> None:
    assert await explained(db) == Explained()

    async def spend(tx: Tx) -> None:
        await unlocked(tx, "long ago", 1000, 899.0, owned=False)
        await unlocked(tx, "just before", 1, 950.0, owned=False)
        await unlocked(tx, "between", 20, 1500.0, owned=False)
        await unlocked(tx, "under way", 300, 1990.0, "user:1")
        await unlocked(tx, "owned already", 4000, 1500.0, owned=True)
        await unlocked(tx, "refused", 50_000, 1500.0, refused=True)
        await unlocked(tx, "somebody else's", 600_000, 1500.0, "account:8", owned=False)

    await db.write(spend)
    assert await explained(db) == Explained(spent=321)

    async def gain(tx: Tx) -> None:
        await checked_in(tx, "2026-11-16", 7, 899.0)
        await checked_in(tx, "2026-11-17", 8, 1050.0)
        await checked_in(tx, "2026-11-18", 9, 1500.0)
        await checked_in(tx, "2026-11-19", -5, 950.0)
        await checked_in(tx, "2026-11-20", None, 1500.0, "already")

    await db.write(gain)
    assert await explained(db) == Explained(spent=326, gained=9)
    await db.write(lambda tx: checked_in(tx, "2026-11-21", None, 1600.0))
    assert (await explained(db)).unclear


@pytest.mark.parametrize("claimed", [True, False])
async def test_a_check_in_under_way_makes_it_unclear(db: Database, claimed: bool) -> None:
    if claimed:
        await db.write(
            lambda tx: checkins.claim(tx, user_id=1, account_key="user:1", day="2026-11-21", now=1500.0)
        )
    assert (await explained(db)).unclear is claimed
