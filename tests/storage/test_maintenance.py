import asyncio
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import backups, cards, links, meta, unlocks
from storage.crypto import KeyRing
from storage.database import Database
from storage.engines import writer_engine
from storage.maintenance import BackupFailed, backup, head, restore, rotate, upgrade
from storage.schema import metadata
from storage.tx import Tx
from storage.url import parse

CANARY = "canary-7f3a"


def database_file(url: str) -> Path:
    return Path(parse(url).database or "")


async def fill(db: Database) -> links.Link:
    async def work(tx: Tx) -> links.Link:
        link = await links.save(tx, links.NewLink(1, "hdhive", CANARY, CANARY), 1.0)
        await cards.open(tx, 1, 1, "search", {"q": CANARY}, 1.0)
        return link

    return await db.write(work)


async def test_migrations_make_what_the_schema_says(any_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = writer_engine(parse(any_url))
    async with engine.connect() as conn:
        context = await conn.run_sync(lambda sync: MigrationContext.configure(sync))
        assert await conn.run_sync(lambda _: compare_metadata(context, metadata)) == []
    await engine.dispose()


async def test_the_first_revision_goes_back_too(any_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    from storage.maintenance import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = writer_engine(parse(any_url))
    async with engine.begin() as conn:
        config.attributes["connection"] = conn.sync_connection
        await conn.run_sync(lambda _: command.downgrade(config, "base"))
    await engine.dispose()
    assert await upgrade(any_url)


async def test_upgrade_is_quick_when_nothing_is_to_do(any_url: str) -> None:
    assert not await upgrade(any_url)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        assert not await upgrade(any_url)
        times.append(time.perf_counter() - started)
    # Loading Alembic alone takes longer, on a busy machine as well.
    assert min(times) < 0.5


async def test_replicas_that_start_at_once_upgrade_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/50%25/new.db"
    assert sorted(await asyncio.gather(*(upgrade(url) for _ in range(5)))) == [False] * 4 + [True]
    assert head() >= "0003"


async def test_a_backup_under_load_holds_one_state(any_url: str, db: Database, tmp_path: Path) -> None:
    stopping = False

    async def step(tx: Tx) -> None:
        number = int(await meta.get(tx, "a") or 0) + 1
        await meta.put(tx, "a", str(number))
        await meta.put(tx, "b", str(number))

    async def load() -> None:
        while not stopping:
            await db.write(step)

    link = await fill(db)
    loading = asyncio.create_task(load())
    file = tmp_path / "linkhive.backup"
    for _ in range(3):
        await asyncio.sleep(0.05)
        await backup(any_url, file)
    stopping = True
    await loading
    assert file.stat().st_mode & 0o777 == 0o600
    assert CANARY.encode() not in file.read_bytes()

    await db.write(lambda tx: links.delete(tx, 1, "hdhive"))
    with pytest.raises(BackupFailed, match="not empty"):
        await restore(any_url, file)
    await restore(any_url, file, force=True)
    assert await db.read(lambda tx: links.get(tx, 1, "hdhive")) == link
    first, second = [await db.read(lambda tx, k=key: meta.get(tx, k)) for key in "ab"]
    assert first == second
    assert int(first or 0) > 0


async def test_a_backup_makes_a_new_database(sqlite_url: str, ring: KeyRing, tmp_path: Path) -> None:
    db = await Database.open(sqlite_url, ring)
    link = await fill(db)
    await backup(sqlite_url, tmp_path / "file")
    await db.close()
    fresh = f"sqlite:///{tmp_path}/other/fresh.db"
    await restore(fresh, tmp_path / "file")
    assert not await upgrade(fresh)
    other = await Database.open(fresh, ring)
    assert await other.read(lambda tx: links.get(tx, 1, "hdhive")) == link
    await other.close()


async def test_what_is_no_backup_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="no file"):
        await restore(sqlite_url, tmp_path / "missing")
    with pytest.raises(BackupFailed, match="no file"):
        await backup(f"sqlite:///{tmp_path}/missing.db", tmp_path / "file")
    (tmp_path / "text").write_text("this is no database at all" * 100)
    with pytest.raises(BackupFailed, match="no backup"):
        await restore(sqlite_url, tmp_path / "text")
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as foreign:
        foreign.execute("CREATE TABLE a (b)")
    with pytest.raises(BackupFailed, match="no backup"):
        await restore(sqlite_url, tmp_path / "foreign.db")


async def test_a_damaged_backup_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    shutil.copyfile(database_file(sqlite_url), file)
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 512] = b"\xff" * 512
    file.write_bytes(content)
    with pytest.raises(BackupFailed):
        await restore(sqlite_url, file)


async def test_a_failed_copy_leaves_no_file(tmp_path: Path, sqlite_url: str) -> None:
    await asyncio.to_thread(database_file(sqlite_url).write_bytes, b"x" * 5000)
    with pytest.raises(BackupFailed, match="SQLite"):
        await backup(sqlite_url, tmp_path / "file")
    assert not await asyncio.to_thread(lambda: list(tmp_path.glob("*file*")))


async def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(backups, "DEBIAN_TOOLS", tmp_path)
    with pytest.raises(BackupFailed, match="pg_dump is not installed"):
        await backup("postgresql://u@/d", tmp_path / "file")


async def test_a_failing_tool_says_why_without_the_password(tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    with pytest.raises(BackupFailed, match="pg_dump: ") as caught:
        await backup(f"postgresql://u:secretpw@/d?host={tmp_path}", tmp_path / "file")
    assert "secretpw" not in str(caught.value)


async def test_rotation_leaves_nothing_under_the_old_key(any_url: str, tmp_path: Path) -> None:
    old, new = b"o" * 32, b"n" * 32
    before = await Database.open(any_url, KeyRing([old]))
    link = await fill(before)
    opened = [
        await before.write(lambda tx, n=n: cards.open(tx, n, 1, "r", {"n": n}, 1.0)) for n in range(250)
    ]
    row = await before.write(
        lambda tx: unlocks.claim(
            tx, user_id=1, link_id=1, account_key="a", slug="s", price=1, card_id=None, now=1.0
        )
    )
    assert row is not None
    await before.write(lambda tx: unlocks.done(tx, row.id, "url", None, None, False, 1.0))
    await before.close()

    during = await Database.open(any_url, KeyRing([new, old]))
    assert await rotate(during) == 1 + 251 + 1
    assert await rotate(during) == 0
    await during.close()

    after = await Database.open(any_url, KeyRing([new]))
    assert await after.read(lambda tx: links.get(tx, 1, "hdhive")) == link
    for card in opened:
        assert await after.read(lambda tx, c=card: cards.get(tx, c.id)) == card
    settled = await after.read(lambda tx: unlocks.get(tx, row.id))
    assert settled is not None
    assert (settled.url, settled.access_code) == ("url", None)
    await after.close()


async def test_rotation_may_run_beside_the_bot(any_url: str) -> None:
    old, new = b"o" * 32, b"n" * 32
    bot = await Database.open(any_url, KeyRing([old, new]))
    opened = [await bot.write(lambda tx, n=n: cards.open(tx, n, 1, "r", {"n": 0}, 1.0)) for n in range(300)]
    other = await Database.open(any_url, KeyRing([new, old]))

    async def use() -> None:
        for card in opened:
            changed = await bot.write(lambda tx, c=card: cards.update(tx, c.id, 1, state={"n": 1}, now=2.0))
            assert changed is not None

    await asyncio.gather(use(), rotate(other))
    await rotate(other)
    for card in opened:
        seen = await other.read(lambda tx, c=card: cards.get(tx, c.id))
        assert seen is not None
        assert seen.state == {"n": 1}
    await bot.close()
    await other.close()


async def test_swapped_ciphertexts_do_not_open(db: Database) -> None:
    first = await db.write(lambda tx: cards.open(tx, 1, 1, "r", {"of": 1}, 1.0))
    second = await db.write(lambda tx: cards.open(tx, 2, 1, "r", {"of": 2}, 1.0))
    swap = text("UPDATE cards SET state = (SELECT state FROM cards WHERE id = :a) WHERE id = :b")
    await db.write(lambda tx: tx.conn.execute(swap, {"a": first.id, "b": second.id}))
    assert await db.read(lambda tx: cards.get(tx, second.id)) is None
    assert await db.read(lambda tx: cards.get(tx, first.id)) == first


async def test_no_secret_is_in_the_files(sqlite_url: str, ring: KeyRing) -> None:
    db = await Database.open(sqlite_url, ring)
    await fill(db)
    path = database_file(sqlite_url)
    content = b"".join(file.read_bytes() for file in path.parent.glob("linkhive.db*"))
    assert CANARY.encode() not in content
    await db.close()
