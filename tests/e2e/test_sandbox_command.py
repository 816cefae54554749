"""The commands of `linkhive` as real processes: sandbox, run, doctor, db, keys."""

import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from sandbox.server import Sandbox
from tests.conftest import XIAOYU, environment, free_port, linked
from tests.driver import Control, Person
from tests.e2e.process import Bot, run, running, until
from tests.e2e.words import Words

ZH = Words("zh")

pytestmark = pytest.mark.slow


# linkhive sandbox


class Playground(Bot):
    """`linkhive sandbox` on a free port, with its bot as a child."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        port = free_port()
        super().__init__(settings, folder, ("sandbox", "--port", str(port), *options))
        self.url = f"http://127.0.0.1:{port}"

    def child(self) -> psutil.Process | None:
        """The bot it keeps, if there is one just now."""
        found = psutil.Process(self.pid).children()
        return found[0] if found else None

    async def end(self) -> None:
        """Kill it and what it keeps, whatever became of the test."""
        if self.running:
            children = psutil.Process(self.pid).children(recursive=True)
            await self.kill()
            for child in children:
                child.kill()


@asynccontextmanager
async def playing(started: Playground) -> AsyncIterator[Playground]:
    await started.start()
    try:
        await until(lambda: started.url in started.said, "it tells its address")
        yield started
    finally:
        await started.end()


@pytest.fixture
async def playground(tmp_path: Path) -> AsyncIterator[Playground]:
    began = time.monotonic()
    async with playing(Playground(tmp_path)) as started:
        # Ten seconds are promised on a machine that has nothing else to do.
        assert time.monotonic() - began < 10 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        yield started


async def test_the_sandbox_is_for_use_at_once_and_survives_its_bot(playground: Playground) -> None:
    async with Person(playground.url, XIAOYU) as xiaoyu:
        await xiaoyu.send("/start")
        panel = await xiaoyu.until(ZH.starts("start.first_step"))
        first = playground.child()
        assert first is not None
        first.kill()
        await until(lambda: (child := playground.child()) is not None and child.pid != first.pid, "a new bot")
        pressed = await xiaoyu.press(panel, "HDHive", timeout=20)
        assert pressed.answered
        await xiaoyu.until(lambda m: m.id == panel.id and any(button.url for button in m.buttons), timeout=20)
    assert "Nothing is lost" in playground.said
    second = playground.child()
    assert second is not None
    assert await playground.stop(signal.SIGINT) == 0
    assert not second.is_running(), "Ctrl-C leaves no orphan"
    assert "Traceback" not in playground.said, playground.said


async def test_in_a_container_the_pages_of_its_bot_are_where_the_container_listens(tmp_path: Path) -> None:
    port = free_port()
    place = Playground(tmp_path, "--host", "0.0.0.0", LISTEN=f"0.0.0.0:{port}")
    async with playing(place), Person(place.url, XIAOYU) as xiaoyu:
        await linked(xiaoyu, "hdhive")
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200


async def test_the_clock_of_the_panel_is_the_clock_of_the_bot(playground: Playground) -> None:
    async with Person(playground.url, XIAOYU) as xiaoyu, Control(playground.url) as control:
        await linked(xiaoyu, "hdhive")
        await xiaoyu.send("/checkin auto 08:30")
        await xiaoyu.until(ZH("settings.line.checkin", time="08:30"))
        # A day of hours, and one more: an hour that ends long after 08:30 has the check-in made up for
        # within the next minute, which only the next hour brings at once.
        for _ in range(25):
            await control.advance(3600)
            await xiaoyu.settled()
            if any(ZH.starts("checkins.told.gained") in message.text for message in await xiaoyu.messages()):
                break
        await xiaoyu.until(ZH.starts("checkins.told.gained"), since=0)


async def test_a_closed_terminal_ends_the_sandbox_too(playground: Playground) -> None:
    child = playground.child()
    assert child is not None
    assert await playground.stop(signal.SIGHUP) == 0
    assert not child.is_running()


async def test_a_killed_sandbox_leaves_no_bot_behind(playground: Playground) -> None:
    child = playground.child()
    assert child is not None
    await playground.kill()
    await until(lambda: not child.is_running(), "the bot ends with the sandbox")


async def test_a_taken_port_is_told(box: Sandbox, tmp_path: Path) -> None:
    code, out, err = await run("sandbox", "--port", str(box.port), env={}, folder=tmp_path)
    assert code == 1
    assert f"port {box.port} cannot be used" in out + err
    assert len((out + err).splitlines()) == 1


# linkhive run


async def test_bad_settings_end_it_with_a_line_each(box: Sandbox, tmp_path: Path) -> None:
    env = environment(
        box, tmp_path, TELEGRAM_TOKEN="hush-hush", PUBLIC_URL="http://bot.example.org", LISTEN="8080"
    )
    del env["HDHIVE_APP_SECRET"]
    code, out, err = await run("run", env=env, folder=tmp_path)
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "TELEGRAM_TOKEN",
        "PUBLIC_URL",
        "LISTEN",
        "HDHIVE_APP_SECRET",
    ]
    assert "hush" not in err


async def test_what_stands_in_the_way_is_told_in_a_line(box: Sandbox, tmp_path: Path) -> None:
    env = environment(box, tmp_path)
    async with running(env, tmp_path):
        code, _, err = await run("run", env=env, folder=tmp_path)
        assert code == 1
        assert err.count("\n") == 1
        assert "another LinkHive is running" in err
        taken = {**env, "DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
        code, _, err = await run("run", env=taken, folder=tmp_path)
        assert code == 1
        assert "LISTEN" in err.splitlines()[-1]


# linkhive doctor


async def test_the_doctor_finds_what_is_wrong(box: Sandbox, tmp_path: Path, control: Control) -> None:
    env = environment(box, tmp_path)
    async with running(env, tmp_path):
        code, out, err = await run("doctor", env=env, folder=tmp_path)
        assert (code, err) == (0, ""), out
        assert "FAIL" not in out
        for name in (
            "settings",
            "database",
            "hdhive",
            "disktop",
            "linkcheck",
            "tmdb",
            "telegram",
            "inline mode",
        ):
            assert f"ok    {name}" in out
    await control.fault("tmdb", "*", "html", times=0)
    sick = {**env, "HDHIVE_APP_SECRET": "wrong-secret-of-hdhive", "LINKCHECK_URL": "http://127.0.0.1:9/"}
    code, out, err = await run("doctor", env=sick, folder=tmp_path)
    assert (code, err) == (1, "")
    found = {line.split()[1] for line in out.splitlines() if line.startswith("FAIL")}
    assert found == {"hdhive", "linkcheck", "tmdb"}, out
    assert out.count("→") == len(found), "each with a mend"
    assert "wrong-secret" not in out
    code, out, _ = await run("doctor", env={**env, "TELEGRAM_TOKEN": ""}, folder=tmp_path)
    assert code == 1
    assert "TELEGRAM_TOKEN: missing" in out


# linkhive db, linkhive keys


async def test_backup_restore_and_new_keys_while_the_bot_runs(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, ben: Person
) -> None:
    env, saved = environment(box, tmp_path), str(tmp_path / "saved.db")
    keys = tmp_path / "linkhive.db.keys"
    async with running(env, tmp_path) as bot:
        await linked(xiaoyu, "hdhive")
        await told(env, tmp_path, "db", "backup", saved)
        before = keys.read_text()
        await told(env, tmp_path, "keys", "rotate")
        assert keys.read_text() != before
        # It runs on with the new keys, for old links and new ones.
        await works(xiaoyu)
        await linked(ben, "hdhive")
        await bot.again()
        await works(xiaoyu)
        await works(ben)
        code, _, err = await run("db", "restore", saved, "--force", env=env, folder=tmp_path)
        assert code == 1
        assert "another LinkHive is running" in err
        assert await bot.stop() == 0
        code, _, err = await run("db", "restore", saved, env=env, folder=tmp_path)
        assert code == 1
        assert "not empty" in err
        await told(env, tmp_path, "db", "restore", saved, "--force")
        await told(env, tmp_path, "db", "upgrade")
        await bot.start()
        await bot.ready()
        await works(xiaoyu)
        await ben.send("/checkin")
        await ben.until(Words("en").starts("problem.not_linked"))


async def told(env: dict[str, str], folder: Path, *arguments: str) -> None:
    code, out, err = await run(*arguments, env=env, folder=folder)
    assert (code, err) == (0, ""), out + err
    assert len(out.splitlines()) == 1


async def works(person: Person) -> None:
    """Do something that takes the person's token."""
    sent = await person.send("/accounts")
    card = await person.until(lambda m: m.id > sent.id)
    assert "HDHive" in card.text


async def test_help_names_every_command(tmp_path: Path) -> None:
    code, out, _ = await run("--help", env={}, folder=tmp_path)
    assert code == 0
    assert all(name in out for name in ("run", "sandbox", "doctor", "db", "keys"))
