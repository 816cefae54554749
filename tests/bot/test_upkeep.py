"""`linkhive db`: nothing is overwritten that cannot be used, is in use, or is the database itself."""

import time
from pathlib import Path

import pytest

from bot import database
from bot.settings import StorageSettings
from services.replicas import SILENT_SECONDS
from storage import maintenance
from tests.bot.upkeep_parts import ONLY_OLD, Operator
from tests.fixtures.databases import WHY_NO_POSTGRES


@pytest.fixture
def operator(any_url: str, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(any_url, capsys)


async def at(operator: Operator, revision: str) -> None:
    await operator.write(f"UPDATE alembic_version SET version_num = '{revision}'")


async def test_a_newer_ones_backup_changes_nothing(operator: Operator, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    await at(operator, "0999")
    assert (await operator("backup", file=saved))[0] == 0
    await at(operator, maintenance.head())
    await operator.write("INSERT INTO meta (key, value) VALUES ('mine', '1')")
    for keys in (ONLY_OLD, None) if operator.url.startswith("sqlite") else (ONLY_OLD,):
        code, said = await operator("restore", keys=keys, file=saved, force=True)
        assert (code, "made by a newer LinkHive" in said, "0999" in said) == (1, True, True), said
    assert await operator.ask("SELECT version_num FROM alembic_version") == [maintenance.head()]
    assert await operator.ask("SELECT value FROM meta WHERE key = 'mine'") == ["1"]


async def test_an_older_ones_backup_is_brought_up_to_date(operator: Operator, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    await operator.write(
        "DROP TABLE replicas", "DROP TABLE save_turns", "UPDATE alembic_version SET version_num = '0009'"
    )
    assert (await operator("backup", file=saved))[0] == 0
    assert (await operator("upgrade"))[0] == 0
    code, said = await operator("restore", file=saved, force=True)
    assert code == 0, said
    assert await operator.ask("SELECT known_keys FROM replicas") == []


async def test_a_newer_ones_database_is_told_in_one_line(operator: Operator) -> None:
    await at(operator, "0999")
    for action in ("upgrade", "rotate"):
        code, said = await operator(action)
        assert (code, "made by a newer LinkHive" in said, "use that version" in said) == (1, True, True), said
    settings = StorageSettings(_env_file=None, database_url=operator.url, secret_keys=ONLY_OLD)  # type: ignore[call-arg]
    with pytest.raises(
        database.CannotOpen, match=r"^DATABASE_URL: the database was made by a newer LinkHive"
    ):
        async with database.opened(settings):
            pass
    assert await operator.ask("SELECT version_num FROM alembic_version") == ["0999"]


async def test_a_full_database_is_overwritten_when_told_so(operator: Operator, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    await operator("backup", file=saved)
    await operator.write("INSERT INTO meta (key, value) VALUES ('mine', '1')")
    code, said = await operator("restore", file=saved)
    assert (code, "--force" in said) == (1, True), said
    assert (await operator("restore", file=saved, force=True))[0] == 0
    assert await operator.ask("SELECT value FROM meta WHERE key = 'mine'") == []


@pytest.mark.postgres
@pytest.mark.skipif(WHY_NO_POSTGRES is not None, reason=WHY_NO_POSTGRES or "")
async def test_nothing_is_brought_back_under_replicas(
    postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operator, saved, now = Operator(postgres_url, capsys), tmp_path / "saved", time.time()
    await operator.write(f"INSERT INTO replicas (holder, seen_at) VALUES ('alive', {now})")
    await operator("backup", file=saved)
    code, said = await operator("restore", file=saved, force=True)
    assert (code, "another LinkHive is running on this database" in said) == (1, True), said
    assert await operator.ask("SELECT holder FROM replicas") == ["alive"]
    await operator.write(f"UPDATE replicas SET seen_at = {now - SILENT_SECONDS - 60}")
    assert (await operator("restore", file=saved, force=True))[0] == 0
    assert (await operator("restore", file=saved, force=True))[0] == 0, "who ran at its time does not count"


@pytest.mark.parametrize("end", ["", "-wal", "-shm", ".keys"])
@pytest.mark.parametrize("way", ["plain", "relative", "symlink", "hard link"])
async def test_the_database_is_not_saved_onto_itself(
    sqlite_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    end: str,
    way: str,
) -> None:
    operator, part = Operator(sqlite_url, capsys), tmp_path / f"linkhive.db{end}"
    if end:
        part.touch()
    file = tmp_path / "saved.db"
    if way == "plain":
        file = part
    elif way == "relative":
        (tmp_path / "folder").mkdir()
        monkeypatch.chdir(tmp_path / "folder")
        file = Path("..") / part.name
    elif way == "symlink":
        file.symlink_to(part)
    else:
        file.hardlink_to(part)
    before = part.stat()
    code, said = await operator("backup", file=file)
    assert (code, "belongs to the database itself" in said) == (1, True), said
    assert part.stat() == before
    if not end:
        code, said = await operator("restore", file=file, force=True)
        assert (code, "belongs to the database itself" in said) == (1, True), said


async def test_it_is_not_saved_onto_itself_by_the_name_behind_a_link(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "linkhive.db")
    operator = Operator(f"sqlite:///{tmp_path / 'link.db'}", capsys)
    for name in ("linkhive.db", "linkhive.db-wal", "link.db.keys"):
        assert (await operator("backup", file=tmp_path / name))[0] == 1
    assert (await operator("backup", file=tmp_path / "elsewhere.db"))[0] == 0


async def test_a_backup_that_cannot_be_written_is_told_by_its_own_name(
    operator: Operator, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    saved = tmp_path / "file" / "saved"
    code, said = await operator("backup", file=saved)
    assert (code, said.startswith(f"{saved} cannot be written: ")) == (1, True), said


async def test_a_ruined_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "linkhive.db.keys").write_text("bm90IGEga2V5\n")
    settings = StorageSettings(_env_file=None, database_url=f"sqlite:///{tmp_path}/linkhive.db")  # type: ignore[call-arg]
    with pytest.raises(database.CannotOpen, match=r"linkhive\.db\.keys: a key has 9 bytes"):
        async with database.opened(settings):
            pass
