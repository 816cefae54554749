"""`linkhive doctor` looks, says how to mend what it finds, and makes nothing."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import doctor
from bot.findings import NEWS_SECONDS
from bot.telegram import WEBHOOK_PATH, TokenRefused
from sandbox.server import Sandbox
from services.uploads.pace import GIB
from storage import inbox, maintenance
from storage.crypto import KeyRing
from storage.database import Database
from tests.bot.upkeep_parts import OLD, ONLY_OLD, Operator, sealed_job
from tests.conftest import GROUP, XIAOYU, Start, environment, settings_of
from tests.driver import BotApi, Person
from tests.e2e.groups.test_life import new_group


class Doctor:
    """Somebody who asks the doctor."""

    def __init__(self, box: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._box, self._folder, self._capsys = box, folder, capsys

    async def __call__(self, **more: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
        """Return the code, and verdict, reason and mend of each line by its name."""
        self._capsys.readouterr()
        code = await doctor.run(settings_of(environment(self._box, self._folder, **more)))
        told = self._capsys.readouterr().out.splitlines()
        found, name = dict[str, tuple[str, str, str]](), ""
        for line in told:
            if line.startswith("      "):
                verdict, reason, _ = found[name]
                found[name] = (verdict, reason, line.strip().removeprefix("→ "))
            else:
                name, _, reason = line[6:].partition("  ")
                found[name] = (line[:4].strip(), reason.strip(), "")
        return code, found


@pytest.fixture
def ask(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(box, tmp_path, capsys)


async def test_before_the_first_start_it_makes_nothing(ask: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "data" / "linkhive.db"
    code, found = await ask(DATABASE_URL=f"sqlite:///{file}")
    assert code == 0
    verdict, reason, mend = found["database"]
    assert (verdict, reason) == ("warn", f"there is no database at {file}")
    assert "linkhive db upgrade" in mend
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
    file.parent.mkdir()
    file.touch()
    _, found = await ask(DATABASE_URL=f"sqlite:///{file}")
    assert found["database"][:2] == ("warn", "the database has no tables yet")
    assert file.stat().st_size == 0


async def test_it_migrates_nothing(ask: Doctor, any_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    operator = Operator(any_url, capsys)
    for revision, verdict, words in (
        ("0010", "warn", "linkhive db upgrade"),
        ("0999", "FAIL", "the version that made it"),
        (maintenance.head(), "ok", ""),
    ):
        await operator.write(f"UPDATE alembic_version SET version_num = '{revision}'")
        code, found = await ask(DATABASE_URL=any_url, SECRET_KEYS=ONLY_OLD)
        assert (code, found["database"][0]) == (int(verdict == "FAIL"), verdict), found["database"]
        assert words in found["database"][2]
        assert await operator.ask("SELECT version_num FROM alembic_version") == [revision]


async def test_it_makes_no_key_where_the_keys_are_lost(ask: Doctor, sqlite_url: str, tmp_path: Path) -> None:
    db = await Database.open(sqlite_url, KeyRing([OLD]))
    await sealed_job(db)
    await db.close()
    code, found = await ask()
    assert (code, found["keys"][0]) == (1, "FAIL")
    assert "linkhive.db.keys is missing" in found["keys"][1]
    assert not (tmp_path / "linkhive.db.keys").exists()


async def test_a_wrong_api_address_is_named_beside_the_token(ask: Doctor, box: Sandbox, start: Start) -> None:
    wrong = f"{box.url}/nowhere"
    _, found = await ask(TELEGRAM_API_URL=wrong)
    verdict, _, mend = found["telegram"]
    assert verdict == "FAIL"
    assert f"TELEGRAM_API_URL ({wrong})" in mend
    assert "TELEGRAM_TOKEN" in mend
    with pytest.raises(TokenRefused, match="TELEGRAM_API_URL"):
        async with start(telegram_api_url=wrong):
            pass


async def test_what_was_given_up_is_found_under_admin(ask: Doctor, sqlite_url: str) -> None:
    db = await Database.open(sqlite_url, KeyRing([OLD]))
    await db.write(lambda tx: inbox.store(tx, [inbox.Entry(7, 1, {"update_id": 7}, 3.0)]))
    await db.write(lambda tx: inbox.bury(tx, 7, "bang"))
    await db.close()
    for admins in ("", "1001"):
        _, found = await ask(ADMIN_IDS=admins, SECRET_KEYS=ONLY_OLD)
        verdict, _, mend = found["updates"]
        assert (verdict, "/admin" in mend, "ADMIN_IDS" in mend) == ("FAIL", True, not admins)


@pytest.mark.parametrize("age", [60.0, NEWS_SECONDS + 60])
async def test_a_delivery_that_failed_long_ago_is_history(ask: Doctor, box: Sandbox, age: float) -> None:
    env = environment(box, Path())
    hook = settings_of({**env, "TELEGRAM_UPDATES": "webhook"}).public_url + WEBHOOK_PATH
    async with BotApi(box.url, box.world.bot_token) as api:
        await api("setWebhook", url=hook)
    box.world.telegram.webhook.last_error = (int(time.time() - age), "Connection refused")
    code, found = await ask(TELEGRAM_UPDATES="webhook", PUBLIC_URL=hook.removesuffix(WEBHOOK_PATH))
    verdict, reason, mend = found["webhook"]
    recent = age < NEWS_SECONDS
    assert (code, verdict, bool(mend)) == ((1, "FAIL", True) if recent else (0, "ok", False)), reason
    assert ("Connection refused" in reason) == recent
    assert "failed was at 20" in reason


async def test_allowed_groups_the_bot_is_not_in_are_named(ask: Doctor, box: Sandbox) -> None:
    async with Person(box.url, XIAOYU) as person:
        old = await new_group(person, "group")
        new = int((await person.post("/app/migrate", old))["chat"])
        gone = await new_group(person)
    box.world.telegram.chats[gone].members.pop(box.world.telegram.bot.id)
    code, found = await ask(ALLOWED_IDS=f"{GROUP} {old} {gone} {XIAOYU}")
    assert code == 1
    assert found[f"group {GROUP}"] == ("ok", "the bot is in it", "")
    assert found[f"group {old}"] == ("warn", "became a supergroup", f"write {new} in ALLOWED_IDS")
    verdict, _, mend = found[f"group {gone}"]
    assert verdict == "FAIL"
    assert "ALLOWED_IDS" in mend


async def test_an_address_may_be_spelled_in_more_than_one_way(ask: Doctor, box: Sandbox) -> None:
    async with BotApi(box.url, box.world.bot_token) as api:
        await api("setWebhook", url=f"https://bot.example.org{WEBHOOK_PATH}")
    _, found = await ask(TELEGRAM_UPDATES="webhook", PUBLIC_URL="https://Bot.Example.ORG:443")
    assert found["webhook"][0] == "ok"


@pytest.mark.parametrize(("free", "verdict"), [(40.0, "ok"), (1.5, "warn"), (0.5, "FAIL")])
async def test_a_disk_without_room_for_uploads_is_told(
    ask: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, verdict: str
) -> None:
    looked_at: list[Path] = []

    def statvfs(path: Path) -> SimpleNamespace:
        looked_at.append(path)
        return SimpleNamespace(f_bavail=int(free * GIB) // 4096, f_frsize=4096)

    monkeypatch.setattr("services.uploads.spool.os.statvfs", statvfs)
    _, found = await ask()
    told, reason, mend = found["disk"]
    assert (told, reason) == (verdict, f"{free:.1f} GiB free at {tmp_path}")
    assert bool(mend) == (verdict != "ok")
    assert looked_at == [tmp_path], "the folder is not made to be looked at"
