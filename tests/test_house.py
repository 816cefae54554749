"""What must hold over the whole repository, whoever adds to it: imports, size, habits."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository import ROOT, sources, tree

PRODUCT = ("bot", "handlers", "services", "clients", "storage")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def ours(*patterns: str) -> Iterator[Path]:
    """Files of the repository, without what tools put beside them."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".env.example") for part in parts)
        made = {"artifacts", "build", "data", "__pycache__", "linkhive.egg-info"} & set(parts[:-1])
        made = made and parts[:2] != ("tests", "data")
        if path.is_file() and not hidden and not made and any(path.match(pattern) for pattern in patterns):
            yield path


# Imports


# Who may import whom; the sandbox knows the product only over HTTP.
ABOVE = {
    "bot": set(PRODUCT),
    "handlers": {"handlers", "services", "clients", "storage"},
    "services": {"services", "clients", "storage"},
    "clients": {"clients"},
    "storage": {"storage"},
    "sandbox": {"sandbox"},
}
# A library has one owner; a path is a module or a package.
OWNERS = {
    "httpx": ("clients/",),
    "httpx_aiohttp": ("clients/",),
    "httpx_sse": ("clients/",),
    # The Bot API's own request and its files, and the sandbox's look whether its bot is up.
    "aiohttp": ("clients/", "bot/sending/request.py", "bot/telegramfiles.py", "bot/playground/", "sandbox/"),
    "telegram": ("bot/", "handlers/"),
    "sqlalchemy": ("storage/",),
    "aiosqlite": ("storage/",),
    "asyncpg": ("storage/",),
    "alembic": ("storage/",),
    "cryptography": ("storage/", "sandbox/doors.py"),
    "starlette": ("bot/web/", "sandbox/"),
    "uvicorn": ("bot/web/", "sandbox/"),
    "prometheus_client": ("bot/",),
    "pydantic_settings": ("bot/settings.py",),
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


@pytest.mark.parametrize("package", ABOVE)
def test_imports_run_one_way(package: str) -> None:
    wrong = [
        f"{shown(path)}: {name}"
        for path in sources(package)
        for name in imported(path)
        if name.partition(".")[0] in ABOVE.keys() - ABOVE[package]
        and not shown(path).startswith("bot/playground/")
    ]
    assert not wrong


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_has_one_owner(library: str) -> None:
    wrong = [
        shown(path)
        for path in sources(*ABOVE)
        if library in {name.partition(".")[0] for name in imported(path)}
        and not shown(path).startswith(OWNERS[library])
    ]
    assert not wrong


def test_only_the_settings_look_at_the_environment() -> None:
    # The other two hand it on to a child process and read nothing from it.
    allowed = {"bot/settings.py", "bot/playground/__init__.py", "storage/backups.py"}
    words = ("os.environ", "os.getenv", "from os import")
    assert {shown(path) for path in sources(*PRODUCT) if any(w in path.read_text() for w in words)} <= allowed


def test_the_product_does_not_know_the_sandbox() -> None:
    files = [path for path in ours("*.py", "*.po", "*.html", "*.css") if shown(path).startswith(PRODUCT)]
    knowing = {shown(path) for path in files if "sandbox" in path.read_text().lower()}
    assert {name for name in knowing if not name.startswith("bot/playground/")} == {"bot/cli.py"}


# Size and habits


def test_modules_are_short() -> None:
    long = {shown(p): n for p in sources(*ABOVE) if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_functions_are_short() -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": length
        for path in sources(*ABOVE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > 60
        and "migrations" not in path.parts
    }
    assert not long


def test_only_commands_print() -> None:
    allowed = {"bot/cli.py", "bot/doctor.py", "bot/upkeep.py", "bot/playground/__init__.py", "bot/process.py"}
    printing = {
        shown(path)
        for path in sources(*PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= allowed


def test_nothing_is_left_for_later() -> None:
    # Written so that this file is not found.
    later = re.compile(r"\b(TO[D]O|FIX[M]E)\b")
    files = ours(
        "*.py", "*.po", "*.md", "*.html", "*.css", "*.js", "*.toml", "*.yaml", "Makefile", "Dockerfile"
    )
    assert not [shown(path) for path in files if later.search(path.read_text())]


def test_no_place_of_one_machine_is_named() -> None:
    home = re.compile(r"(?<![\w.~/:-])/(root|home|work|Users)/\w")
    files = ours(
        "*.py", "*.md", "*.toml", "*.yaml", "*.lock", "*.json", "*.txt", "Makefile", "Dockerfile", "run"
    )
    assert not [shown(path) for path in files if home.search(path.read_text())]


def test_no_registry_is_named() -> None:
    """Locks hold versions and hashes only, so that they work behind any mirror."""
    naming = re.compile(r"https?://|--(extra-)?index-url|--find-links|--trusted-host|PIP_INDEX|UV_INDEX")
    locks = [*ours("requirements*.lock"), ROOT / "Dockerfile", ROOT / "Makefile"]
    found = [
        f"{shown(p)}: {line}" for p in locks for line in p.read_text().splitlines() if naming.search(line)
    ]
    assert not [line for line in found if "127.0.0.1" not in line]
