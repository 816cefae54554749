"""What most tests stand on: the sandbox, the real bot in front of it, and people."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from random import SystemRandom

import pytest

from bot.settings import Settings, prepare_libraries
from bot.wiring import House, linkhive
from sandbox.server import Sandbox
from services.clock import Clock, SystemClock
from tests.driver import Browser, Control, Journal, Person
from tests.fixtures.databases import *  # noqa: F403
from tests.guarantees.report import *  # noqa: F403
from tests.leaks import watched

prepare_libraries()

XIAOYU, BEN, LAOCHEN = 1001, 1002, 1003
GROUP = -1001000000001
WEBHOOK_SECRET = "webhook-secret-of-the-tests"


def free_port() -> int:
    """A port below those that connections get by themselves: until it is listened on nobody takes it."""
    while True:
        port = SystemRandom().randrange(12_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(box: Sandbox, folder: Path, **more: str) -> dict[str, str]:
    """The settings of `linkhive run` against a sandbox, as its environment."""
    return {
        **box.settings(free_port()),
        "DATABASE_URL": f"sqlite:///{folder / 'linkhive.db'}",
        "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
        **more,
    }


def settings_of(env: dict[str, str]) -> Settings:
    return Settings(_env_file=None, **{name.lower(): value for name, value in env.items()})  # type: ignore[call-arg, arg-type]


Start = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
async def box(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Sandbox]:
    # The promises are measured, many a hundred thousand times; A9 has a way of its own among them.
    measured = "guarantees" in request.path.parts
    async with Sandbox() as made:
        with nullcontext() if measured else watched(made, tmp_path):
            yield made


@pytest.fixture
def start(box: Sandbox, tmp_path: Path) -> Start:
    """Start the real bot in this process: `async with start(telegram_updates="webhook") as house`."""

    @asynccontextmanager
    async def started(clock: Clock | None = None, **more: str) -> AsyncIterator[House]:
        env = environment(box, tmp_path, **{name.upper(): value for name, value in more.items()})
        async with linkhive(settings_of(env), clock=clock or SystemClock()) as house:
            yield house

    return started


@pytest.fixture
async def house(start: Start) -> AsyncIterator[House]:
    async with start() as running:
        yield running


@pytest.fixture
async def people(box: Sandbox) -> AsyncIterator[dict[int, Person]]:
    async with AsyncExitStack() as stack:
        yield {id_: await stack.enter_async_context(Person(box.url, id_)) for id_ in (XIAOYU, BEN, LAOCHEN)}


@pytest.fixture
def xiaoyu(people: dict[int, Person]) -> Person:
    return people[XIAOYU]


@pytest.fixture
def ben(people: dict[int, Person]) -> Person:
    return people[BEN]


@pytest.fixture
def laochen(people: dict[int, Person]) -> Person:
    return people[LAOCHEN]


@pytest.fixture
async def journal(box: Sandbox) -> AsyncIterator[Journal]:
    async with Journal(box.url) as made:
        yield made


@pytest.fixture
async def control(box: Sandbox) -> AsyncIterator[Control]:
    async with Control(box.url) as made:
        yield made


async def linked(person: Person, *services: str, account: int | None = None) -> None:
    """Link services the way people do; with the account of somebody else where that is said."""
    for service in services:
        await person.send(f"/link {service}")
        card = await person.until(lambda message: any(button.url for button in message.buttons))
        async with Browser(account or person.id) as browser:
            payload = await browser.link(next(button.url for button in card.buttons if button.url) or "")
        assert payload, browser.page
        await person.start(payload)
        await person.until(lambda message, card=card: message.id > card.id and "✅" in message.text)  # type: ignore[misc]


@pytest.fixture(scope="session", autouse=True)
def _no_outside_settings() -> None:
    """Keep the developer's own .env and environment out of the tests."""
    for name in [*os.environ]:
        if name.startswith(("TELEGRAM_", "HDHIVE_", "DISKTOP_", "LINKCHECK_", "TMDB_", "ACGBT_", "MIKA_")):
            del os.environ[name]


async def turns(number: int = 3) -> None:
    """Let the loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)
