"""Health: a secret of any kind that lost its key is seen, until its key is back or it is dropped."""

import pytest

from bot.healthchecks import SECRETS_SECONDS
from services.clock import SystemClock
from storage import census, deadletters, inbox, jobs
from storage.database import Database
from storage.schema import metadata
from storage.tx import Tx
from tests.conftest import Start
from tests.fixtures.databases import *  # noqa: F403
from tests.fixtures.shut import open_again, sealed, shut
from tests.guarantees.test_e_data import fill
from tests.guarantees.test_health import GONE, Moved, ask


async def test_health_every_sealed_column_is_looked_at(db: Database) -> None:
    for n in (1, 2):
        await db.write(lambda tx, n=n: fill(tx, n, f"secret {n}"))
    assert await db.read(lambda tx: census.without_key(tx, census.WATCHED)) == {}
    kinds = [table.name for table in metadata.sorted_tables if [*sealed(table.name)]]
    found: dict[str, int] = {}
    for name in kinds:
        await db.write(lambda tx, name=name: shut(tx, name))
        found |= await db.read(lambda tx: census.without_key(tx, census.WATCHED))
        await db.write(lambda tx, name=name: open_again(tx, name))
    large = {f"{name}.{column.name}" for name in kinds for column in sealed(name) if column.info.get("large")}
    every = {f"{name}.{column.name}" for name in kinds for column in sealed(name)}
    assert found == dict.fromkeys(every - large - {"jobs.error"}, 2), "of a job that never failed no error"
    assert large == {"pictures.content"}, "which is sealed with the key of its name"
    assert await db.read(census.without_key) == {}


@pytest.fixture
def clock() -> Moved:
    return Moved()


async def test_health_is_red_while_letters_do_not_open_and_green_once_they_are_dropped(
    start: Start, clock: Moved
) -> None:
    nobody = 4_000_000_001
    async with start(clock=clock) as house:
        now = SystemClock().now()
        entry = inbox.Entry(77, nobody, {"update_id": 77}, now, owner_id=nobody)

        async def leave(tx: Tx) -> None:
            await inbox.store(tx, [entry])
            await inbox.bury(tx, 77, "bang")
            await jobs.enqueue(tx, "test.mail", "k", {}, now)
            await shut(tx, "inbox", "jobs")

        await house.db.write(leave)
        clock.ahead += SECRETS_SECONDS + 1
        house.metrics.polled(clock.now())
        status, words = await ask(house, "/healthz")
        assert status == 503
        assert words.startswith("secrets: ")
        assert GONE in words
        for place in ("inbox.payload", "inbox.error", "jobs.payload"):
            assert place in words
        await house.db.write(lambda tx: deadletters.drop(tx, "update", 77))
        await house.db.write(lambda tx: open_again(tx, "jobs"))
        clock.ahead += SECRETS_SECONDS + 1
        house.metrics.polled(clock.now())
        assert await ask(house, "/healthz") == (200, "ok\n")
