"""What a transport does by itself: repeats, deadlines, connections of its own, streams read as they come."""

import asyncio
import gzip
import time

import pytest

from clients.errors import ClientError, RateLimited, Unreachable, UpstreamBroken
from clients.reply import Reply
from clients.transport import Timeouts, Transport
from tests.clients.calling import call, failure
from tests.clients.scripts import Connect, Script, Server, answer, chunks, hang, head, raw, reset


async def test_only_idempotent_calls_are_repeated(server: Server, connect: Connect) -> None:
    server.will(reset, answer({"ok": 1}))
    assert (await call(connect(), idempotent=True)).json == {"ok": 1}
    server.will(reset)
    await failure(connect())
    assert len(server.requests) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_is_not_marked_is_sent_once(server: Server, connect: Connect, method: str) -> None:
    server.always(reset)
    with pytest.raises(Unreachable) as caught:
        await connect().request("op", method, "/x", json={"a": 1}, idempotent=False)
    assert caught.value.doubtful
    assert len(server.requests) == 1


def broken(operation: str, reply: Reply) -> None:
    if reply.status >= 500:
        raise UpstreamBroken("s", operation, reply.status)
    if reply.status == 429:
        raise RateLimited("s", operation, float(reply.headers["retry-after"]))


@pytest.mark.parametrize(
    ("scripts", "calls"),
    [
        ([answer(status=503), answer(status=500), answer({})], 3),
        ([answer(status=429, retry_after="0.01"), answer({})], 2),
        ([answer(status=429, retry_after=0), answer({})], 2),
    ],
)
async def test_short_trouble_is_sat_out(
    server: Server, connect: Connect, scripts: list[Script], calls: int
) -> None:
    server.will(*scripts)
    await call(connect(), idempotent=True, check=broken)
    assert len(server.requests) == calls


async def test_long_trouble_is_told(server: Server, connect: Connect) -> None:
    server.will(answer(status=429, retry_after=6), *[answer(status=502)] * 3)
    assert isinstance(await failure(connect(), idempotent=True, check=broken), RateLimited)
    assert isinstance(await failure(connect(), idempotent=True, check=broken), UpstreamBroken)
    assert len(server.requests) == 4


async def test_the_deadline_covers_all_repeats(server: Server, connect: Connect) -> None:
    server.always(hang)
    began = time.monotonic()
    error = await failure(connect(attempts=500, timeout=Timeouts(1, 0.3, 0.7)), idempotent=True)
    assert isinstance(error, Unreachable)
    assert time.monotonic() - began < 20


async def test_cookies_are_kept_for_nobody(server: Server, connect: Connect) -> None:
    server.always(answer({}, set_cookie="session=1; Path=/"))
    transport = connect()
    await call(transport)
    await call(transport)
    assert "cookie" not in server.last.headers


async def test_cancelled_calls_leak_no_connection(server: Server, connect: Connect) -> None:
    server.will(*[hang] * 150)
    transport = connect(timeout=Timeouts(10, 20, 20), attempts=1)
    calls = [asyncio.create_task(call(transport, idempotent=True)) for _ in range(150)]
    await server.until(100)
    for task in calls:
        task.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    server._scripts.clear()
    server.always(answer({}))
    await asyncio.gather(*(call(transport, idempotent=True) for _ in range(150)))


async def test_acting_calls_and_streams_wait_for_no_other(server: Server, connect: Connect) -> None:
    server.always(hang)
    transport = connect(timeout=Timeouts(10, 20, 20))
    calls = [asyncio.create_task(call(transport)) for _ in range(150)]
    await server.until(150)
    for task in calls:
        task.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_an_acting_call_never_meets_a_connection_being_closed(server: Server, connect: Connect) -> None:
    # This server closes after each answer without saying so, as many do after an idle time.
    server.always(raw(head(200, content_length=2) + b"{}"))
    transport = connect()
    for _ in range(20):
        await call(transport)


async def test_what_is_sent(server: Server, connect: Connect) -> None:
    server.will(answer({}), answer({}))
    transport = connect()
    await transport.request("op", "GET", "/p", params=[("q", "a b+&我"), ("q", "2")], idempotent=True)
    assert server.last.target == "/p?q=a+b%2B%26%E6%88%91&q=2"
    assert server.last.headers["accept-encoding"] == "gzip"
    await transport.request(
        "op", "POST", "/p", json={"a": "我"}, headers={"x-api-key": "k"}, idempotent=False
    )
    assert (server.last.json, server.last.headers["x-api-key"]) == ({"a": "我"}, "k")


async def read_stream(transport: Transport, check: object = None) -> bytes:
    async with transport.stream("ev", "/s", silence=0.2, check=check) as parts:  # type: ignore[arg-type]
        return b"".join([part async for part in parts])


async def test_a_stream_is_read_as_it_comes(server: Server, connect: Connect) -> None:
    server.will(chunks(b"a", b"b", wait=0.05))
    assert await read_stream(connect()) == b"ab"
    assert server.last.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (hang, Unreachable),
        (reset, Unreachable),
        (chunks(b"a", end="hang"), Unreachable),
        (chunks(b"a", end="cut"), Unreachable),
        (answer(status=302, body=b"", location="/x"), UpstreamBroken),
        (answer(status=404), UpstreamBroken),
    ],
)
async def test_a_stream_that_fails(
    server: Server, connect: Connect, script: Script, kind: type[ClientError]
) -> None:
    server.will(script)
    with pytest.raises(kind):
        await read_stream(connect())


async def test_a_refused_stream_is_judged_by_the_check(server: Server, connect: Connect) -> None:
    server.will(answer(status=500), answer(status=418))
    for _ in range(2):
        with pytest.raises(UpstreamBroken):
            await read_stream(connect(), broken)


async def test_gzip_arrives_whole(server: Server, connect: Connect) -> None:
    server.will(chunks(*[bytes([b]) for b in gzip.compress(b'{"a": 1}')], content_encoding="gzip"))
    assert (await call(connect())).json == {"a": 1}
