"""Followed titles in both databases: who follows what, whose authorization serves, and what was seen."""

from dataclasses import replace

from storage import chats, erasure, followed, links, subscriptions
from storage.database import Database
from storage.links import NewLink
from storage.subscriptions import Subscription

DUNE, DARK = "movie_438631", "tv_70523"
GROUP, SUPERGROUP = -5, -1_001_234_567_890


async def follow(
    db: Database, user: int, chat: int | None = None, title: str = DUNE, **more: object
) -> Subscription | None:
    where = user if chat is None else chat
    topic, detail = more.get("topic"), {"name": "沙丘"}
    return await db.write(
        lambda tx: subscriptions.add(
            tx,
            user_id=user,
            chat_id=where,
            topic=topic,  # type: ignore[arg-type]
            title=title,
            detail=detail,
            now=1.0,
        )
    )


async def link(db: Database, user: int, service: str = "hdhive") -> links.Link:
    return await db.write(lambda tx: links.save(tx, NewLink(user, service, "token", "refresh"), 1.0))


async def test_a_chat_follows_a_title_once(db: Database) -> None:
    mine = await follow(db, 1)
    assert mine is not None
    assert mine.private
    assert await follow(db, 1) is None
    ours = await follow(db, 1, GROUP, topic=7)
    assert ours is not None
    assert (ours.private, ours.topic) == (False, 7)
    assert await db.read(lambda tx: subscriptions.get(tx, mine.id)) == mine
    assert await db.read(lambda tx: subscriptions.find(tx, GROUP, DUNE)) == ours
    assert await db.read(lambda tx: subscriptions.find(tx, GROUP, DARK)) is None
    assert await db.read(lambda tx: subscriptions.of_chat(tx, 1)) == [mine]
    assert await db.read(lambda tx: subscriptions.count(tx, GROUP)) == 1


async def test_what_is_wanted_changes(db: Database) -> None:
    mine = await follow(db, 1)
    assert mine is not None
    wished = replace(mine, detail={"name": "Dune", "drives": ["quark"]}, muted=True, auto=True, topic=3)
    changed = await db.write(lambda tx: subscriptions.change(tx, wished, 5.0))
    assert changed == replace(wished, updated_at=5.0)
    assert await db.write(lambda tx: subscriptions.remove(tx, mine.id))
    assert not await db.write(lambda tx: subscriptions.remove(tx, mine.id))
    assert await db.write(lambda tx: subscriptions.change(tx, wished, 6.0)) is None


async def test_only_those_who_can_be_told_hear_and_lend(db: Database) -> None:
    for user in (1, 2, 3, 4):
        assert await follow(db, user)
    assert await follow(db, 1, GROUP)
    assert await follow(db, 5, GROUP, DARK)
    for user in (1, 2, 3, 5):
        await link(db, user)
    await link(db, 4, "disktop")
    muted = await db.read(lambda tx: subscriptions.find(tx, 2, DUNE))
    assert muted is not None
    await db.write(lambda tx: subscriptions.change(tx, replace(muted, muted=True), 2.0))
    await db.write(lambda tx: chats.pause(tx, 3, "blocked", 2.0))
    heard = await db.read(lambda tx: subscriptions.of_title(tx, DUNE))
    assert {(sub.user_id, sub.chat_id) for sub in heard} == {(1, 1), (4, 4), (1, GROUP)}
    assert await db.read(lambda tx: subscriptions.lenders(tx, (DUNE, DARK), "hdhive")) == {
        DUNE: (1,),
        DARK: (5,),
    }
    await db.write(lambda tx: chats.resume(tx, 3, 3.0))
    gone = await db.read(lambda tx: links.get(tx, 1, "hdhive"))
    assert gone is not None
    await db.write(lambda tx: links.lose(tx, gone.id, gone.version, 3.0))
    assert await db.read(lambda tx: subscriptions.lenders(tx, (DUNE,), "hdhive")) == {DUNE: (3,)}


async def test_what_nobody_follows_is_forgotten(db: Database) -> None:
    one, other = await follow(db, 1), await follow(db, 2)
    assert await follow(db, 2, title=DARK)
    assert one is not None
    assert other is not None
    await db.write(lambda tx: followed.begin(tx, DUNE, seen=["a"], now=1.0, next_at=9.0))
    await db.write(lambda tx: followed.begin(tx, DARK, seen=["a"], now=1.0, next_at=9.0))
    assert await db.write(lambda tx: subscriptions.remove(tx, one.id))
    assert await db.read(lambda tx: followed.get(tx, DUNE)) is not None
    await db.write(lambda tx: erasure.erase(tx, 2, 2.0))
    await db.write(subscriptions.tidy)
    assert await db.read(lambda tx: followed.get(tx, DUNE)) is None
    assert await db.read(lambda tx: followed.next_look(tx)) == (None, 0)


async def test_titles_come_due_one_after_the_other(db: Database) -> None:
    await db.write(lambda tx: followed.begin(tx, DUNE, seen=None, now=1.0, next_at=1.0))
    await db.write(lambda tx: followed.begin(tx, DARK, seen=["b", "a"], now=1.0, next_at=5.0))
    assert await db.read(lambda tx: followed.next_look(tx)) == (1.0, 2)
    (first,) = await db.read(lambda tx: followed.due(tx, 2.0, 10))
    assert (first.title, first.seen, first.looked_at) == (DUNE, None, None)
    await db.write(lambda tx: followed.looked(tx, [(DUNE, 7)], 2.0, 902.0))
    unnamed = await db.read(lambda tx: followed.get(tx, DUNE))
    assert unnamed is not None
    assert unnamed.turn is None, "who has no account here, forgotten meanwhile, is not named"
    await link(db, 7)
    await db.write(lambda tx: followed.looked(tx, [(DUNE, 7)], 2.0, 902.0))
    await db.write(lambda tx: followed.saw(tx, DUNE, {"s1", "s2"}))
    again = await db.write(lambda tx: followed.hold(tx, DUNE))
    assert again == followed.FollowedTitle(DUNE, frozenset({"s1", "s2"}), 7, 0, 2.0, 902.0)
    await db.write(lambda tx: followed.failed(tx, [(DUNE, 60.0), (DARK, 70.0)], counts=True))
    await db.write(lambda tx: followed.failed(tx, [(DARK, 80.0)], counts=False))
    found = await db.read(lambda tx: followed.due(tx, 100.0, 10))
    assert [(title.title, title.failures, title.next_at) for title in found] == [
        (DUNE, 1, 60.0),
        (DARK, 1, 80.0),
    ]
    await db.write(lambda tx: followed.looked(tx, [], 2.0, 902.0))
    await db.write(lambda tx: followed.failed(tx, [], counts=True))


async def test_a_look_can_be_wished_for_and_a_beginning_made_anew(db: Database) -> None:
    await db.write(lambda tx: followed.begin(tx, DUNE, seen=["a"], now=100.0, next_at=1000.0))
    assert not await db.write(lambda tx: followed.soon(tx, DUNE, 130.0, 70.0))
    assert await db.write(lambda tx: followed.soon(tx, DUNE, 200.0, 140.0))
    held = await db.read(lambda tx: followed.get(tx, DUNE))
    assert held is not None
    assert held.next_at == 200.0
    await db.write(lambda tx: followed.begin(tx, DUNE, seen=None, now=300.0, next_at=300.0))
    held = await db.read(lambda tx: followed.get(tx, DUNE))
    assert held is not None
    assert (held.seen, held.next_at) == (None, 300.0)


async def test_what_a_group_follows_moves_with_it(db: Database) -> None:
    assert await follow(db, 1, GROUP)
    assert await follow(db, 1, GROUP, DARK)
    assert await follow(db, 2, SUPERGROUP, DARK)
    for _ in range(2):
        await db.write(lambda tx: chats.migrate(tx, GROUP, SUPERGROUP, 2.0))
        moved = await db.read(lambda tx: subscriptions.of_chat(tx, SUPERGROUP))
        assert {(sub.title, sub.user_id) for sub in moved} == {(DUNE, 1), (DARK, 2)}
        assert await db.read(lambda tx: subscriptions.of_chat(tx, GROUP)) == []
