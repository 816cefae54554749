"""Whatever can go wrong has words, every text is used, and what buttons carry fits."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

import clients
import services
from clients.errors import ClientError, Forbidden, ForbiddenReason, RateLimited, Refusal
from handlers import problems
from handlers.texts import Texts
from handlers.views import DATA_LIMIT, callback_data, parse_callback
from services.errors import AttemptKind, AttemptProblem, ServiceError, TransferKind, TransferProblem

TEXTS = Texts.load()
KEYS = sorted(TEXTS.speaker("en")._entries)
SOURCES = [path for folder in ("handlers", "bot", "services") for path in Path(folder).rglob("*.py")]
# Families: their members are named by what they group.
BASES = {ClientError, ServiceError}
CARD = "A" * 10
SLUG = "12345678-1234-1234-1234-123456789012"


def _load(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def _errors() -> Iterator[type[Exception]]:
    _load(clients)
    _load(services)
    waiting: list[type[Exception]] = [ClientError, ServiceError]
    while waiting:
        error = waiting.pop()
        yield error
        waiting += error.__subclasses__()


@pytest.mark.parametrize("error", sorted(set(_errors()) - BASES, key=lambda cls: cls.__name__))
def test_every_error_has_a_text_of_its_own(error: type[Exception]) -> None:
    key = problems.key_of(error.__new__(error))
    assert key in KEYS
    assert key != "problem.unknown"


@pytest.mark.parametrize("reason", [reason for reason in ForbiddenReason if reason != ForbiddenReason.OTHER])
def test_every_reason_of_a_refusal_has_a_text(reason: ForbiddenReason) -> None:
    assert problems._specific(Forbidden("hdhive", "x", reason)) in KEYS


@pytest.mark.parametrize("kind", get_args(AttemptKind))
def test_every_end_of_an_attempt_has_a_text(kind: AttemptKind) -> None:
    assert problems._specific(AttemptProblem(kind)) in KEYS


@pytest.mark.parametrize("kind", get_args(TransferKind))
def test_every_end_of_a_transfer_has_a_text(kind: TransferKind) -> None:
    assert problems._specific(TransferProblem(kind)) in KEYS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_error_can_be_said(language: str) -> None:
    say = TEXTS.speaker(language)
    for error in (
        TransferProblem("full", needed=5, free=3),
        AttemptProblem("foreign", "hdhive"),
        Forbidden("hdhive", "x", ForbiddenReason.OTHER, "ODD", "<b>words</b>"),
        Refusal("disktop", "x", "pwd_required_or_wrong"),
    ):
        said = problems.sentence(say, error)
        assert said
        assert "{" not in said
        assert "<b>words" not in said


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "1 second", "1 秒"),
        (1.2, "2 seconds", "2 秒"),
        (120, "120 seconds", "120 秒"),
        (121, "3 minutes", "3 分钟"),
    ],
)
def test_waits_are_said_as_people_say_them(seconds: float, en: str, zh: str) -> None:
    error = RateLimited("hdhive", "x", seconds)
    assert en in problems.sentence(TEXTS.speaker("en"), error)
    assert zh in problems.sentence(TEXTS.speaker("zh"), error)


def _mentioned() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every string of the sources, and every f-string as a pattern."""
    plain: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                if parts and isinstance(parts[0], str) and re.match(r"[a-z]+\.", parts[0]):
                    pattern = "".join(".+" if part is None else re.escape(str(part)) for part in parts)
                    patterns.append(re.compile(pattern))
    return plain, patterns


def test_every_text_is_used() -> None:
    plain, patterns = _mentioned()
    unused = [key for key in KEYS if key not in plain and not any(p.fullmatch(key) for p in patterns)]
    assert not unused


@pytest.mark.parametrize(
    ("action", "arg"),
    [
        ("resource", SLUG),
        ("resource", "x" * 40),
        ("title", "movie_1234567890"),
        ("pick", "9" * 19),
        ("open", "9" * 19),
        ("confirm", "1000000"),
        (problems.LINK_STEP, "linkcheck"),
        ("resources", "9999"),
    ],
)
def test_what_buttons_carry_fits(action: str, arg: str) -> None:
    data = callback_data(CARD, action, arg)
    assert len(data.encode()) <= DATA_LIMIT
    assert parse_callback(data) == (CARD, action, arg)


@pytest.mark.parametrize(
    "payload", [f"go_unlock_{SLUG}", "t_movie_1234567890", "l_" + "x" * 43, "link_disktop"]
)
def test_what_deep_links_carry_fits(payload: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)


def test_modules_stay_small() -> None:
    for path in Path("handlers").glob("*.py"):
        assert len(path.read_text().splitlines()) < 300, path
