"""Every fault of the wire, against real sockets and real exception classes."""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clients.errors import BadResponse, Misconfigured, Unreachable, UpstreamBroken
from clients.transport import Timeouts, Transport
from tests.clients.calling import call, failure
from tests.clients.scripts import Connect, Script, Server, answer, chunks, hang, head, packed, raw, reset


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (reset, "reset"),
        (raw(b""), "reset"),
        (raw(head(200, content_length=10)[:-2]), "reset"),
        (raw(head(200, content_length=10) + b"12345"), "reset"),
        (chunks(b"123", end="cut"), "reset"),
        (hang, "timeout"),
        (chunks(b"123", end="hang"), "timeout"),
    ],
)
async def test_after_the_request_left_it_may_have_taken_effect(
    server: Server, connect: Connect, script: Script, kind: str
) -> None:
    server.will(script)
    error = await failure(connect())
    assert isinstance(error, Unreachable)
    assert (error.kind, error.sent, error.doubtful) == (kind, True, True)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"),
        raw(head(200, transfer_encoding="chunked") + b"zzz\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n"),
    ],
)
async def test_what_is_not_http(server: Server, connect: Connect, script: Script) -> None:
    server.will(script)
    error = await failure(connect())
    assert isinstance(error, BadResponse) or (isinstance(error, Unreachable) and error.sent)


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        (answer(body=b"x" * 10_000_000), "too large"),
        (chunks(*[b"x" * 500_000] * 20), "too large"),
        (packed(b"\0" * 50_000_000), "too large"),
        (answer(body=b"nonsense", content_encoding="gzip"), "bad compression"),
        (answer(body=b"x", content_encoding="zstd"), "unknown compression"),
    ],
)
async def test_bodies_that_are_refused(server: Server, connect: Connect, script: Script, detail: str) -> None:
    server.will(script)
    error = await failure(connect())
    assert isinstance(error, BadResponse)
    assert error.detail == detail


@pytest.mark.parametrize("status", [301, 302, 304, 307])
async def test_redirects_are_not_followed(server: Server, connect: Connect, status: int) -> None:
    server.will(answer(status=status, body=b"", location=server.url + "/elsewhere"))
    error = await failure(connect(), idempotent=True)
    assert isinstance(error, UpstreamBroken)
    assert (error.status, error.html) == (status, False)
    assert len(server.requests) == 1


async def test_a_drip_ends_at_the_deadline(server: Server, connect: Connect) -> None:
    server.will(chunks(*[b"x"] * 1000, wait=0.05))
    began = time.monotonic()
    error = await failure(connect(timeout=Timeouts(1, 0.3, 0.4)))
    assert isinstance(error, Unreachable)
    assert (error.kind, error.sent) == ("timeout", True)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("idempotent", [False, True])
async def test_no_call_is_longer_than_the_longest_whatever_it_is_given(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch, idempotent: bool
) -> None:
    monkeypatch.setattr("clients.transport.LONGEST_CALL_SECONDS", 0.3)
    server.always(hang)
    began = time.monotonic()
    error = await failure(connect(timeout=Timeouts(20, 20, 500)), idempotent=idempotent)
    assert isinstance(error, Unreachable)
    assert (error.kind, error.sent) == ("timeout", True)
    assert time.monotonic() - began < 15


async def test_nothing_left_when_nobody_listens(connect: Connect) -> None:
    probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    error = await failure(connect(url=f"http://127.0.0.1:{port}"))
    assert isinstance(error, Unreachable)
    assert (error.kind, error.sent, error.doubtful) == ("refused", False, False)


async def test_nothing_left_when_the_name_is_unknown(connect: Connect) -> None:
    error = await failure(connect(url="http://nobody.invalid"))
    assert isinstance(error, Unreachable)
    # Without any name server the look-up takes longer than a connection may.
    assert error.kind in ("dns", "timeout")
    assert error.sent is False


async def test_nothing_left_when_no_connection_comes_about(connect: Connect) -> None:
    with socket.socket() as full, ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # Nobody accepts: once the queue is full, Linux lets further callers wait.
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        error = await failure(connect(url=url, timeout=Timeouts(0.1, 0.3, 2)))
    assert isinstance(error, Unreachable)
    assert (error.kind, error.sent) == ("timeout", False)


@pytest.fixture
async def tls_url(server: Server, tmp_path: Path) -> AsyncIterator[str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self-made")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file = tmp_path / "cert.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, no_password) + made.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()
    await listening.wait_closed()


async def test_a_wrong_certificate_sends_nothing(server: Server, connect: Connect, tls_url: str) -> None:
    error = await failure(connect(url=tls_url))
    assert isinstance(error, Unreachable)
    assert (error.kind, error.sent, server.requests) == ("tls", False, [])


async def test_a_trusted_certificate_works(
    server: Server, connect: Connect, tls_url: str, tmp_path: Path
) -> None:
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    server.will(answer({"ok": 1}))
    assert (await call(connect(url=tls_url, verify=context))).json == {"ok": 1}


async def test_plain_http_behind_https_is_a_tls_fault(server: Server, connect: Connect) -> None:
    server.always(answer({}))
    error = await failure(connect(url=server.url.replace("http", "https")))
    assert isinstance(error, Unreachable)
    assert error.sent is False


async def test_calls_go_through_the_proxy_with_its_password(server: Server, connect: Connect) -> None:
    proxy = server.url.replace("http://", "http://user:pass@")
    server.will(answer({"ok": 1}), answer(status=407, body=b""))
    transport = connect(url="http://upstream.invalid/base/", proxy=proxy)
    assert (await call(transport)).json == {"ok": 1}
    assert server.last.target.startswith("http://upstream.invalid/base/x")
    assert server.last.headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"


async def test_a_proxy_that_is_down_or_refuses_the_tunnel(server: Server, connect: Connect) -> None:
    server.will(answer(status=407, body=b""))
    for transport in (
        connect(url="https://upstream.invalid", proxy=server.url),
        connect(url="http://upstream.invalid", proxy="http://127.0.0.1:1"),
    ):
        error = await failure(transport)
        assert isinstance(error, Unreachable)
        assert (error.kind, error.sent) == ("proxy", False)


@pytest.mark.parametrize("proxy", ["socks5://h:1", "nonsense", "ftp://h", "http://"])
def test_a_proxy_of_another_kind_is_refused_at_once(proxy: str) -> None:
    with pytest.raises(ValueError, match="http"):
        Transport("s", "http://h", proxy=proxy)


@pytest.mark.parametrize("headers", [{"x-api-key": "a\r\nX: y"}, {"x-api-key": "密"}])
async def test_a_secret_that_fits_no_header_is_the_operators_fault(
    server: Server, connect: Connect, headers: dict[str, str]
) -> None:
    error = await failure(connect(), headers=headers)
    assert isinstance(error, Misconfigured)
    assert server.requests == []
