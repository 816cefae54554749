"""E5: only public addresses are fetched from, however they are spelled and whatever DNS says."""

import asyncio
import ipaddress
import itertools
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from clients.errors import ClientError, Unreachable
from clients.fetch.errors import TooLarge
from clients.fetch.fetched import Limits
from clients.fetch.fetcher import Fetcher
from clients.fetch.gate import Pinned
from tests.guarantees import figures

PUBLIC = "93.184.216.34"
PATIENT = Limits(connect=2, answer=5, silence=2)


@dataclass
class Trap:
    """Listen on every loopback address of the machine; whoever is let in reached a private address."""

    port: int = 0
    visits: int = 0
    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        self.writers.append(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


@asynccontextmanager
async def trap(answer: bytes | None = None) -> AsyncIterator[Trap]:
    """A trap on 0.0.0.0 and ::, so that any spelling that leads to this machine falls into it."""
    made = Trap() if answer is None else Trap(answer=answer)
    sockets = _sockets()
    made.port = sockets[0].getsockname()[1]
    servers = [await asyncio.start_server(made.serve, sock=sock, limit=2**20) for sock in sockets]
    try:
        yield made
    finally:
        for server in servers:
            server.close()
        for writer in made.writers:
            writer.transport.abort()


def _sockets() -> list[socket.socket]:
    first = socket.create_server(("0.0.0.0", 0), backlog=512)
    found = [first]
    if socket.has_ipv6:
        try:
            address = ("::1", first.getsockname()[1])
            found.append(socket.create_server(address, family=socket.AF_INET6, backlog=512))
        except OSError:
            pass  # a machine without IPv6
    return found


async def fetched(fetch: Fetcher, url: str) -> str:
    """Say how a fetch ended: with bytes, or with the name of its error."""
    try:
        async with fetch.open(url) as got:
            async for _ in got.blocks():
                pass
    except ClientError as error:
        return type(error).__name__
    return "bytes"


PRIVATE = [
    *("127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255"),
    *("100.64.0.1", "100.127.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8"),
    *("192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "192.0.2.1", "203.0.113.9"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
]
PRIVATE_6 = [
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00::dead:beef",
    "ff02::1",
    "fec0::1",
    "2001:db8::1",
    "100::1",
]

Spelling = Callable[[ipaddress.IPv4Address], str]
SPELLINGS: list[Spelling] = [
    str,
    lambda ip: str(int(ip)),
    lambda ip: hex(int(ip)),
    lambda ip: f"0{int(ip):o}",
    lambda ip: ".".join(f"0{part:o}" for part in ip.packed),
    lambda ip: ".".join(f"{part:03d}" for part in ip.packed),
    lambda ip: ".".join(hex(part) for part in ip.packed),
    lambda ip: ".".join(f"0x{part:08x}" for part in ip.packed),
    lambda ip: f"{ip.packed[0]}.{int(ip) & 0xFFFFFF}",
    lambda ip: f"{ip.packed[0]}.{ip.packed[1]}.{int(ip) & 0xFFFF}",
    lambda ip: f"0x{ip.packed[0]:x}.{int(ip) & 0xFFFFFF:o}",
    lambda ip: f"{ip}.",
    lambda ip: str(ip).replace(".", "\u3002"),
    lambda ip: str(ip).replace(".", "\uff0e"),
    lambda ip: str(ip).translate({48 + n: 0xFF10 + n for n in range(10)}),
    lambda ip: str(ip).translate({49 + n: 0x2460 + n for n in range(9)}),
    lambda ip: str(ip).replace(".", "%2e"),
    lambda ip: "".join(f"%{ord(sign):02x}" for sign in str(ip)),
    lambda ip: f"[::ffff:{ip}]",
    lambda ip: f"[::ffff:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}]",
    lambda ip: f"[0:0:0:0:0:FFFF:{ip}]",
    lambda ip: f"[::{ip}]",
    lambda ip: f"[64:ff9b::{ip}]",
    lambda ip: f"[64:ff9b:1::{ip}]",
    lambda ip: f"[2002:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}::1]",
    lambda ip: f"[2001:0:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}::1]",
    lambda ip: f"[::ffff:{ip}%25lo]",
    lambda ip: f"{ip}\u200b",
    lambda ip: f"{ip}%00.example.com",
    lambda ip: f"{ip!s}\uff0f.example.com",
]
# Where the host stands, to readers that differ about it.
FRAMES = [
    "http://{host}:{port}/",
    "http://{host}:{port}",
    "HTTP://{host}:{port}/%2e%2e/x",
    "http://user:pw@{host}:{port}/",
    "http://example.com@{host}:{port}/",
    "http://example.com:80@{host}:{port}/",
    "http://{host}:{port}\\@example.com/",
    "http://example.com\\@{host}:{port}/",
    "http:\\\\{host}:{port}/",
    "http:/{host}:{port}/",
    "http:{host}:{port}/",
    "http:////{host}:{port}/",
    "//{host}:{port}/",
    "http://{host}:{port}#@example.com/",
    "http://{host}:{port}?@example.com/",
    "http://{host}:{port};@example.com/",
    "http://{host}:{port}/\r\nHost: example.com",
    "http://{host}\t:{port}/",
    "http://\n{host}:{port}/",
    "http://{host}:0{port}/",
    "http://{host}: {port}/",
    "https://{host}:{port}/",
    "ftp://{host}:{port}/",
    "gopher://{host}:{port}/_GET",
    "file://{host}/etc/passwd",
    "jar:http://{host}:{port}/!/",
    "unix:///{host}:{port}/",
    "data:text/plain,{host}",
]
NAMES = [
    *("localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "a.localhost"),
    *("ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loc\u00adalhost", "localhost%2f.example.com", "localhost%00"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[::1%lo]", "[::]", "::1", "[::1", "[127.0.0.1]", "[v1.x]"),
]


def tricks(port: int) -> Iterator[str]:
    """Every spelling of every private address, in every frame, in an order that mixes them."""
    hosts = [spell(ipaddress.IPv4Address(ip)) for ip in PRIVATE for spell in SPELLINGS]
    hosts += [f"[{ip}]" for ip in PRIVATE_6] + [f"[{ip}%25lo]" for ip in PRIVATE_6] + NAMES
    every = [frame.format(host=host, port=port) for host, frame in itertools.product(hosts, FRAMES)]
    random.Random(5).shuffle(every)
    # Those that lead straight to this machine come first, whatever the size of the run.
    near = [ipaddress.IPv4Address(ip) for ip in ("127.0.0.1", "0.0.0.0")]
    yield from (f"http://{spell(ip)}:{port}/" for ip in near for spell in SPELLINGS)
    yield from (f"http://{host}:{port}/" for host in NAMES)
    yield from every


@pytest.mark.timeout(900)
async def test_e5_no_spelling_of_an_address_gets_through() -> None:
    """The system's own resolver behind it, and a trap that listens wherever the machine can be reached."""
    target = figures.size(300, 1_000)
    outcomes: dict[str, int] = {}
    async with trap() as caught:
        fetch = Fetcher(limits=PATIENT)
        for url in itertools.islice(dict.fromkeys(tricks(caught.port)), target):
            ended = await fetched(fetch, url)
            outcomes[ended] = outcomes.get(ended, 0) + 1
        # The trap does work: an address the operator opened falls into it.
        opened = Fetcher(allowed_hosts=frozenset({f"127.0.0.1:{caught.port}"}), limits=PATIENT)
        before, ended = caught.visits, await fetched(opened, f"http://127.0.0.1:{caught.port}/")
        assert (ended, caught.visits - before) == ("bytes", 1)
    figures.at_least("E5", "URL tricks tried", sum(outcomes.values()), target)
    figures.exactly("E5", "connections to private addresses by tricks", before)
    figures.exactly("E5", "tricks that gave bytes", outcomes.get("bytes", 0))
    assert set(outcomes) <= {"AddressRefused", "Unreachable"}, outcomes


@pytest.mark.timeout(900)
async def test_e5_redirects_reach_nothing_private() -> None:
    """A source that is let through sends on to each trick."""
    rounds = figures.size(60, 1_000)
    async with trap() as caught:
        inside = list(itertools.islice(dict.fromkeys(tricks(caught.port)), rounds))
        redirected = sum([await _sent_on(url) for url in inside])
        figures.exactly("E5", "connections after redirects into private ranges", caught.visits)
    figures.at_least("E5", "redirects tried", redirected, rounds)


@pytest.mark.timeout(900)
async def test_e5_rebinding_names_are_refused_or_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that changes its answer at every question; what would be connected to is noted instead."""
    rounds = figures.size(100, 1_000)
    rng, places = random.Random(6), list[str]()
    looked = Pinned.socket

    def noted(pinned: Pinned, info: Any) -> socket.socket:
        looked(pinned, info).close()
        places.append(info[4][0])
        raise OSError(None, "no network in tests")

    monkeypatch.setattr(Pinned, "socket", noted)
    wrong = [await _rebound(rng) for _ in range(rounds)].count(False)
    figures.at_least("E5", "rebinding names tried", rounds, rounds)
    figures.exactly("E5", "rebinding names asked for twice, or let through", wrong)
    figures.exactly("E5", "connections they would have made elsewhere", len(set(places) - {PUBLIC}))
    assert places


async def _sent_on(url: str) -> bool:
    """Follow a redirect from an opened source; True once the source was asked and nothing came of it."""
    place = url.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
    answer = b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n"
    async with trap(answer) as source:
        fetch = Fetcher(allowed_hosts=frozenset({f"127.0.0.1:{source.port}"}), limits=PATIENT)
        ended = await fetched(fetch, f"http://127.0.0.1:{source.port}/")
        # A place that is no address of its own is one beside the source, which sends on until the limit.
        return source.visits >= 1 and ended in ("AddressRefused", "Unreachable")


async def _rebound(rng: random.Random) -> bool:
    """One name, a new answer at each question; True when it was asked once and ended in an error."""
    private = rng.choice([*PRIVATE, *PRIVATE_6])
    answers = rng.choice([[[PUBLIC], [private]], [[PUBLIC, private], [PUBLIC]], [[private], [PUBLIC]]])
    asked = 0

    async def resolver(_host: str, _port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return answers[min(asked, len(answers)) - 1]

    ended = await fetched(Fetcher(resolver=resolver, limits=PATIENT), "http://rebind.example/")
    expected = "Unreachable" if answers[0] == [PUBLIC] else "AddressRefused"
    return (ended, asked) == (expected, 1)


async def test_e5_a_pinned_name_is_asked_for_once() -> None:
    """An opened name that turns to another place between look-up and connection stays where it was."""
    rounds = figures.size(100, 1_000)
    wrong = 0
    async with trap() as caught:
        for _ in range(rounds):
            asked: list[str] = []

            async def flipping(host: str, _port: int, seen: list[str] = asked) -> Sequence[str]:
                seen.append(host)
                return ["127.0.0.1"] if len(seen) == 1 else ["169.254.169.254"]

            fetch = Fetcher(allowed_hosts=frozenset({"nas.home"}), resolver=flipping, limits=PATIENT)
            ended = await fetched(fetch, f"http://nas.home:{caught.port}/")
            wrong += (ended, asked) != ("bytes", ["nas.home"])
        assert caught.visits == rounds
    figures.exactly("E5", "names asked for twice, or not pinned", wrong)


async def test_e5_caps_on_size_and_time() -> None:
    """Declared, undeclared and endless bodies, silence and dripping: each ends at its cap."""
    limits = Limits(max_bytes=200_000, connect=1, answer=1, silence=0.3, pace=0.3, pace_bytes=1000)
    declared = b"HTTP/1.1 200 OK\r\nContent-Length: 200001\r\n\r\n"
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 400_000
    silent = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"
    headless = b"HTTP/1.1 200 OK\r\nX-"
    broken = 0
    for answer, kinds in (
        (declared, (TooLarge,)),
        (endless, (TooLarge,)),
        (silent, (Unreachable,)),
        (headless, (Unreachable,)),
    ):
        async with trap(answer) as source:
            fetch = Fetcher(allowed_hosts=frozenset({f"127.0.0.1:{source.port}"}), limits=limits)
            broken += await fetched(fetch, f"http://127.0.0.1:{source.port}/") not in {
                kind.__name__ for kind in kinds
            }
    figures.exactly("E5", "bodies beyond a cap of size or time that were not stopped", broken)
