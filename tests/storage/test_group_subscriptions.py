"""What a group follows belongs to the group: it outlives who began it, also after a restore."""

import asyncio
from dataclasses import replace

from storage import erasure, followed, subscriptions
from storage.crypto import KeyRing
from storage.database import Database
from storage.tx import Tx
from tests.storage.test_erasure import arrive
from tests.storage.test_subscriptions import DUNE, GROUP, follow, link

WHO, OTHER = 5001, 5002


async def test_a_groups_title_outlives_who_followed_it(db: Database) -> None:
    mine = await follow(db, WHO)
    ours = await follow(db, WHO, GROUP, topic=7)
    theirs = await follow(db, OTHER, GROUP - 1)
    assert mine is not None
    assert ours is not None
    assert theirs is not None
    await link(db, WHO)
    await db.write(lambda tx: followed.begin(tx, DUNE, seen=None, now=1.0, next_at=1.0))
    await db.write(lambda tx: erasure.erase(tx, WHO, 10.0, 77))
    await db.write(subscriptions.tidy)
    assert await db.read(lambda tx: subscriptions.get(tx, mine.id)) is None
    kept = await db.read(lambda tx: subscriptions.get(tx, ours.id))
    assert kept is not None
    assert (kept.user_id, kept.chat_id, kept.topic, kept.detail) == (0, GROUP, 7, ours.detail)
    assert not kept.private
    assert (await db.read(lambda tx: erasure.count(tx, WHO)))["subscriptions"] == 0
    assert await db.read(lambda tx: subscriptions.get(tx, theirs.id)) == theirs
    assert await db.read(lambda tx: followed.get(tx, DUNE)) is not None
    # Of those that wait for an authorization the groups are asked, nobody else.
    await follow(db, OTHER)
    found = await db.read(lambda tx: subscriptions.of_groups(tx, (DUNE,)))
    assert {one.id for one in found} == {ours.id, theirs.id}


async def test_it_does_so_when_a_restore_brought_its_maker_back(db: Database) -> None:
    await db.write(lambda tx: erasure.erase(tx, WHO, 10.0, 77))
    found = await db.read(erasure.noted)
    await arrive(db, WHO)
    ours = await follow(db, WHO, GROUP)
    assert ours is not None
    assert await db.write(lambda tx: erasure.again(tx, found)) == 1
    kept = await db.read(lambda tx: subscriptions.get(tx, ours.id))
    assert kept is not None
    assert kept.user_id == 0


async def test_a_wish_that_comes_at_the_same_time_brings_nobody_back(any_url: str, ring: KeyRing) -> None:
    """Two replicas: an admin mutes a title while who followed it is forgotten."""
    here, there = await Database.open(any_url, ring), await Database.open(any_url, ring)
    ours = await follow(here, WHO, GROUP)
    assert ours is not None
    held = asyncio.Event()

    async def mute(tx: Tx) -> None:
        old = await subscriptions.hold(tx, ours.id)
        assert old is not None
        held.set()
        # The other one has begun by now, and has to wait.
        await asyncio.wait({forgetting}, timeout=0.3)
        await subscriptions.change(tx, replace(old, muted=True), 5.0)

    async def forget() -> None:
        await held.wait()
        await there.write(lambda tx: erasure.erase(tx, WHO, 4.0))

    forgetting = asyncio.create_task(forget())
    await here.write(mute)
    await forgetting
    kept = await here.read(lambda tx: subscriptions.get(tx, ours.id))
    assert kept is not None
    assert (kept.user_id, kept.muted) == (0, True)
    for db in (here, there):
        await db.close()
