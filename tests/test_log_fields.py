"""What the log says is readable: no field of ours has a name that the log strikes out."""

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.logs import HIDDEN, HIDDEN_FIELDS
from bot.updatehealth import UNKNOWN_TOKEN
from clients.errors import Rejected
from services.chatstatus import ChatStatuses
from services.clock import SystemClock
from storage.database import Database
from tests.fixtures.databases import *  # noqa: F403
from tests.fixtures.logs import *  # noqa: F403

LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
FOLDERS = ("bot", "handlers", "services", "clients", "storage")
SOURCES = [path for folder in FOLDERS for path in sorted(Path(folder).rglob("*.py"))]


def fields(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of every field that a module logs, those in dictionaries as well."""
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if not (call.func.attr in LEVELS and isinstance(call.func.value, ast.Name)):
            continue
        if call.func.value.id not in ("log", "logger"):
            continue
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield call.lineno, keyword.arg
            for inner in ast.walk(keyword.value):
                if isinstance(inner, ast.Dict):
                    names = [key.value for key in inner.keys if isinstance(key, ast.Constant)]
                    yield from ((call.lineno, str(name)) for name in names)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_field_is_named_as_if_it_were_a_secret(path: Path) -> None:
    struck = [(line, name) for line, name in fields(path.read_text()) if name.lower() in HIDDEN_FIELDS]
    assert not struck, "name them otherwise; a real secret has no business in the log"


def test_every_way_to_log_a_field_is_seen() -> None:
    calls = (
        'log.info("x", extra={"state": 1})',
        'log.warning("x", code=2)',
        'log.error("x", extra={"a": {"token": 3}})',
    )
    assert [name for _, name in fields("\n".join(calls))] == ["extra", "state", "code", "extra", "a", "token"]


async def test_why_a_chat_is_paused_can_be_read(sqlite_db: Database, written: io.StringIO) -> None:
    await ChatStatuses(sqlite_db, SystemClock()).refused(-1001000000001, "kicked")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["standing"] for line in lines if line["event"] == "a chat is paused"] == ["kicked"]


def test_the_code_of_a_refusal_and_of_a_lost_token_can_be_read(written: io.StringIO) -> None:
    log = logging.getLogger("services.test")
    log.warning("refused", extra={"error": str(Rejected("hdhive", "unlock", "INSUFFICIENT_POINTS"))})
    log.error("ALARM: %s", UNKNOWN_TOKEN)
    assert "INSUFFICIENT_POINTS" in written.getvalue()
    assert UNKNOWN_TOKEN in written.getvalue()
    assert HIDDEN not in written.getvalue()
