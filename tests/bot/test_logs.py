"""Nothing secret gets into the log, whichever way it is written and at whatever level."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from bot.logs import HIDDEN, Redaction, configure
from tests.fixtures.logs import *  # noqa: F403

CANARY = "c4n4ryC4N4RYc4n4ryC4N4RYc4n4ryC4N4RYc4n4ry0"
TOKEN = f"123456789:{CANARY[:35]}"


CANARIES = [
    f"https://api.telegram.org/bot{TOKEN}/getMe",
    f"https://api.telegram.org/file/bot{TOKEN}/x.jpg",
    f"Authorization: Bearer {CANARY}",
    f"{{'Authorization': 'Bearer {CANARY}'}}",
    f"{{'X-API-Key': '{CANARY}'}}",
    f'{{"access_token": "{CANARY}", "refresh_token":"{CANARY}"}}',
    f"https://bot.example.org/oauth/hdhive/callback?state={CANARY}&code={CANARY}",
    f"code={CANARY}",
    f"grant_type=refresh_token&refresh_token={CANARY}&client_secret={CANARY}",
    f"https://bot.example.org/link/{CANARY}",
    f"https://t.me/linkhive_bot?start=l_{CANARY}",
    f"postgresql://user:{CANARY}@host/db",
    f"http://proxy-user:{CANARY}@proxy:3128",
    f"Cookie: __Host-linkhive-hdhive={CANARY}",
    f"X-Telegram-Bot-Api-Secret-Token: {CANARY}",
    f"Attempt(verifier='{CANARY}', code='{CANARY}')",
    f"https://pan.baidu.com/s/1abc?pwd={CANARY}",
]


@pytest.mark.parametrize("text", CANARIES)
@pytest.mark.parametrize("way", ["message", "argument", "extra", "exception", "structlog", "nested"])
def test_no_canary_gets_out(written: io.StringIO, text: str, way: str) -> None:
    log = logging.getLogger("bot.test")
    if way == "message":
        log.debug(text)
    elif way == "argument":
        log.warning("saw %s", text)
    elif way == "extra":
        log.info("saw", extra={"what": text})
    elif way == "exception":
        log.error("failed", exc_info=ValueError(text))
    elif way == "structlog":
        structlog.get_logger("bot.test").info("saw", what=text, token=CANARY)
    else:
        structlog.get_logger("bot.test").info(
            "saw", what={"deep": [text, (text,)], "code": CANARY}, obj=Odd(text)
        )
    line = written.getvalue()
    assert json.loads(line)
    assert CANARY not in line
    assert CANARY[:35] not in line
    assert HIDDEN in line


class Odd:
    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Odd({self._text})"


def test_known_secrets_are_struck_out_wherever_they_stand(written: io.StringIO) -> None:
    logging.getLogger("x").error("it is s3cr3t-of-the-app, plainly")
    assert "s3cr3t-of-the-app" not in written.getvalue()


def test_short_words_are_no_secrets() -> None:
    assert Redaction(["abc"]).text("abc is abc") == "abc is abc"


def test_libraries_are_quiet_but_their_warnings_are_heard(written: io.StringIO) -> None:
    for name in (
        "httpx",
        "aiohttp.client",
        "telegram.ext.Application",
        "uvicorn.error",
        "sqlalchemy.engine",
    ):
        logging.getLogger(name).info("GET something")
        logging.getLogger(name).warning("beware")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["beware"] * 5


def test_ordinary_things_stay_readable(written: io.StringIO) -> None:
    logging.getLogger("bot").info("chats", extra={"chats": 7, "none": None, "ok": True, "title": "流浪地球"})
    line: dict[str, Any] = json.loads(written.getvalue())
    assert (line["chats"], line["none"], line["ok"]) == (7, None, True)
    assert line["event"] == "chats"
    assert line["level"] == "info"


def test_the_console_can_be_read_by_people(capsys: pytest.CaptureFixture[str]) -> None:
    root, before = logging.getLogger(), logging.getLogger().handlers
    stream = io.StringIO()
    configure("console", "INFO", [], stream)
    logging.getLogger("bot").info("hello there")
    root.handlers = before
    structlog.reset_defaults()
    assert "hello there" in stream.getvalue()
