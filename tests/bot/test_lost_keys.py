"""The key file beside a SQLite database is gone: no new one is made for what it cannot open."""

import sqlite3
from pathlib import Path

import pytest

from bot import doctor, lostkeys
from bot.settings import StorageSettings
from sandbox.server import Sandbox
from storage import dialogs, maintenance
from storage.crypto import KeyRing
from storage.database import Database
from tests.bot.test_commands import linkhive
from tests.conftest import environment, settings_of


async def lived_in(folder: Path) -> Path:
    """Leave a database in which something is sealed, and return where its keys are."""
    url, keys = f"sqlite:///{folder / 'linkhive.db'}", folder / "linkhive.db.keys"
    await maintenance.upgrade(url)
    db = await Database.open(url, KeyRing.from_file(keys))
    await db.write(lambda tx: dialogs.ask(tx, 1, 1, "code", {"n": 1}, 5.0))
    await db.close()
    return keys


def settings(folder: Path, **more: str) -> StorageSettings:
    url = f"sqlite:///{folder / 'linkhive.db'}"
    return StorageSettings(_env_file=None, database_url=url, **more)  # type: ignore[call-arg]


async def test_run_refuses_and_makes_no_keys(tmp_path: Path) -> None:
    async with Sandbox() as box:
        keys = await lived_in(tmp_path)
        kept = keys.read_bytes()
        keys.unlink()
        env = environment(box, tmp_path, LOG_LEVEL="CRITICAL")
        code, _, err = await linkhive("run", env=env)
        assert code == 2
        (line,) = err.strip().splitlines()
        assert line.startswith(f"SECRET_KEYS: {keys} is missing")
        assert "put it back" in line
        assert f"move {tmp_path / 'linkhive.db'} away to begin anew" in line
        assert not keys.exists()
        keys.write_bytes(kept)
        await lostkeys.refuse(settings(tmp_path))


async def test_doctor_says_the_same_and_makes_no_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Sandbox() as box:
        keys = await lived_in(tmp_path)
        keys.unlink()
        assert await doctor.run(settings_of(environment(box, tmp_path))) == 1
        told = capsys.readouterr().out
        assert "FAIL  keys" in told
        assert f"{keys} is missing" in told
        assert "put it back" in told
        assert not keys.exists()


async def test_keys_of_the_settings_need_no_file(tmp_path: Path) -> None:
    keys = await lived_in(tmp_path)
    setting = keys.read_text().strip()
    keys.unlink()
    await lostkeys.refuse(settings(tmp_path, secret_keys=setting))


@pytest.mark.parametrize("there", ["nothing", "an empty file", "tables", "strange tables"])
async def test_a_new_database_gets_its_keys(tmp_path: Path, there: str) -> None:
    file = tmp_path / "linkhive.db"
    if there == "an empty file":
        file.touch()
    elif there == "tables":
        await maintenance.upgrade(f"sqlite:///{file}")
    elif there == "strange tables":
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE links (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO links VALUES (1)")
        connection.commit()
        connection.close()
    await lostkeys.refuse(settings(tmp_path))


async def test_the_bot_makes_them(tmp_path: Path) -> None:
    async with Sandbox() as box:
        code, _, err = await linkhive(
            "run",
            env=environment(box, tmp_path, TELEGRAM_TOKEN="123456789:AAEtestTESTtestTESTtestTESTtest0"),
        )
    assert (code, "TELEGRAM_TOKEN" in err) == (1, True), "it came as far as Telegram"
    assert (tmp_path / "linkhive.db.keys").exists()


async def test_a_ruined_database_gets_no_keys(tmp_path: Path) -> None:
    (tmp_path / "linkhive.db").write_bytes(b"no database" * 500)
    async with Sandbox() as box:
        env = environment(box, tmp_path, LOG_LEVEL="CRITICAL")
        code, _, err = await linkhive("run", env=env)
    assert code == 1
    assert err.startswith("DATABASE_URL: the database cannot be opened (")
    assert not (tmp_path / "linkhive.db.keys").exists()
