"""Every command, card, error and setting is registered and explained; every method we call exists."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
from collections import Counter
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
from tests.repository import ROOT, sources, tree

TEXTS = Texts.load()
READMES = ("README.md", "README.zh.md")


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
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(handlers.__path__, "handlers.")
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
