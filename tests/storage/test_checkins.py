"""The rows of check-ins, on both databases."""

from storage import checkins, jobs, preferences
from storage.checkins import CheckInRow
from storage.database import Database
from storage.tx import Tx

DAY = "2026-03-18"


async def claim(db: Database, account: str = "account:7", day: str = DAY) -> CheckInRow | None:
    return await db.write(lambda tx: checkins.claim(tx, user_id=1, account_key=account, day=day, now=1.0))


async def test_a_day_is_claimed_again_until_it_has_ended(db: Database) -> None:
    first = await claim(db)
    assert first is not None
    assert (first.state, first.sent, first.tries) == ("claimed", True, 1)
    await db.write(lambda tx: checkins.postpone(tx, first.id, 60.0, "UpstreamBroken", 2.0, in_doubt=False))
    later = await db.read(lambda tx: checkins.get(tx, first.id))
    assert later is not None
    assert (later.state, later.sent, later.next_at) == ("later", False, 60.0)
    again = await claim(db)
    assert again is not None
    assert (again.id, again.tries, again.sent) == (first.id, 2, True)
    done = await db.write(lambda tx: checkins.settle(tx, first.id, "done", 3.0, gained=-2, points=9))
    assert done is not None
    assert (done.state, done.gained, done.points, done.sent, done.next_at) == ("done", -2, 9, False, None)
    assert await claim(db) is None
    assert await db.write(lambda tx: checkins.settle(tx, first.id, "missed", 4.0)) is None
    assert await claim(db, day="2026-03-19") is not None


async def test_who_linked_again_may_try_again(db: Database) -> None:
    first = await claim(db)
    assert first is not None
    await db.write(lambda tx: checkins.settle(tx, first.id, "lost", 3.0))
    assert await claim(db) is not None
    await db.write(lambda tx: checkins.settle(tx, first.id, "premium", 3.0))
    assert await claim(db) is None


async def record(db: Database, state: checkins.State, gained: int | None = None) -> CheckInRow | None:
    async def work(tx: Tx) -> CheckInRow | None:
        await checkins.record(
            tx, user_id=1, account_key="user:1", day=DAY, state=state, now=5.0, gained=gained
        )
        return await checkins.of_day(tx, ["account:7", "user:1"], DAY)

    return await db.write(work)


async def test_what_was_gained_is_not_forgotten(db: Database) -> None:
    open_ = await claim(db, "user:1")
    assert open_ is not None
    pressed = await record(db, "done", 4)
    assert pressed is not None
    assert (pressed.id, pressed.state, pressed.gained, pressed.sent) == (open_.id, "done", 4, False)
    again = await record(db, "already")
    assert again is not None
    assert (again.state, again.gained) == ("done", 4)


async def test_an_account_is_found_by_any_of_its_names(db: Database) -> None:
    await record(db, "already")
    await claim(db)
    found = await db.read(lambda tx: checkins.of_day(tx, ["account:7", "user:1"], DAY))
    assert found is not None
    # An end counts more than what is still open.
    assert found.state == "already"
    both = await db.read(lambda tx: checkins.since(tx, ["account:7", "user:1"], "2026-01-01"))
    assert [row.state for row in both] == ["claimed", "already"]
    assert await db.read(lambda tx: checkins.since(tx, ["account:7"], "2026-04-01")) == []
    assert await db.read(lambda tx: checkins.before(tx, 1, DAY)) is None
    before = await db.read(lambda tx: checkins.before(tx, 1, "2026-03-20"))
    assert before is not None
    assert before.day == DAY
    assert await db.write(lambda tx: checkins.purge(tx, "2026-03-19")) == 2


async def test_who_has_no_job_is_found(db: Database) -> None:
    for user in (1, 2, 3):
        at = "08:30" if user < 3 else None
        notices: preferences.Notices = "weekly" if user == 2 else "all"
        await db.write(lambda tx, u=user, a=at, n=notices: preferences.change(tx, u, checkin_at=a, notices=n))  # type: ignore[misc]
    await db.write(lambda tx: jobs.enqueue(tx, "auto", "1", {}, 0.0, dedup="1", owner=1))
    assert await db.read(lambda tx: checkins.without_job(tx, "auto", 10)) == [2]
    assert await db.read(lambda tx: checkins.without_job(tx, "other", 10)) == [1, 2]
    assert await db.read(lambda tx: checkins.without_job(tx, "other", 1)) == [1]
    assert await db.read(lambda tx: checkins.without_digest(tx, "digest", 10)) == [2]
