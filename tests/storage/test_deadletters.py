"""What was given up, and who is written to."""

from storage import census, deadletters, inbox, jobs, leases, links, users
from storage.database import Database
from storage.deadletters import Letter
from storage.tx import Tx
from storage.users import Audience

NOW = 100.0


async def given_up(db: Database, kind: str, dedup: str | None = None, error: str = "boom") -> int:
    await db.write(lambda tx: jobs.enqueue(tx, kind, "k", {}, 1.0, dedup))
    (job,) = await db.write(lambda tx: leases.claim(tx, [kind], "me", 2.0, 9.0, 1))
    assert await db.write(lambda tx: leases.bury(tx, job, error))
    return job.id


async def poisoned(db: Database, update_id: int, error: str = "bang") -> None:
    entry = inbox.Entry(update_id, 5, {"update_id": update_id}, 3.0, owner_id=5)
    await db.write(lambda tx: inbox.store(tx, [entry]))
    await db.write(lambda tx: inbox.failed(tx, update_id, error, 4.0))
    await db.write(lambda tx: inbox.bury(tx, update_id, error))


async def listed(db: Database) -> list[Letter]:
    return await db.read(lambda tx: deadletters.page(tx, 0, 10))


async def test_both_kinds_are_listed_latest_first(db: Database) -> None:
    job = await given_up(db, "mail")
    await poisoned(db, 77)
    assert await listed(db) == [
        Letter("update", 77, "update", 3.0, 1, "bang"),
        Letter("job", job, "mail", 1.0, 1, "boom"),
    ]
    assert await db.read(deadletters.count) == 2
    assert [letter.id for letter in await db.read(lambda tx: deadletters.page(tx, 1, 10))] == [job]


async def test_a_job_is_tried_once_more(db: Database) -> None:
    job = await given_up(db, "mail", "only")
    assert await db.write(lambda tx: deadletters.retry(tx, "job", job, NOW))
    assert await listed(db) == []
    (again,) = await db.write(lambda tx: leases.claim(tx, ["mail"], "me", NOW, 9.0, 1))
    assert (again.id, again.failures, again.error) == (job, 0, None)
    assert not await db.write(lambda tx: deadletters.retry(tx, "job", job, NOW)), (
        "it is no dead letter any more"
    )


async def test_a_job_whose_like_waits_already_stays(db: Database) -> None:
    job = await given_up(db, "mail", "only")
    await db.write(lambda tx: jobs.enqueue(tx, "mail", "k", {}, 1.0, "only"))
    assert not await db.write(lambda tx: deadletters.retry(tx, "job", job, NOW))
    assert len(await listed(db)) == 1
    assert await db.write(lambda tx: deadletters.drop(tx, "job", job))
    assert await listed(db) == []


async def test_an_update_is_answered_after_all_or_let_go(db: Database) -> None:
    for number in (1, 2):
        await poisoned(db, number)
    assert await db.write(lambda tx: deadletters.retry(tx, "update", 1, NOW))
    assert [entry.update_id for entry in await db.read(lambda tx: inbox.pending(tx, 5, 9))] == [1]
    assert await db.write(lambda tx: deadletters.drop(tx, "update", 2))
    assert await db.read(lambda tx: inbox.counts(tx)) == {"pending": 1, "done": 1, "dead": 0}
    assert not await db.write(lambda tx: deadletters.drop(tx, "update", 2))


async def test_jobs_are_counted_by_kind_and_people_by_what_they_do(db: Database) -> None:
    await given_up(db, "mail")
    await db.write(lambda tx: jobs.enqueue(tx, "mail", "a", {}, 1.0))
    await db.write(lambda tx: jobs.enqueue(tx, "poll", "a", {}, 1.0))
    await db.write(lambda tx: leases.claim(tx, ["poll"], "me", 2.0, 9.0, 1))
    assert await db.read(census.kinds) == {
        "mail": census.Kind(waiting=1, dead=1),
        "poll": census.Kind(running=1),
    }

    async def meet(tx: Tx) -> None:
        for number in (1, 2, 3):
            await users.remember(tx, number, language_code=None, first_name="N", now=10.0 * number)
        await links.save(tx, links.NewLink(1, "hdhive", "t"), 1.0)
        lost = await links.save(tx, links.NewLink(2, "hdhive", "t"), 1.0)
        await links.lose(tx, lost.id, 1, 2.0)

    await db.write(meet)
    assert await db.read(lambda tx: census.people(tx, 20.0)) == census.People(3, 2, {"hdhive": 1})


async def test_an_audience_comes_in_order_each_once(db: Database) -> None:
    async def meet(tx: Tx) -> None:
        for number in (9, 3, 7, 5):
            await users.remember(tx, number, language_code=None, first_name="N", now=float(number))

    await db.write(meet)
    everybody = Audience(until=8.0)
    assert await db.read(lambda tx: users.count(tx, everybody)) == 3
    assert await db.read(lambda tx: users.after(tx, everybody, 0, 2)) == [3, 5]
    assert await db.read(lambda tx: users.after(tx, everybody, 5, 2)) == [7]
    some = Audience(until=8.0, admitted=frozenset({3, 9, 7}), without=3)
    assert await db.read(lambda tx: users.after(tx, some, 0, 9)) == [7]
    assert await db.read(lambda tx: users.count(tx, some)) == 1
