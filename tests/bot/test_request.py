"""Calls to the Bot API over a real socket: forms, files, time-outs, cancellation."""

import asyncio
import io
from typing import Any

import pytest
from telegram.error import NetworkError, TimedOut
from telegram.ext import ExtBot

from bot.sending.request import NotSent, Request
from tests.bot.scripted import ME, ScriptedTelegram

TOKEN = "123456789:AAEtestTESTtestTESTtestTESTtest0"
MESSAGE = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "x"}


def bot_for(url: str, **more: Any) -> ExtBot[None]:
    return ExtBot(TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot", request=Request(**more))


async def answer(method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
    if method == "getMe":
        return 200, ME
    return 200, MESSAGE


async def test_parameters_and_files_arrive_whole() -> None:
    async with ScriptedTelegram(answer) as server, bot_for(server.url) as bot:
        await bot.send_message(1, "片名 & <b>", parse_mode="HTML")
        assert server.calls[-1] == (
            "sendMessage",
            {"chat_id": "1", "text": "片名 & <b>", "parse_mode": "HTML"},
        )
        await bot.send_document(1, io.BytesIO(b"content"), filename="流浪 地球.txt", caption="hm")
        body = server.raw[-1]
        for part in (b'name="chat_id"', b'name="document"; filename="\xe6\xb5\x81', b"content", b"hm"):
            assert part in body


async def test_a_call_that_gets_no_answer_is_timed_out_once() -> None:
    async def silent(method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        if method != "getMe":
            await asyncio.sleep(30)
        return 200, ME

    async with (
        ScriptedTelegram(silent) as server,
        bot_for(server.url, read_timeout=0.1, connect_timeout=0.2) as bot,
    ):
        with pytest.raises(TimedOut) as caught:
            await bot.send_message(1, "x")
        assert not isinstance(caught.value, NotSent)
        assert [method for method, _ in server.calls].count("sendMessage") == 1


async def test_a_call_that_cannot_begin_is_known_not_to_be_sent() -> None:
    request = Request(connections=1, connect_timeout=0.1)

    async def slow(method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        await asyncio.sleep(0.6)
        return 200, True

    async with ScriptedTelegram(slow) as server, request:
        first = asyncio.create_task(request.post(f"{server.url}/a"))
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent):
            await request.post(f"{server.url}/b")
        assert await first is True


async def test_errors_never_show_the_token() -> None:
    async with Request() as request:
        with pytest.raises(NetworkError) as caught:
            await request.post(f"http://127.0.0.1:9/bot{TOKEN}/getMe")
    chain: BaseException | None = caught.value
    while chain is not None:
        assert TOKEN not in repr(chain)
        chain = chain.__cause__


async def test_calls_cancelled_in_flight_leave_the_pool_whole() -> None:
    async def slow(method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        if parameters:
            await asyncio.sleep(5)
        return 200, True

    from telegram.request import RequestData
    from telegram.request._requestparameter import RequestParameter

    hang = RequestData([RequestParameter.from_input("hang", 1)])
    async with ScriptedTelegram(slow) as server, Request(connections=5) as request:
        for _ in range(40):
            calls = [asyncio.create_task(request.post(f"{server.url}/x", hang)) for _ in range(5)]
            await asyncio.sleep(0.005)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        answers = await asyncio.gather(*(request.post(f"{server.url}/x") for _ in range(20)))
    assert answers == [True] * 20


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sending.request.MAX_BYTES", 100)

    async def large(method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        return 200, "x" * 500

    async with ScriptedTelegram(large) as server, Request() as request:
        with pytest.raises(NetworkError, match="large"):
            await request.post(f"{server.url}/x")


async def test_it_must_be_opened_and_can_be_closed_twice() -> None:
    request = Request()
    assert request.read_timeout == 10
    with pytest.raises(NetworkError):
        await request.post("http://127.0.0.1:9/x")
    await request.initialize()
    await request.initialize()
    await request.shutdown()
    await request.shutdown()


async def test_a_file_is_fetched() -> None:
    async def content(method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        return 201, b"bytes"

    async with ScriptedTelegram(content) as server, Request() as request:
        assert await request.retrieve(f"{server.url}/file/x") == b"bytes"
