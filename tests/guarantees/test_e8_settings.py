"""E8: thirty bad settings, each of which stops the real program with one line that names it."""

import asyncio
import base64
import os
import sys
from pathlib import Path

import pytest

from bot import settings
from bot.settings import Settings
from tests.guarantees import figures

TOKEN = "123456789:AAEtestTESTtestTESTtestTESTtest0"
HUSH = "hush-hush-hush"
KEY = base64.b64encode(b"k" * 32).decode()
SHORT_KEY = base64.b64encode(b"k" * 16).decode()

# The setting that the line must name, and what is set.
BAD: tuple[tuple[str, dict[str, str]], ...] = (
    ("TELEGRAM_TOKEN", {"TELEGRAM_TOKEN": ""}),
    ("TELEGRAM_TOKEN", {"TELEGRAM_TOKEN": HUSH}),
    ("TELEGRAM_TOKEN", {"TELEGRAM_TOKEN": f"{TOKEN} {HUSH}"}),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": "api.telegram.org"}),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": f"https://user:{HUSH}@api.telegram.org"}),
    ("TELEGRAM_ME_URL", {"TELEGRAM_ME_URL": "https://t.me/?start="}),
    ("TELEGRAM_UPDATES", {"TELEGRAM_UPDATES": "sometimes"}),
    ("TELEGRAM_WEBHOOK_SECRET", {"TELEGRAM_UPDATES": "webhook"}),
    ("TELEGRAM_WEBHOOK_SECRET", {"TELEGRAM_WEBHOOK_SECRET": f"{HUSH} !"}),
    ("TELEGRAM_PROXY_URL", {"TELEGRAM_PROXY_URL": f"socks5://user:{HUSH}@127.0.0.1:1080"}),
    ("HTTP_PROXY_URL", {"HTTP_PROXY_URL": f"http://user:{HUSH}@127.0.0.1:3128/path"}),
    ("PUBLIC_URL", {"PUBLIC_URL": "http://bot.example.org"}),
    ("PUBLIC_URL", {"PUBLIC_URL": "https://bot.example.org/#top"}),
    ("LISTEN", {"LISTEN": "8080"}),
    ("LISTEN", {"LISTEN": "127.0.0.1:70000"}),
    ("DATABASE_URL", {"DATABASE_URL": f"mysql://user:{HUSH}@host/db"}),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite://"}),
    ("SECRET_KEYS", {"DATABASE_URL": f"postgresql://user:{HUSH}@host/db"}),
    ("SECRET_KEYS", {"SECRET_KEYS": f"{HUSH}!"}),
    ("SECRET_KEYS", {"SECRET_KEYS": f"{KEY},{SHORT_KEY}"}),
    ("ADMIN_IDS", {"ADMIN_IDS": "1001, -1001000000001"}),
    ("ALLOWED_IDS", {"ALLOWED_IDS": " , "}),
    ("HDHIVE_APP_SECRET", {"HDHIVE_CLIENT_ID": "app"}),
    ("HDHIVE_APP_SECRET", {"HDHIVE_CLIENT_ID": "app", "HDHIVE_APP_SECRET": f"{HUSH} two words"}),
    ("HDHIVE_SCOPES", {"HDHIVE_SCOPES": "query, <b>"}),
    ("DISKTOP_CLIENT_SECRET", {"DISKTOP_CLIENT_SECRET": HUSH}),
    ("LINKCHECK_API_KEY", {"LINKCHECK_URL": "https://check.example.org"}),
    ("MIKA_URL", {"MIKA_URL": "https://mika.example.org"}),
    ("SUBSCRIPTION_POLL_SECONDS", {"SUBSCRIPTION_POLL_SECONDS": "1"}),
    ("LOG_LEVEL", {"LOG_LEVEL": "LOUD"}),
)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_e8_bad_settings_are_refused_with_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = 0
    for name, values in BAD:
        with monkeypatch.context() as patch:
            for key, value in {"TELEGRAM_TOKEN": TOKEN, **values}.items():
                patch.setenv(key, value)
            with pytest.raises(settings.BadSettings) as caught:
                settings.load()
        refused += is_one_line(caught.value.lines, name)
    figures.exactly("E8", "bad settings refused with one line each", refused, 30)


async def test_e8_the_real_program_does_not_start(tmp_path: Path) -> None:
    chosen = BAD[:: len(BAD) // figures.size(2, len(BAD))]
    refused = 0
    for number, (name, values) in enumerate(chosen):
        folder = tmp_path / str(number)
        folder.mkdir()
        code, out, err = await run({"TELEGRAM_TOKEN": TOKEN, **values}, folder)
        assert (code, out) == (2, ""), err
        assert not list(folder.iterdir()), "nothing is made before the settings are good"
        refused += is_one_line(tuple(err.splitlines()), name)
    figures.exactly("E8", "the same by `linkhive run`, exit code 2", refused, len(chosen))


def is_one_line(lines: tuple[str, ...], name: str) -> bool:
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{name}: "), lines
    assert HUSH not in lines[0]
    return True


async def run(values: dict[str, str], folder: Path) -> tuple[int | None, str, str]:
    root = str(Path(__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": root, **values}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(), err.decode()
