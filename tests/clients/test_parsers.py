import gzip
import ssl
import zlib
from email.utils import formatdate

import aiohttp
import httpx
import pytest
from hypothesis import given, strategies as st

from clients.encoding import address, form, given as pairs_of, path_part
from clients.errors import NotFound
from clients.faults import classify, is_garbled
from clients.reply import Reply, UnreadableError, parse_json, read_reply
from clients.retry_after import LONGEST_SECONDS, retry_delay
from clients.sse import MAX_EVENT_BYTES, EventTooLargeError, ServerEvent, SSEDecoder

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"retry-after": "7"}, None, 7),
        ({"retry-after": " 1.5 "}, None, 1.5),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, None, 30),
        (
            {"retry-after": formatdate(NOW + 30, usegmt=True), "date": formatdate(NOW + 20, usegmt=True)},
            None,
            10,
        ),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, None, 0),
        ({"retry-after": "soon"}, {"retry_after_seconds": "12"}, 12),
        ({}, {"retry_after_seconds": 4}, 4),
        ({}, {"data": {"retry_after_seconds": 5.5}}, 5.5),
        ({"retry-after": "3"}, {"retry_after_seconds": 9}, 3),
        ({}, {"retry_after_seconds": True, "data": None}, None),
        ({}, {"retry_after_seconds": "nan"}, None),
        ({}, {"retry_after_seconds": 10**400}, None),
        ({}, [], None),
        ({"retry-after": "-5"}, None, 0),
        ({"retry-after": "99999999"}, None, LONGEST_SECONDS),
        ({"retry-after": "Mon, 99 Foo 2026 99:99:99 GMT"}, None, None),
    ],
)
def test_retry_delay(headers: dict[str, str], body: object, expected: float | None) -> None:
    assert retry_delay(headers, body, NOW) == expected


def _caused(cause: BaseException) -> httpx.ConnectTimeout:
    error = httpx.ConnectTimeout("https://host/?secret")
    error.__cause__ = cause
    return error


def _key() -> aiohttp.client_reqrep.ConnectionKey:
    return aiohttp.client_reqrep.ConnectionKey("h", 1, False, True, None, None, None)


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (aiohttp.ClientConnectorError(_key(), ConnectionRefusedError()), ("refused", False)),
        (aiohttp.ClientConnectorError(_key(), ConnectionResetError()), ("reset", False)),
        (aiohttp.ClientConnectorError(_key(), TimeoutError()), ("timeout", False)),
        (aiohttp.ClientConnectorError(_key(), OSError()), ("other", False)),
        (aiohttp.ClientConnectorError(_key(), ssl.SSLError()), ("tls", False)),
        (aiohttp.ClientConnectorDNSError(_key(), OSError()), ("dns", False)),
        (aiohttp.ClientConnectorSSLError(_key(), ssl.SSLError()), ("tls", False)),
        (aiohttp.ClientProxyConnectionError(_key(), OSError()), ("proxy", False)),
        (aiohttp.ConnectionTimeoutError(), ("timeout", False)),
        (aiohttp.SocketTimeoutError(), ("timeout", True)),
        (aiohttp.ServerDisconnectedError(), ("reset", True)),
        (aiohttp.ClientPayloadError(), ("reset", True)),
        (aiohttp.ClientOSError(104, "reset"), ("reset", True)),
        (ssl.SSLError(), ("tls", True)),
        (aiohttp.ClientConnectionError("closed"), ("other", True)),
        (TimeoutError(), ("timeout", True)),
    ],
)
def test_faults_tell_whether_the_request_left(cause: BaseException, expected: tuple[str, bool]) -> None:
    assert classify(_caused(cause)) == expected
    assert not is_garbled(_caused(cause))


def test_bytes_that_are_no_http_are_garbled() -> None:
    assert is_garbled(aiohttp.http_exceptions.BadStatusLine("x"))
    assert is_garbled(ValueError("chunk too big"))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"[Infinity]", b"[" * 100_000, b"\xff\xfe\x00", b"1" * 5000]
)
def test_no_json(body: bytes) -> None:
    with pytest.raises(UnreadableError, match="not JSON"):
        parse_json(body)


def test_strings_that_nothing_can_store_are_mended() -> None:
    assert parse_json(b'{"a\\u0000": ["\\ud83dx", 1, "\\ud83d\\ude00"]}') == {"a": ["?x", 1, "😀"]}
    assert parse_json('"\\ud800"') == "?"


@given(st.binary(max_size=40))
def test_any_bytes_are_json_or_unreadable(body: bytes) -> None:
    assert isinstance(Reply(200, {}, body).envelope, dict)


def test_html_is_recognised_by_type_or_start() -> None:
    assert Reply(200, {"content-type": "text/html"}, b"{}").is_html
    assert Reply(200, {"content-type": "application/json"}, b" \n<!DOCTYPE html>").is_html
    assert not Reply(200, {"content-type": "application/json"}, b'{"a": "<html>"}').is_html


async def _read(content: bytes, limit: int = 1000, **headers: str) -> Reply:
    async def body() -> object:
        for at in range(0, len(content), 7):
            yield content[at : at + 7]

    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return await read_reply(httpx.Response(200, headers=told, content=body()), limit)  # type: ignore[arg-type]


async def test_bodies_are_unpacked_under_the_cap() -> None:
    assert (await _read(b"x" * 1000)).body == b"x" * 1000
    assert (await _read(gzip.compress(b"y" * 1000), content_encoding="gzip")).body == b"y" * 1000
    assert (await _read(zlib.compress(b"z"), content_encoding="Deflate")).body == b"z"


@pytest.mark.parametrize(
    ("content", "headers", "reason"),
    [
        (b"x" * 1001, {}, "too large"),
        (b"x", {"content_length": "1001"}, "too large"),
        (gzip.compress(b"\0" * 5_000_000, mtime=0), {"content_encoding": "gzip"}, "too large"),
        (gzip.compress(b"\0" * 1001, mtime=0), {"content_encoding": "gzip"}, "too large"),
        (b"plain text", {"content_encoding": "gzip"}, "bad compression"),
        (b"x", {"content_encoding": "gzip, gzip"}, "unknown compression"),
        (b"x", {"content_encoding": "br"}, "unknown compression"),
    ],
)
async def test_unreadable_bodies(content: bytes, headers: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        await _read(content, 1000, **headers)


def test_forms_keep_brackets_and_encode_the_rest() -> None:
    pairs = [("file_ids[]", 1), ("file_ids[]", 2), ("dest_path", "/我 & +"), ("x", "\ud800")]
    assert form(pairs) == b"file_ids[]=1&file_ids[]=2&dest_path=%2F%E6%88%91+%26+%2B&x=%3F"
    assert pairs_of(a=1, b=None, c="") == [("a", "1"), ("c", "")]
    assert address("https://h", "/p", [("a b", "c&d e")]) == "https://h/p?a%20b=c%26d%20e"


@pytest.mark.parametrize("value", ["", " ", ".", "..", " .. "])
def test_a_path_part_never_climbs(value: str) -> None:
    with pytest.raises(NotFound):
        path_part(value, service="s", operation="o")


def test_path_parts_are_encoded() -> None:
    assert path_part("a/b?c#d%2e", service="s", operation="o") == "a%2Fb%3Fc%23d%252e"


STREAM = (
    '\ufeffretry: 1000\n\n: hello\n\nid: 1\nevent: result\ndata: {"名": 1,\ndata: "b": 2}\n\n'
    "id: 2\r\ndata: x\r\n\r\ndata: y\r\revent: done\ndata\n\nid: 9\n\ndata: cut off"
).encode()
EVENTS = [
    ServerEvent("1", "result", '{"名": 1,\n"b": 2}'),
    ServerEvent("2", "message", "x"),
    ServerEvent("2", "message", "y"),
    ServerEvent("2", "done", ""),
]


def test_events_are_the_same_wherever_the_bytes_are_cut() -> None:
    for at in range(len(STREAM) + 1):
        decoder = SSEDecoder()
        assert decoder.feed(STREAM[:at]) + decoder.feed(STREAM[at:]) == EVENTS
    decoder = SSEDecoder()
    assert [event for byte in STREAM for event in decoder.feed(bytes([byte]))] == EVENTS


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded(chunk: bytes) -> None:
    SSEDecoder().feed(chunk)


def test_an_endless_event_is_refused() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"data: " + b"x" * (MAX_EVENT_BYTES - 10))
    with pytest.raises(EventTooLargeError):
        decoder.feed(b"x" * 100)
