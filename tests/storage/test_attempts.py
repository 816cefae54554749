import asyncio

from storage import attempts
from storage.attempts import Attempt
from storage.database import Database


async def create(db: Database, ticket: str = "ticket", expires_at: float = 600.0) -> Attempt:
    return await db.write(
        lambda tx: attempts.create(
            tx,
            user_id=1001,
            chat_id=1001,
            message_id=5,
            service="disktop",
            display_name="小雨",
            scopes=("user.read", "share.read"),
            language="zh",
            ticket_hash=ticket,
            expires_at=expires_at,
            now=0.0,
        )
    )


async def bind(db: Database, attempt: Attempt, state: str = "state", now: float = 1.0) -> bool:
    return await db.write(
        lambda tx: attempts.bind(
            tx,
            attempt.id,
            state_hash=state,
            cookie_hash=f"cookie-{state}",
            verifier="verifier",
            redirect_uri="http://127.0.0.1/cb",
            now=now,
        )
    )


async def take_state(db: Database, state: str = "state", now: float = 2.0) -> Attempt | None:
    return await db.write(lambda tx: attempts.take_state(tx, "disktop", state, now))


async def take_nonce(db: Database, nonce: str = "nonce", now: float = 3.0) -> Attempt | None:
    return await db.write(lambda tx: attempts.take_nonce(tx, nonce, now))


async def keep_code(db: Database, attempt: Attempt, nonce: str = "nonce") -> bool:
    return await db.write(lambda tx: attempts.keep_code(tx, attempt.id, "code", nonce, 300.0))


async def by_ticket(db: Database, ticket: str = "ticket") -> Attempt:
    found = await db.read(lambda tx: attempts.by_ticket(tx, ticket))
    assert found is not None
    return found


async def test_the_whole_way(db: Database) -> None:
    attempt = await create(db)
    assert await by_ticket(db) == attempt
    assert await bind(db, attempt)
    returned = await take_state(db)
    assert returned is not None
    assert (returned.stage, returned.verifier, returned.scopes) == (
        "returned",
        "verifier",
        ("user.read", "share.read"),
    )
    assert await keep_code(db, attempt)
    finished = await take_nonce(db)
    assert finished is not None
    assert (finished.code, finished.verifier, finished.user_id) == ("code", "verifier", 1001)
    assert "verifier'" not in repr(finished)
    after = await db.read(lambda tx: attempts.by_nonce(tx, "nonce"))
    assert after is not None
    assert (after.stage, after.code, after.verifier) == ("taken", None, None)
    assert await db.write(lambda tx: attempts.finish(tx, attempt.id))
    assert not await db.write(lambda tx: attempts.finish(tx, attempt.id))


async def test_unknown_secrets_find_nothing(db: Database) -> None:
    assert await db.read(lambda tx: attempts.by_ticket(tx, "x")) is None
    assert await db.read(lambda tx: attempts.by_nonce(tx, "x")) is None
    assert await db.read(lambda tx: attempts.by_state(tx, "disktop", "x")) is None
    assert await take_state(db, "x") is None
    assert await take_nonce(db, "x") is None


async def test_each_secret_works_once_however_many_come(db: Database) -> None:
    attempt = await create(db)
    await bind(db, attempt)
    winners = await asyncio.gather(*(take_state(db) for _ in range(50)))
    assert sum(winner is not None for winner in winners) == 1
    assert sum(await asyncio.gather(*(keep_code(db, attempt) for _ in range(20)))) == 1
    finishers = await asyncio.gather(*(take_nonce(db) for _ in range(50)))
    assert sum(finisher is not None for finisher in finishers) == 1


async def test_the_last_browser_counts_until_the_service_answered(db: Database) -> None:
    attempt = await create(db)
    assert await bind(db, attempt, "first")
    assert await bind(db, attempt, "second")
    assert await take_state(db, "first") is None
    for cookie, matches in (("cookie-first", False), ("cookie-second", True)):
        assert await db.read(lambda tx, c=cookie: attempts.matches_cookie(tx, attempt.id, c)) is matches
    assert await take_state(db, "second") is not None
    assert not await bind(db, attempt, "third")
    known = await db.read(lambda tx: attempts.by_state(tx, "disktop", "second"))
    assert known is not None
    assert known.stage == "returned"


async def test_an_unbound_attempt_has_no_cookie(db: Database) -> None:
    attempt = await create(db)
    assert not await db.read(lambda tx: attempts.matches_cookie(tx, attempt.id, "x"))
    assert not await db.read(lambda tx: attempts.matches_cookie(tx, 1, "x"))


async def test_a_state_of_one_service_is_none_of_another(db: Database) -> None:
    attempt = await create(db)
    await bind(db, attempt)
    assert await db.write(lambda tx: attempts.take_state(tx, "hdhive", "state", 2.0)) is None


async def test_late_ones_are_refused(db: Database) -> None:
    attempt = await create(db)
    assert not await bind(db, attempt, now=600.0)
    assert await bind(db, attempt, now=599.0)
    assert await take_state(db, now=600.0) is None
    assert await take_state(db, now=599.0) is not None
    await keep_code(db, attempt)
    assert await take_nonce(db, now=300.0) is None
    assert await take_nonce(db, now=299.0) is not None


async def test_denied_and_burned_attempts_hold_no_secret_and_go_no_further(db: Database) -> None:
    attempt = await create(db)
    await bind(db, attempt)
    await take_state(db)
    assert await db.write(lambda tx: attempts.deny(tx, attempt.id))
    assert (await by_ticket(db)).stage == "denied"
    assert not await keep_code(db, attempt)

    other = await create(db, "other")
    await bind(db, other, "other-state")
    await take_state(db, "other-state")
    await keep_code(db, other, "other-nonce")
    assert await db.write(lambda tx: attempts.burn(tx, other.id))
    burned = await by_ticket(db, "other")
    assert (burned.stage, burned.code, burned.verifier) == ("burned", None, None)
    assert await take_nonce(db, "other-nonce") is None
    assert not await db.write(lambda tx: attempts.burn(tx, 1))


async def test_purge_leaves_what_may_still_be_finished(db: Database) -> None:
    await create(db, "old", expires_at=10.0)
    await create(db, "new", expires_at=30.0)
    waiting = await create(db, "waiting", expires_at=10.0)
    await bind(db, waiting)
    await take_state(db)
    await keep_code(db, waiting)
    assert await db.write(lambda tx: attempts.purge(tx, 20.0)) == 1
    assert await db.read(lambda tx: attempts.by_ticket(tx, "old")) is None
    await by_ticket(db, "waiting")
