"""The command line as an operator meets it: exit codes, one line per fault, tables with a mend."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bot import cli, doctor
from bot.doctor import Line
from sandbox.server import Sandbox
from tests.conftest import environment

ROOT = Path(__file__).parents[2]


async def linkhive(*arguments: str, env: dict[str, str]) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env},
        cwd=env.get("HERE", str(ROOT)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_run_refuses_bad_settings_with_exit_code_2(tmp_path: Path) -> None:
    code, _, err = await linkhive(
        "run", env={"HERE": str(tmp_path), "LISTEN": "x", "PUBLIC_URL": "http://x.org"}
    )
    assert code == 2
    assert sorted(line.partition(":")[0] for line in err.strip().splitlines()) == [
        "LISTEN",
        "PUBLIC_URL",
        "TELEGRAM_TOKEN",
    ]


async def test_run_says_in_one_line_why_it_cannot(tmp_path: Path) -> None:
    async with Sandbox() as box:
        good = environment(box, tmp_path, LOG_LEVEL="CRITICAL")
        taken = f"127.0.0.1:{box.port}"
        for change, words in (
            ({"LISTEN": taken}, "LISTEN"),
            ({"TELEGRAM_TOKEN": "123456789:AAEtestTESTtestTESTtestTESTtest0"}, "TELEGRAM_TOKEN"),
            ({"DATABASE_URL": "sqlite:////proc/nowhere/x.db"}, "DATABASE_URL"),
        ):
            code, _, err = await linkhive("run", env={**good, **change})
            assert code == 1, words
            assert words in err
            assert len(err.strip().splitlines()) == 1, err


async def test_doctor_finds_nothing_wrong_in_the_sandbox(tmp_path: Path) -> None:
    async with Sandbox() as box:
        code, out, _ = await linkhive("doctor", env=environment(box, tmp_path))
        assert code == 0, out
        assert "FAIL" not in out
        for name in (
            "settings",
            "database",
            "hdhive",
            "disktop",
            "linkcheck",
            "tmdb",
            "acgbt",
            "mika",
            "telegram",
            "inline mode",
        ):
            assert name in out


async def test_doctor_names_each_fault_with_a_mend(tmp_path: Path) -> None:
    async with Sandbox() as box:
        env = environment(
            box,
            tmp_path,
            HDHIVE_APP_SECRET="wrong-secret",
            DISKTOP_CLIENT_SECRET="wrong-secret",
            TMDB_URL="http://127.0.0.1:9",
            LINKCHECK_URL="",
            LINKCHECK_API_KEY="",
            TELEGRAM_TOKEN="123456789:AAEtestTESTtestTESTtestTESTtest0",
        )
        code, out, _ = await linkhive("doctor", env=env)
        assert code == 1
        failed = [line.split()[1] for line in out.splitlines() if line.startswith("FAIL")]
        assert failed == ["hdhive", "disktop", "tmdb", "telegram"]
        assert out.count("→") == 4 + 1, "and one for the database, which the first start makes"
        assert "off" in next(line for line in out.splitlines() if "linkcheck" in line)
        assert "wrong-secret" not in out
        webhook = environment(
            box, tmp_path, TELEGRAM_UPDATES="webhook", DATABASE_URL="sqlite:////proc/no/x.db"
        )
        code, out, _ = await linkhive("doctor", env=webhook)
        assert code == 1
        assert [line.split()[1] for line in out.splitlines() if line.startswith("FAIL")] == [
            "database",
            "disk",
            "webhook",
        ]


async def test_doctor_shows_bad_settings_as_findings(tmp_path: Path) -> None:
    code, out, _ = await linkhive("doctor", env={"HERE": str(tmp_path)})
    assert code == 1
    assert "TELEGRAM_TOKEN: missing" in out
    assert "→" in out


async def test_the_database_is_upgraded_saved_brought_back_and_rotated(tmp_path: Path) -> None:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}", "HERE": str(tmp_path)}
    assert (await linkhive("db", "upgrade", env=env))[0] == 0
    code, out, _ = await linkhive("db", "upgrade", env=env)
    assert (code, "were up to date" in out) == (0, True)
    assert (await linkhive("keys", "rotate", env=env))[0] == 0
    keys = (tmp_path / "x.db.keys").read_text().splitlines()
    assert (await linkhive("keys", "rotate", env=env))[0] == 0
    assert (tmp_path / "x.db.keys").read_text().splitlines()[1:] == keys
    code, out, _ = await linkhive("db", "backup", str(tmp_path / "saved.db"), env=env)
    assert (code, "x.db.keys" in out) == (0, True)
    other = {**env, "DATABASE_URL": f"sqlite:///{tmp_path / 'y.db'}"}
    assert (await linkhive("db", "restore", str(tmp_path / "saved.db"), env=other))[0] == 0
    code, _, err = await linkhive("db", "restore", str(tmp_path / "nothing"), env=other)
    assert (code, len(err.strip().splitlines())) == (1, 1)
    code, _, err = await linkhive("db", "upgrade", env={**env, "SECRET_KEYS": "nonsense"})
    assert (code, err.startswith("SECRET_KEYS: ")) == (2, True)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["db"], ["db", "backup"], ["run", "x"]])
def test_a_wrong_command_line_shows_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.run(arguments)
    assert caught.value.code == 2
    assert "usage: linkhive" in capsys.readouterr().err


def test_the_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.show([Line("a", ok=True), Line("longer", ok=False, reason="broken", mend="mend it")])
    assert capsys.readouterr().out.splitlines() == [
        "ok    a       ok",
        "FAIL  longer  broken",
        "              → mend it",
    ]
