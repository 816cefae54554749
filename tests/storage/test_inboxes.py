"""Whose messages are looked for, and who follows what of ACGBT, on both databases."""

from dataclasses import replace

from storage import inboxes, jobs, links, preferences, subscriptions
from storage.database import Database
from storage.links import NewLink
from storage.tx import Tx

LOOK = "inbox.look"


async def test_who_has_no_turns_yet(db: Database) -> None:
    async def fill(tx: Tx) -> None:
        for user in (1, 2, 3, 4):
            await links.save(tx, NewLink(user, "acgbt", "k", secret="s", scheme="signed"), 1.0)
        await links.save(tx, NewLink(5, "mika", "t"), 1.0)
        await preferences.change(tx, 2, inbox=False)
        lost = await links.get(tx, 3, "acgbt")
        assert lost is not None
        await links.lose(tx, lost.id, lost.version, 2.0)
        await jobs.enqueue(tx, LOOK, "4", {"user_id": 4}, 5.0, dedup="4")

    await db.write(fill)
    assert await db.read(lambda tx: inboxes.unasked(tx, LOOK, "acgbt", 10)) == [1]
    await db.write(lambda tx: preferences.change(tx, 2, inbox=True))
    assert await db.read(lambda tx: inboxes.unasked(tx, LOOK, "acgbt", 10)) == [1, 2]
    assert await db.read(lambda tx: inboxes.unasked(tx, LOOK, "acgbt", 1)) == [1]


async def follow(tx: Tx, user: int, title: str) -> None:
    made = await subscriptions.add(
        tx, user_id=user, chat_id=user, topic=None, title=title, detail={"name": title}, now=float(user)
    )
    assert made is not None


async def test_what_is_followed_of_one_kind(db: Database) -> None:
    async def fill(tx: Tx) -> None:
        await follow(tx, 1, "movie_7")
        await follow(tx, 2, "acg:c:12")
        await follow(tx, 3, "acg:w:abc")

    assert not await db.read(lambda tx: subscriptions.any_of_kind(tx, "acg:"))
    await db.write(fill)
    found = await db.read(lambda tx: subscriptions.of_kind(tx, "acg:"))
    assert [one.title for one in found] == ["acg:c:12", "acg:w:abc"]
    assert found[0].detail == {"name": "acg:c:12"}

    async def silence(tx: Tx) -> None:
        for one in found:
            old = await subscriptions.get(tx, one.id)
            assert old is not None
            await subscriptions.change(tx, replace(old, muted=True), 9.0)

    await db.write(silence)
    assert await db.read(lambda tx: subscriptions.of_kind(tx, "acg:")) == []
    assert await db.read(lambda tx: subscriptions.any_of_kind(tx, "acg:")), "silent is not gone"
