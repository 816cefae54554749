"""Telegram's deliveries: the secret first, then the size, then the body, and 200 only once it is stored."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from bot.intake.store import NotStored
from bot.wiring import House
from storage import inbox
from tests.bot.intake_parts import update
from tests.conftest import WEBHOOK_SECRET

SECRET = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def webhook(start: Callable[..., Any]) -> AsyncIterator[House]:
    async with start(telegram_updates="webhook") as house:
        yield house


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def deliver(
    http: aiohttp.ClientSession, house: House, body: Any, secret: str | None = WEBHOOK_SECRET, **more: Any
) -> int:
    headers = {} if secret is None else {SECRET: secret}
    ready = hasattr(body, "__aiter__")
    data = body if ready else io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    url = f"http://127.0.0.1:{house.web_port}/telegram/webhook"
    async with http.post(url, data=data, headers={**headers, **more}) as response:
        return response.status


async def rows(house: House) -> int:
    return sum((await house.db.read(inbox.counts)).values())


@pytest.mark.parametrize(
    "secret",
    [None, "", "wrong", WEBHOOK_SECRET + "x", WEBHOOK_SECRET[:-1], "Ünïcode".encode().decode("latin-1")],
)
async def test_forged_calls_store_nothing(
    webhook: House, http: aiohttp.ClientSession, secret: str | None
) -> None:
    for number in range(50):
        assert await deliver(http, webhook, update(number + 1), secret) == 401
    assert await deliver(http, webhook, b"x" * 2_000_000, secret) == 401
    assert await rows(webhook) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": 1e999}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
async def test_what_is_no_update_is_refused(webhook: House, http: aiohttp.ClientSession, body: bytes) -> None:
    assert await deliver(http, webhook, body) == 400
    assert await rows(webhook) == 0


async def test_what_is_too_large_is_refused(webhook: House, http: aiohttp.ClientSession) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    assert await deliver(http, webhook, b"x" * (1024 * 1024 + 1)) == 413
    assert await deliver(http, webhook, drip()) == 413
    assert await rows(webhook) == 0


async def test_an_update_is_stored_before_200(webhook: House, http: aiohttp.ClientSession) -> None:
    bodies = [update(n, chat=n % 20 + 1) for n in range(1, 101)]
    statuses = await asyncio.gather(*(deliver(http, webhook, body) for body in bodies))
    assert set(statuses) == {200}
    assert await rows(webhook) == 100
    again = await asyncio.gather(*(deliver(http, webhook, body) for body in bodies))
    assert set(again) == {200}
    assert await rows(webhook) == 100


async def test_what_cannot_be_stored_is_not_acknowledged(
    webhook: House, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: object) -> None:
        raise NotStored("full")

    monkeypatch.setattr(webhook.store, "accept", refuse)
    assert await deliver(http, webhook, update(1)) == 503


async def test_a_caller_that_hangs_up_stores_nothing(webhook: House) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", webhook.web_port)
    head = (
        "POST /telegram/webhook HTTP/1.1",
        "Host: x",
        f"{SECRET}: {WEBHOOK_SECRET}",
        "Content-Length: 500",
    )
    writer.write("\r\n".join(head).encode() + b'\r\n\r\n{"update_id": 5')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.1)
    assert await rows(webhook) == 0


async def test_strange_updates_are_done_or_set_aside_and_the_bot_goes_on(
    webhook: House, http: aiohttp.ClientSession
) -> None:
    strange: list[dict[str, Any]] = [
        {"update_id": 1},
        {"update_id": 2, "something_new": {"x": [1, {"y": None}]}},
        {"update_id": 3, "message": None},
        {"update_id": 4, "message": []},
        {"update_id": 5, "message": {"chat": 5}},
        {"update_id": 6, "message": {"message_id": "x", "date": "y", "chat": {"id": 1}}},
        {"update_id": 7, "callback_query": {"id": 1, "from": {}}},
        {"update_id": 8, "inline_query": {"id": "1", "from": {"id": 1, "is_bot": False, "first_name": ""}}},
        {
            "update_id": 9,
            "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "?"}, "text": "\ud800"},
        },
    ]
    for body in strange:
        assert await deliver(http, webhook, body) == 200
    async with asyncio.timeout(30):
        while (await webhook.db.read(inbox.counts))["pending"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await rows(webhook) == len(strange)
