"""Erasing a person: every table, both databases, and no late write that brings anything back."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import cards, chats, erasure, inbox, jobs, leases, links, users
from storage.crypto import KeyRing
from storage.database import Database
from storage.marks import rows_of
from storage.schema import erasures, followed_titles, metadata
from storage.tx import Tx
from storage.workcontext import Forgotten, WorkContext, work_context
from tests.fixtures import canary
from tests.fixtures.databases import PostgresServer  # noqa: F401

WHO, OTHER = 7_391_846_205, 5_550_001
WORDS = "canary-of-the-mine"


async def arrive(db: Database, who: int, now: float = 1.0) -> None:
    await db.write(lambda tx: users.remember(tx, who, language_code="en", first_name="N", now=now))


async def open_card(tx: Tx) -> cards.Card:
    return await cards.open(tx, WHO, WHO, "search", {}, 1.0)


async def test_every_table_is_emptied_of_one_person_only(db: Database) -> None:
    await db.write(lambda tx: canary.fill(tx, OTHER, "somebody else"))
    before = await db.read(lambda tx: canary.traces(tx, str(OTHER), "somebody else"))
    tables = await db.write(lambda tx: canary.fill(tx, WHO, WORDS))
    assert len(tables) >= 15
    assert await db.read(lambda tx: canary.traces(tx, str(WHO), WORDS))
    await db.write(lambda tx: erasure.erase(tx, WHO, 10.0, 77))
    left = await db.read(lambda tx: canary.traces(tx, str(WHO), WORDS))
    # A claim lasts as long as the chat is worked on, a turn as the save; the title was never theirs alone.
    passing = {"chat_claims.chat_key", "chat_claims.holder", "save_turns.user_id", "save_turns.holder"}
    titles = {f"followed_titles.{name}" for name in ("title", "seen")}
    assert {place.split(":")[0] for place in left} == passing | titles
    assert await db.read(lambda tx: canary.traces(tx, str(OTHER), "somebody else")) == before
    assert (
        await db.read(
            lambda tx: tx.conn.scalar(
                select(followed_titles.c.turn).where(followed_titles.c.title.like(f"{WORDS}%"))
            )
        )
        is None
    )


async def test_what_is_told_has_every_table_and_no_secret(db: Database) -> None:
    await db.write(lambda tx: canary.fill(tx, WHO, WORDS))
    held = await db.read(lambda tx: erasure.held(tx, WHO))
    assert set(held) == {t.name for t in metadata.sorted_tables if rows_of(t).owner is not None}
    assert all(len(rows) == 1 for rows in held.values())
    assert held["cards"][0]["state"] == {"words": WORDS, "user_id": WHO}
    assert held["unlocks"][0]["url"] == WORDS
    secret = erasure.kept_secret()
    assert secret["links"] == ["access_token", "refresh_token", "secret"]
    assert {"verifier", "code", "ticket_hash", "state_hash", "cookie_hash", "nonce_hash"} == set(
        secret["attempts"]
    )
    for table, columns in secret.items():
        assert not set(columns) & set(held[table][0])
    numbers = await db.read(lambda tx: erasure.count(tx, WHO))
    assert set(numbers.values()) == {1}


async def test_work_that_began_before_writes_nothing(db: Database) -> None:
    await arrive(db, WHO)
    with work_context(WorkContext(WHO, 5.0)):
        await db.write(open_card)
    await db.write(lambda tx: erasure.erase(tx, WHO, 10.0))
    with work_context(WorkContext(WHO, 9.9)), pytest.raises(Forgotten):
        await db.write(open_card)
    with work_context(WorkContext(OTHER, 9.9)):
        await db.write(lambda tx: cards.open(tx, OTHER, OTHER, "search", {}, 1.0))
    assert await db.read(lambda tx: erasure.count(tx, WHO)) == dict.fromkeys(
        await db.read(lambda tx: erasure.count(tx, WHO)), 0
    )
    with work_context(WorkContext(WHO, 10.1)):
        await db.write(open_card)
    assert (await db.read(lambda tx: erasure.count(tx, WHO)))["cards"] == 1


async def test_an_update_that_was_sent_before_is_void_whenever_it_comes(db: Database) -> None:
    await db.write(lambda tx: erasure.erase(tx, WHO, 10.0, 77))
    for update_id, void in ((76, True), (77, True), (78, False)):
        assert db.erasures.void(WorkContext(WHO, 500.0, update_id)) is void
    with work_context(WorkContext(WHO, 500.0, 76)), pytest.raises(Forgotten):
        await db.write(open_card)


async def test_it_is_known_after_a_restart_for_a_day(any_url: str, ring: KeyRing) -> None:
    for _ in range(2):
        db = await Database.open(any_url, ring)
        await db.recall()
        if not db.erasures.turn:
            await db.write(lambda tx: erasure.erase(tx, WHO, 10.0))
        with work_context(WorkContext(WHO, 9.0)), pytest.raises(Forgotten):
            await db.write(open_card)
        (row,) = await db.read(lambda tx: tx.conn.scalars(select(erasures.c.mark)))
        assert str(WHO) not in row
        await db.close()
    db = await Database.open(any_url, ring)
    assert await db.write(lambda tx: erasure.purge(tx, 11.0)) == 1
    assert not await db.recall()
    assert not db.erasures.void(WorkContext(WHO, 9.0))
    await db.close()


async def test_it_is_known_whichever_key_is_the_newest(any_url: str) -> None:
    old, new = b"o" * 32, b"n" * 32
    first = await Database.open(any_url, KeyRing([new, old]))
    await first.write(lambda tx: erasure.erase(tx, WHO, 10.0))
    await first.close()
    for keys in ([old], [old, new], [new]):
        other = await Database.open(any_url, KeyRing(keys))
        await other.recall()
        assert other.erasures.void(WorkContext(WHO, 9.0))
        await other.close()


@pytest.mark.postgres
async def test_replicas_cannot_slip_past_one_another(postgres_url: str, ring: KeyRing) -> None:
    """One replica erases, another has not heard of it: either it waits, or it is waited for."""
    here, there = await Database.open(postgres_url, ring), await Database.open(postgres_url, ring)
    for number in range(25):
        await arrive(here, WHO, now=100.0 * number)

        async def late(now: float = 100.0 * number + 5) -> None:
            with work_context(WorkContext(WHO, now)):
                await there.write(open_card)

        began = 100.0 * number + 10
        results = await asyncio.gather(
            *(late() for _ in range(4)),
            here.write(lambda tx, at=began: erasure.erase(tx, WHO, at)),  # type: ignore[misc]
            *(late() for _ in range(4)),
            return_exceptions=True,
        )
        assert all(r is None or isinstance(r, Forgotten) for r in results), results
        assert not any((await here.read(lambda tx: erasure.count(tx, WHO))).values())
    await asyncio.gather(here.close(), there.close())


async def test_updates_are_freed_but_known(db: Database) -> None:
    update = {"update_id": 1, "text": WORDS}
    await db.write(lambda tx: inbox.store(tx, [inbox.Entry(1, WHO, update, 1.0, owner_id=WHO)]))
    await db.write(lambda tx: inbox.store(tx, [inbox.Entry(2, -5, update, 1.0, owner_id=WHO)]))
    await db.write(lambda tx: erasure.erase(tx, WHO, 10.0))
    assert await db.read(lambda tx: inbox.pending(tx, WHO, 10)) == []
    assert (
        await db.write(lambda tx: inbox.store(tx, [inbox.Entry(1, WHO, update, 20.0, owner_id=WHO)])) == set()
    )
    # What went wrong with it meanwhile is not kept either.
    await db.write(lambda tx: inbox.failed(tx, 2, WORDS, 20.0))
    await db.write(lambda tx: inbox.bury(tx, 2, WORDS))
    assert await db.read(lambda tx: inbox.counts(tx)) == {"pending": 0, "done": 2, "dead": 0}
    assert not await db.read(lambda tx: canary.traces(tx, WORDS, str(WHO)))
    assert await db.write(lambda tx: inbox.purge_done(tx, 5.0)) == 2


async def test_a_job_is_its_persons_unless_it_is_nobodys(db: Database) -> None:
    async def ask(tx: Tx) -> None:
        await jobs.enqueue(tx, "a", "1", {"user_id": WHO}, 1.0)
        await jobs.enqueue(tx, "b", "1", {}, 1.0, owner=WHO)
        await jobs.enqueue(tx, "c", "1", {"refresh_token": "r"}, 1.0, owner=jobs.NOBODY)

    await db.write(ask)
    await db.write(lambda tx: erasure.erase(tx, WHO, 10.0))
    (left,) = await db.write(lambda tx: leases.claim(tx, ["a", "b", "c"], "me", 20.0, 1.0, 10))
    assert (left.kind, left.owner_id) == ("c", None)


async def test_what_is_deleted_is_overwritten(sqlite_url: str, ring: KeyRing) -> None:
    db = await Database.open(sqlite_url, ring)
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    await db.write(lambda tx: canary.fill(tx, WHO, WORDS))
    for number in range(50):
        await db.write(lambda tx, n=number: chats.remember(tx, WHO + n, kind="private", title=WORDS, now=1.0))  # type: ignore[misc]
    await db.write(lambda tx: links.save(tx, links.NewLink(WHO, "disktop", "a", account_name=WORDS), 1.0))
    everything = lambda: b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())  # noqa: E731
    assert canary.is_in(WORDS, everything())
    for number in range(50):
        await db.write(lambda tx, n=number: erasure.erase(tx, WHO + n, 10.0))  # type: ignore[misc]
    await db.write(lambda tx: tx.conn.execute(followed_titles.delete()))
    for passing in ("chat_claims", "save_turns"):
        await db.write(lambda tx, name=passing: tx.conn.execute(metadata.tables[name].delete()))  # type: ignore[misc]
    await db.scrub()
    assert not canary.is_in(WORDS, everything())
    await db.close()
