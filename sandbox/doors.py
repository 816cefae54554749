"""Doors nobody gets through: addresses where a connection is refused, or where TLS never comes about."""

import asyncio
import datetime as dt
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KINDS = ("refuse", "tls", "certificate", "silent")
HOST = "127.0.0.1"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
# What a plain HTTP server says to a TLS greeting.
NOT_TLS = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
LONG_AGO, YEAR = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.timedelta(days=365)


class DoorError(ValueError):
    """The control API was asked for a door that does not exist."""


@dataclass(frozen=True)
class Door:
    """Be an address to point a client at: `url` takes the place of a stand-in's."""

    kind: str
    url: str


class Doors:
    """Open doors on demand; every kind is opened once and stays the same until the end."""

    def __init__(self) -> None:
        self._open: dict[str, Door] = {}
        self._servers: list[asyncio.Server] = []
        self._kept: list[socket.socket] = []
        self._callers: set[asyncio.StreamWriter] = set()

    async def open(self, kind: str) -> Door:
        """Open a door.

        refuse: no one listens; tls: no TLS is spoken; certificate: nobody signed it, and it ran out years
        ago; silent: connections are taken and nothing is ever said.
        """
        if kind not in KINDS:
            raise DoorError(f"kind must be one of {', '.join(KINDS)}")
        if kind not in self._open:
            self._open[kind] = Door(kind, await self._build(kind))
        return self._open[kind]

    async def close(self) -> None:
        """Close every door and hang up on who stands in one."""
        for server in self._servers:
            server.close()
        for caller in list(self._callers):
            caller.transport.abort()
        for kept in self._kept:
            kept.close()
        await asyncio.sleep(0)
        self._servers.clear()
        self._kept.clear()
        self._open.clear()

    async def _build(self, kind: str) -> str:
        if kind == "refuse":
            return f"http://{HOST}:{self._refusing()}"
        if kind == "silent":
            return f"http://{HOST}:{await self._serve(self._say_nothing)}"
        if kind == "certificate":
            return f"https://{HOST}:{await self._serve(self._say_nothing, _expired())}"
        return f"https://{HOST}:{await self._serve(self._say_plain)}"

    def _refusing(self) -> int:
        # Bound and not listening: connecting is refused, and nobody else gets the port meanwhile.
        kept = socket.socket()
        kept.bind((HOST, 0))
        self._kept.append(kept)
        return int(kept.getsockname()[1])

    async def _serve(self, talk: Talk, context: ssl.SSLContext | None = None) -> int:
        server = await asyncio.start_server(talk, HOST, 0, ssl=context)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _say_plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        try:
            await reader.read(1)
            writer.write(NOT_TLS)
            await writer.drain()
        except OSError:
            return
        finally:
            self._hang_up(writer)

    async def _say_nothing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        try:
            while await reader.read(65536):
                pass
        except OSError:
            return
        finally:
            self._hang_up(writer)

    def _hang_up(self, writer: asyncio.StreamWriter) -> None:
        self._callers.discard(writer)
        writer.close()


@cache
def _expired() -> ssl.SSLContext:
    """Make the context of a server whose certificate no one signed and that ran out."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox.invalid")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = builder.not_valid_before(LONG_AGO).not_valid_after(LONG_AGO + YEAR).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "both.pem"
        file.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(file)
    return context
