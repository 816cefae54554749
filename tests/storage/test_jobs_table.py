import asyncio

from storage import deadletters, jobs, leases
from storage.database import Database
from storage.jobs import Job

KINDS = ["mail", "check"]


async def enqueue(
    db: Database, key: str = "k", run_at: float = 1.0, kind: str = "mail", dedup: str | None = None
) -> int | None:
    return await db.write(lambda tx: jobs.enqueue(tx, kind, key, {"key": key, "字": 1}, run_at, dedup))


async def claim(db: Database, holder: str = "a", now: float = 2.0, limit: int = 10) -> list[Job]:
    return await db.write(lambda tx: leases.claim(tx, KINDS, holder, now, 10.0, limit))


async def next_due(db: Database) -> float | None:
    return await db.read(lambda tx: leases.next_due(tx, KINDS))


async def test_the_earliest_due_comes_first(db: Database) -> None:
    for key, run_at in (("c", 3.0), ("a", 1.0), ("b", 2.0), ("d", 9.0)):
        await enqueue(db, key, run_at)
    assert await next_due(db) == 1.0
    first = await claim(db, now=5.0, limit=2)
    assert [(job.key, job.payload, job.attempt, job.failures) for job in first] == [
        ("a", {"key": "a", "字": 1}, 1, 0),
        ("b", {"key": "b", "字": 1}, 1, 0),
    ]
    assert [job.key for job in await claim(db, now=5.0)] == ["c"]
    assert await claim(db, now=5.0) == []
    assert await next_due(db) == 9.0


async def test_other_kinds_are_left_alone(db: Database) -> None:
    await enqueue(db, kind="upload")
    assert await claim(db) == []
    assert await next_due(db) is None


async def test_one_of_a_key_at_a_time_in_order_of_asking(db: Database) -> None:
    async def three(tx: jobs.Tx) -> list[int | None]:
        return [await jobs.enqueue(tx, "mail", "k", {"n": n}, 1.0) for n in range(3)]

    await db.write(three)
    await enqueue(db, "k", kind="check")
    for number in range(3):
        job, *others = await claim(db)
        assert job.payload == {"n": number}
        assert [other.kind for other in others] == (["check"] if number == 0 else [])
        assert await claim(db, "b") == []
        assert await next_due(db) == 12.0
        assert await db.write(lambda tx, j=job: leases.finish(tx, j))


async def test_a_delayed_job_does_not_block_its_key(db: Database) -> None:
    await enqueue(db, run_at=50.0)
    await enqueue(db, run_at=1.0)
    (job,) = await claim(db)
    assert await db.write(lambda tx: leases.retry(tx, job, 40.0, "no luck"))
    await enqueue(db, run_at=3.0)
    (other,) = await claim(db, now=4.0)
    assert other.id != job.id
    await db.write(lambda tx: leases.finish(tx, other))
    assert await next_due(db) == 40.0
    (again,) = await claim(db, now=60.0)
    assert (again.id, again.attempt, again.failures, again.error) == (job.id, 2, 1, "no luck")


async def test_one_open_job_a_kind_and_dedup(db: Database) -> None:
    assert await enqueue(db, "x", dedup="one") is not None
    assert await enqueue(db, "y", dedup="one") is None
    assert await enqueue(db, "y", dedup="one", kind="check") is not None
    assert await enqueue(db, "y") is not None
    job = next(job for job in await claim(db) if job.key == "x")
    assert await enqueue(db, "x", dedup="one") is None
    await db.write(lambda tx: leases.finish(tx, job))
    assert await enqueue(db, "x", dedup="one") is not None


async def test_who_lost_the_lease_writes_nothing(db: Database) -> None:
    await enqueue(db)
    (stale,) = await claim(db, "a")
    assert await db.write(lambda tx: leases.renew(tx, stale, 5.0, 10.0))
    assert await claim(db, "b", now=14.0) == []
    (fresh,) = await claim(db, "b", now=15.0)
    assert (fresh.id, fresh.attempt, fresh.failures) == (stale.id, 2, 1)
    assert not await db.write(lambda tx: leases.renew(tx, stale, 16.0, 10.0))
    assert not await db.write(lambda tx: leases.keep(tx, stale, {"n": 1}))
    assert not await db.write(lambda tx: leases.retry(tx, stale, 16.0, None))
    assert not await db.write(lambda tx: leases.bury(tx, stale, "no"))
    assert not await db.write(lambda tx: leases.finish(tx, stale))
    assert await db.write(lambda tx: leases.finish(tx, fresh))
    assert not await db.write(lambda tx: leases.finish(tx, fresh))


async def test_progress_is_kept(db: Database) -> None:
    await enqueue(db)
    (job,) = await claim(db)
    assert await db.write(lambda tx: leases.keep(tx, job, {"last": "17"}))
    await db.write(lambda tx: leases.retry(tx, job, 2.0, None))
    (again,) = await claim(db)
    assert (again.payload, again.failures) == ({"last": "17"}, 0)


async def test_dead_letters(db: Database) -> None:
    assert await db.read(jobs.counts) == {"open": 0, "running": 0, "dead": 0}
    await enqueue(db, "x", dedup="one")
    await enqueue(db, "y")
    (job, _) = await claim(db)
    assert await db.write(lambda tx: leases.bury(tx, job, "gave up"))
    (dead,) = await db.read(lambda tx: deadletters.page(tx, 0, 5))
    assert (dead.id, dead.error, dead.failures) == (job.id, "gave up", 1)
    assert await enqueue(db, "x", dedup="one") is not None
    assert await db.read(jobs.counts) == {"open": 1, "running": 1, "dead": 1}


async def test_cancel_takes_it_from_whoever_runs_it(db: Database) -> None:
    await enqueue(db, dedup="one")
    (job,) = await claim(db)
    assert await db.write(lambda tx: jobs.cancel(tx, "mail", "one"))
    assert not await db.write(lambda tx: jobs.cancel(tx, "mail", "one"))
    assert not await db.write(lambda tx: leases.finish(tx, job))


async def test_many_claimers_never_share_a_job_or_a_key(db: Database) -> None:
    for number in range(60):
        await enqueue(db, f"key{number % 20}")
    for _ in range(3):
        got = await asyncio.gather(*(claim(db, f"h{n}", limit=5) for n in range(8)))
        claimed = [job for some in got for job in some]
        assert len({job.key for job in claimed}) == len(claimed) == 20
        for job in claimed:
            assert await db.write(lambda tx, j=job: leases.finish(tx, j))
    assert await db.read(jobs.counts) == {"open": 0, "running": 0, "dead": 0}


async def test_a_new_process_goes_on_with_the_jobs_of_its_killed_namesake(db: Database) -> None:
    await enqueue(db, "mine")
    (mine,) = await claim(db, "the only one")
    await enqueue(db, "theirs")
    await claim(db, "another")
    assert await db.write(lambda tx: leases.inherit(tx, ["upload"], "the only one", 3.0)) == 0
    assert await db.write(lambda tx: leases.inherit(tx, KINDS, "the only one", 3.0)) == 1
    (again,) = await claim(db, "the only one", now=3.0)
    assert (again.id, again.attempt, again.failures) == (mine.id, 2, 1)
    assert not await db.write(lambda tx: leases.finish(tx, mine)), "the dead one's fence is old"
