"""What must hold over the whole repository, whoever adds to it."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from telegram.ext import CommandHandler

import clients.errors
import handlers
import services.errors
from bot.settings import Settings
from bot.wiring import House
from clients.errors import ForbiddenReason
from handlers import problems
from handlers.scenes import Route
from handlers.texts import LANGUAGES, Texts
from sandbox.server import Sandbox
from tests.e2e.process import until

ROOT = Path(__file__).parents[1]
PRODUCT = ("bot", "handlers", "services", "clients", "storage")
TEXTS = Texts.load()
READMES = ("README.md", "README.zh.md")


def sources(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


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


# Commands, cards, buttons


def test_every_command_is_answered_once(house: House) -> None:
    names = Counter(
        name
        for group in house.application.handlers.values()
        for handler in group
        if isinstance(handler, CommandHandler)
        for name in handler.commands
    )
    assert set(names.values()) == {1}, names
    assert set(names) == set(house.application.routes.commands)


async def test_every_command_is_in_the_menus(house: House, box: Sandbox) -> None:
    await until(lambda: len(box.world.telegram.profile.short_descriptions) == len(LANGUAGES), "the menus")
    commands = house.application.routes.commands.values()
    expected = {
        "default": [c.name for c in commands if not c.admin],
        "all_private_chats": [c.name for c in commands if not c.admin],
        "all_group_chats": [c.name for c in commands if not c.admin and not c.private],
    }
    for scope, names in expected.items():
        for language in ("", "zh"):
            menu = box.world.telegram.profile.commands[f'["{scope}"]', language]
            assert [command["command"] for command in menu] == names


def test_every_command_is_explained(house: House) -> None:
    for name in house.application.routes.commands:
        for language in LANGUAGES:
            say = TEXTS.speaker(language)
            assert 3 <= len(say.label(f"command.{name}")) <= 256, name
            assert f"/{name}" in say(f"help.topic.{name}")
        for readme in READMES:
            assert re.search(rf"`/{name}\b", (ROOT / readme).read_text()), f"{readme} lacks /{name}"


def test_every_route_of_cards_is_registered_once(house: House) -> None:
    modules = [
        importlib.import_module(f"handlers.{module.name}")
        for module in pkgutil.iter_modules(handlers.__path__)
    ]
    routes = {
        id(value): value for module in modules for value in vars(module).values() if isinstance(value, Route)
    }
    names = Counter(route.name for route in routes.values())
    assert set(names.values()) == {1}, names
    assert set(names) == set(house.application.routes.cards)


# Errors


def errors() -> list[type[Exception]]:
    modules = (clients.errors, services.errors)
    found = [cls for module in modules for cls in vars(module).values() if inspect.isclass(cls)]
    return [cls for cls in found if issubclass(cls, problems.KNOWN)]


# Never raised themselves: others derive from them.
BASES = {clients.errors.ClientError, clients.errors.Refusal, services.errors.ServiceError}
KINDS = {
    services.errors.AttemptProblem: ("problem.attempt", get_args(services.errors.AttemptKind)),
    services.errors.TransferProblem: ("problem.transfer", get_args(services.errors.TransferKind)),
    clients.errors.Forbidden: (
        "problem.forbidden",
        [r for r in ForbiddenReason if r is not ForbiddenReason.OTHER],
    ),
}


@pytest.mark.parametrize("error", errors(), ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_text(error: type[Exception], language: str) -> None:
    say = TEXTS.speaker(language)
    key = problems.key_of(error.__new__(error))
    assert key in say
    prefix, kinds = KINDS.get(error, ("", ()))
    for kind in kinds:
        assert f"{prefix}.{kind}" in say
    assert key != "problem.unknown" or kinds or error in BASES, "its own words, not the general excuse"


# Settings


def names_of_settings() -> list[str]:
    """Every setting; a service's own proxy is told of with the common one."""
    own_proxy = re.compile(r"(?<!HTTP)_PROXY_URL$")
    return [name for name in map(str.upper, Settings.model_fields) if not own_proxy.search(name)]


@pytest.mark.parametrize("name", names_of_settings())
def test_every_setting_is_told_of(name: str) -> None:
    assert re.search(rf"^#?{name}=", (ROOT / ".env.example").read_text(), re.MULTILINE), ".env.example"
    assert f"`{name}`" in (ROOT / "README.md").read_text()


def test_the_example_names_no_other_settings() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert Counter(named).most_common(1)[0][1] == 1
    assert {name.lower() for name in named} <= set(Settings.model_fields)


# Telegram


def test_the_bot_api_has_every_method_we_call() -> None:
    methods = json.loads((ROOT / "tests/data/bot_api.json").read_text())["methods"]
    # Of the library itself, not of the API.
    own = {"initialize", "shutdown"}
    called = {
        node.func.attr
        for path in sources("bot", "handlers")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_bot(node.func.value)
    } - set(dir(str))
    assert called >= {"send_message", "edit_message_text", "set_my_commands", "set_webhook"}
    assert not {name for name in called - own if camel(name) not in methods}


def is_bot(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in ("bot", "_bot")


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
