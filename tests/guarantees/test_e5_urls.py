"""E5: only public addresses are fetched from, however they are spelled and whatever DNS says."""

import asyncio
import itertools
import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from clients.errors import ClientError
from clients.fetch.fetched import Limits
from clients.fetch.fetcher import Fetcher
from clients.fetch.gate import Pinned
from tests.guarantees import figures
from tests.guarantees.url_tricks import PRIVATE, PRIVATE_6, near, tricks

PUBLIC = "93.184.216.34"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"
PATIENT = Limits(connect=2, answer=5, silence=2)


@dataclass
class Trap:
    """Listen on every loopback address of the machine; whoever is let in reached a private address."""

    port: int = 0
    visits: int = 0
    answer: bytes = PLAIN
    drip: bytes = b""
    held: bool = False
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        self.writers.append(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
            while self.drip:
                await asyncio.sleep(0.02)
                writer.write(self.drip)
                await writer.drain()
            while self.held and await reader.read(1024):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


@asynccontextmanager
async def trap(answer: bytes = PLAIN, *, drip: bytes = b"", held: bool = False) -> AsyncIterator[Trap]:
    """A trap on 0.0.0.0 and ::, so that any spelling that leads to this machine falls into it."""
    made = Trap(answer=answer, drip=drip, held=held)
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
    assert set(outcomes) <= {"AddressRefused", "NoSuchHost", "Unreachable"}, outcomes


async def test_e5_the_tricks_are_real() -> None:
    """The same spellings lead a client without the gate to this machine."""
    async with trap() as caught, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(2)) as careless:

        async def caught_by(url: str) -> bool:
            with suppress(aiohttp.ClientError, OSError, ValueError):
                async with careless.get(url) as answer:
                    return await answer.read() == b"secret"
            return False

        reached = sum(await asyncio.gather(*map(caught_by, near(caught.port))))
    figures.at_least("E5", "of the nearest tricks, those that catch a careless client", reached, 20)


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
        return source.visits >= 1 and ended in ("AddressRefused", "NoSuchHost", "Unreachable")


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
    undeclared = b"HTTP/1.1 200 OK\r\n\r\n"
    started = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx"
    cases = [
        (trap(declared, held=True), "TooLarge"),
        (trap(undeclared, drip=b"x" * 50_000), "TooLarge"),
        (trap(started, held=True), "Unreachable"),
        (trap(started, drip=b"x"), "Unreachable"),
        (trap(b"", held=True), "Unreachable"),
        (trap(b"HTTP/1.1 200 OK\r\n", drip=b"X-a: b\r\n"), "Unreachable"),
    ]
    wrong = 0
    for opening, expected in cases:
        async with opening as source:
            fetch = Fetcher(allowed_hosts=frozenset({f"127.0.0.1:{source.port}"}), limits=limits)
            async with asyncio.timeout(10):
                wrong += await fetched(fetch, f"http://127.0.0.1:{source.port}/") != expected
    figures.exactly("E5", "bodies beyond a cap of size or time that were not stopped", wrong)
