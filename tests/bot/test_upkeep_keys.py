"""`linkhive keys rotate`: looks before it makes a key, and never past a bot that runs."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from storage import leases, url as addresses
from storage.crypto import KeyRing
from storage.database import Database
from tests.bot.upkeep_parts import BOTH, NEW, OLD, ONLY_OLD, Operator, heads, sealed_job
from tests.conftest import Start
from tests.e2e.process import until
from tests.fixtures.databases import WHY_NO_POSTGRES


@pytest.fixture
def operator(any_url: str, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(any_url, capsys)


def ways(url: str, keys: str) -> dict[str, Any]:
    return {"database_url": url, "secret_keys": keys, "telegram_updates": "webhook"}


async def test_a_bot_that_lacks_the_new_key_is_not_passed(
    start: Start, any_url: str, operator: Operator
) -> None:
    old, new = KeyRing([OLD]).head, KeyRing([NEW]).head
    async with start(**ways(any_url, ONLY_OLD)) as house:
        await sealed_job(house.db)
        code, said = await operator("rotate", keys=BOTH)
        assert (code, "restart every bot" in said) == (1, True), said
        assert await heads(house.db) == {old}, "nothing was touched"
    async with start(**ways(any_url, BOTH)) as house:
        code, said = await operator("rotate", keys=BOTH)
        assert (code, await heads(house.db)) == (0, {new}), said
        await sealed_job(house.db, "b")
        assert await heads(house.db) == {new}
    assert (await operator("rotate", keys=ONLY_OLD))[0] == 1, "it would lose what is under the new key"


async def test_a_bot_that_was_killed_holds_nobody_up(start: Start, any_url: str, operator: Operator) -> None:
    async with start(**ways(any_url, ONLY_OLD)) as house:
        await sealed_job(house.db)
    await operator.write("INSERT INTO replicas (holder, seen_at, known_keys) VALUES ('dead', 1, 'aa')")
    code, said = await operator("rotate", keys=BOTH)
    assert code == 0, said


async def test_keys_of_the_setting_are_not_rotated_without_it(
    start: Start, sqlite_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async with start(**ways(sqlite_url, ONLY_OLD)):
        code, said = await Operator(sqlite_url, capsys)("rotate", keys=None)
        assert (code, "SECRET_KEYS" in said) == (1, True), said
        assert not (tmp_path / "linkhive.db.keys").exists()


async def test_a_bot_with_a_key_file_goes_on_under_the_new_key(
    start: Start, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    operator = Operator(f"sqlite:///{tmp_path / 'linkhive.db'}", capsys)
    async with start() as house:
        await sealed_job(house.db)
        (before,) = await heads(house.db)
        assert (await operator("rotate", keys=None))[0] == 0
        (job,) = await house.db.write(lambda tx: leases.claim(tx, ["test.secret"], "me", 5e9, 9.0, 1))
        assert job.payload == {"x": 1}
        await sealed_job(house.db, "b")
        assert before not in await heads(house.db)


@pytest.mark.parametrize("harm", ["without its key", "changed"])
async def test_a_secret_that_stays_shut_stops_it_before_a_key_is_made(
    sqlite_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, harm: str
) -> None:
    operator, file = Operator(sqlite_url, capsys), tmp_path / "linkhive.db.keys"
    foreign = await Database.open(sqlite_url, KeyRing([OLD]))
    if harm == "without its key":
        KeyRing.from_file(file)
    else:
        file.write_text(f"{ONLY_OLD}\n")
    await sealed_job(foreign)
    await foreign.close()
    if harm == "changed":
        await operator.write("UPDATE jobs SET payload = substr(payload, 1, 20)")
    kept = file.read_text()
    code, said = await operator("rotate", keys=None)
    assert code == 1
    assert {
        "without its key": "no key opens 1 in jobs.payload: put the old key back",
        "changed": "does not open, though its key is here: remove that row",
    }[harm] in said
    assert file.read_text() == kept


async def test_where_there_is_no_database_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "data" / "linkhive.db"
    code, said = await Operator(f"sqlite:///{file}", capsys)("rotate", keys=None)
    assert (code, f"there is no database at {file}" in said) == (1, True), said
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


async def test_tables_of_an_older_version_are_left_to_an_upgrade(operator: Operator) -> None:
    await operator.write("UPDATE alembic_version SET version_num = '0010'")
    code, said = await operator("rotate")
    assert (code, "linkhive db upgrade" in said) == (1, True), said
    assert await operator.ask("SELECT version_num FROM alembic_version") == ["0010"]


async def test_the_database_is_named_but_not_its_password(operator: Operator) -> None:
    code, said = await operator("rotate")
    assert (code, said) == (
        0,
        f"0 rows are under the newest key now, in {addresses.display_name(operator.url)}\n",
    )
    assert addresses.display_name("postgresql://me:hidden@db.example.org/bot") == "bot at db.example.org"
    assert addresses.display_name("sqlite:////data/linkhive.db") == "/data/linkhive.db"


@pytest.mark.postgres
@pytest.mark.skipif(WHY_NO_POSTGRES is not None, reason=WHY_NO_POSTGRES or "")
async def test_replicas_seal_with_what_all_of_them_open(postgres_url: str, start: Start) -> None:
    old, new = KeyRing([OLD]).head, KeyRing([NEW]).head
    async with start(**ways(postgres_url, BOTH)) as first:
        assert first.db.ring.head == new
        async with start(**ways(postgres_url, ONLY_OLD)) as second:
            await until(lambda: first.db.ring.head == old, "it learned of the other's keys")
            await sealed_job(first.db)
            assert await heads(second.db) == {old}
        await until(lambda: first.db.ring.head == new, "it learned that the other is gone")
